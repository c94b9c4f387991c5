#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Killed at any moment, the controller comes back with everything it has ever acknowledged or told.

Fifty times kill -9 while clients submit runs and watch them. What was acknowledged and what was told is written down here,
outside the server, and held against it after each restart. OM_KILLS and OM_SEED change the number and the moments.
"""

import http.client
import os
import random
import shutil
import sqlite3
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, ApiError, Controller, Scenario, Sshd, Told, folder, main

KILLS = int(os.environ.get("OM_KILLS", "50"))
SEED = int(os.environ.get("OM_SEED", "0")) or int.from_bytes(os.urandom(4), "big")
SCRIPT = """#!/bin/sh
i=0
while [ $i -lt "$2" ]; do i=$((i+1)); echo "$1 line $i"; sleep 0.03; done
echo "$1 problem" >&2
exit "$3"
"""
FORM = "".join(f'<input name="sys_param_{i}" required>' for i in (1, 2, 3))
CONNECTION_ENDED = (OSError, http.client.HTTPException, ValueError)  # ValueError: half an answer is not JSON


class Submitted:
    """A run as its client remembers it."""

    def __init__(self, token, hosts, lines, code):
        self.token, self.hosts, self.lines, self.code = token, hosts, lines, code
        self.run = None  # its number, once acknowledged
        self.told = Told()

    def parameters(self):
        return [self.token, str(self.lines), str(self.code)]

    def expected(self, stream):
        if stream == "stderr":
            return f"{self.token} problem\n"
        return "".join(f"{self.token} line {i}\n" for i in range(1, self.lines + 1))


class Clients:
    """Submit and watch until the controller dies under them."""

    def __init__(self, port, token, module, hosts, rng):
        self.api = Api(port, token)
        self.module, self.hosts, self.rng = module, hosts, rng
        self.acknowledged, self.unanswered, self.faults = [], [], []
        self.over = threading.Event()
        self.watchers = []
        self.submitter = threading.Thread(target=self.guard, args=(self.submit,), daemon=True)
        self.submitter.start()

    def guard(self, work, *arguments):
        try:
            work(*arguments)
        except CONNECTION_ENDED:
            pass  # that is what the test is about
        except Exception as error:
            self.faults.append(error)

    def submit(self):
        while not self.over.is_set():
            one = Submitted(os.urandom(6).hex(), self.rng.sample(self.hosts, self.rng.randint(1, 3)), self.rng.randint(0, 20), self.rng.choice([0, 0, 3]))
            try:
                one.run = self.api.start_run(self.module, one.hosts, one.parameters(), key=one.token)
            except CONNECTION_ENDED:
                self.unanswered.append(one)
                return
            self.acknowledged.append(one)
            thread = threading.Thread(target=self.guard, args=(self.watch, one), daemon=True)
            thread.start()
            self.watchers.append(thread)
            time.sleep(0.06)

    def watch(self, one):
        with self.api.events(one.run) as stream:
            for event in stream:
                one.told.take(event)

    def join(self):
        self.over.set()
        for thread in (self.submitter, *self.watchers):
            thread.join(30)
            assert not thread.is_alive(), "a client hangs although the controller is dead"
        if self.faults:
            raise self.faults[0]


class Kill9(Scenario):
    def setUp(self):
        print(f"OM_SEED={SEED}")
        self.rng = random.Random(SEED)
        self.controller = Controller(folder())
        self.sshd = Sshd(self.controller.folder, every_loopback=True).start()

    def tearDown(self):
        self.sshd.stop()

    def check_database(self):
        """In a copy, so that the controller still has to recover by itself."""
        copy = os.path.join(self.controller.folder, "copy")
        shutil.rmtree(copy, ignore_errors=True)
        os.makedirs(copy)
        for name in ("omserver.db", "omserver.db-wal"):
            path = os.path.join(self.controller.data, name)
            if os.path.exists(path):
                shutil.copy(path, copy)
        database = sqlite3.connect(os.path.join(copy, "omserver.db"))
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
        database.close()

    def check(self, one):
        """What the controller says now against what its client was told before the kill."""
        state = self.api.run_state(one.run)
        self.assertEqual(state["state"], "finished", f"run {one.run} is stuck")
        targets = self.api.targets(one.run)
        self.assertEqual(list(targets), one.hosts)
        if one.told.run and one.told.run["state"] == "finished":
            self.assertEqual((state["outcome"], state["counts"]), (one.told.run["outcome"], one.told.run["counts"]))
        counted = {}
        for index, target in enumerate(targets.values()):
            self.assertEqual(target["state"], "finished")
            self.assertIn(target["outcome"], ("ok" if one.code == 0 else "failed", "interrupted"), target)
            counted[target["outcome"]] = counted.get(target["outcome"], 0) + 1
            told = one.told.rows.get(index)
            if told and told["state"] == "finished":
                self.assertEqual({name: target[name] for name in told}, told, "an outcome that was told has changed")
            for stream in ("stdout", "stderr"):
                stored, expected = self.api.raw(one.run, target["host"], stream).decode(), one.expected(stream)
                self.assertTrue(expected.startswith(stored), f"run {one.run} {target['host']}: {stored!r}")
                self.assertTrue(stored.startswith(one.told.output.get((index, stream), "")), f"run {one.run} {target['host']}: output that was told is lost")
                self.assertEqual(len(stored), target[f"{stream}_bytes"])
                if target["outcome"] != "interrupted":
                    self.assertEqual(stored, expected, f"run {one.run}: {target['outcome']} without its whole output")
        self.assertEqual({name: count for name, count in state["counts"].items() if count}, counted)
        self.assertEqual(state["outcome"] == "ok", set(counted) == {"ok"})
        return set(counted)

    def test_fifty_kills(self):
        self.controller.start()
        self.controller.add_key("ops", self.sshd.new_key())
        for i in range(1, 9):
            self.controller.add_host(f"web{i}", f"127.1.0.{i}", port=self.sshd.port, login=self.sshd.login, key="ops")
        self.api = self.controller.api
        module = self.controller.add_module(SCRIPT, form=FORM)
        hosts = [f"web{i}" for i in range(1, 9)] + [self.controller.local_host()]

        ledger, starts, endings, repeated = [], [], {}, 0
        for _ in range(KILLS):
            clients = Clients(self.controller.port, self.controller.token, module, hosts, self.rng)
            time.sleep(self.rng.uniform(0.05, 0.9))
            self.controller.kill()
            clients.join()
            self.check_database()
            if self.rng.random() < 0.2:  # and once more while it comes up
                self.kill_while_starting(self.rng.uniform(0, 0.08))
            starts.append(self.controller.start())
            for one in clients.unanswered:  # the client cannot know: asking again with the same key must not run it twice
                before = self.api.get("/runs", limit=1)["runs"]
                one.run = self.api.start_run(module, one.hosts, one.parameters(), key=one.token)
                if before and one.run <= before[0]["id"]:
                    repeated += 1
                self.api.wait_for_run(one.run, 30)
            for one in clients.acknowledged + clients.unanswered:
                for outcome in self.check(one):
                    endings[outcome] = endings.get(outcome, 0) + 1
            ledger += clients.acknowledged + clients.unanswered

        # Later kills have not touched what was checked before, and nothing ran that nobody asked for.
        for one in ledger:
            self.check(one)
        runs, page = [], self.api.get("/runs", limit=200)["runs"]
        while page:
            runs += page
            page = self.api.get("/runs", limit=200, before=page[-1]["id"])["runs"]
        tokens = [run["parameters"][0]["value"] for run in runs]
        self.assertEqual(sorted(tokens), sorted(one.token for one in ledger))
        self.controller.close()
        self.check_database()

        told = sum(len(text) for one in ledger for text in one.told.output.values())
        print(f"{KILLS} kills, {len(ledger)} runs ({repeated} acknowledged only when asked again), targets by ending: {endings}, "
              f"{told} bytes told; start-up {statistics.median(starts):.3f} s, at most {max(starts):.3f} s")
        self.assertGreater(endings.get("interrupted", 0), 0, "no kill met a run under way: this test has shown nothing")
        self.assertGreater(endings.get("ok", 0), 0)
        self.assertGreater(told, 0)
        self.assertLess(statistics.median(starts), 3)

    def kill_while_starting(self, seconds):
        try:
            self.controller.start(seconds)
        except AssertionError:
            if not self.controller.alive():
                raise
        self.controller.kill()

    def test_kills_during_the_first_start(self):
        for attempt in range(12):
            self.kill_while_starting(self.rng.uniform(0, 0.15))
            if attempt % 4 == 3:
                self.controller.start()
                try:
                    self.assertEqual(len(self.controller.api.get("/categories")["categories"]), 13)
                    self.assertEqual(len(self.controller.api.get("/modules")["modules"]), 7)
                    self.assertEqual(len(self.controller.api.get("/hosts")["hosts"]), 1)
                    self.assertTrue(self.controller.sign_in_code())
                except ApiError as error:
                    self.fail(error)
                self.controller.close()
                shutil.rmtree(self.controller.data)
                self.controller = Controller(folder())


if __name__ == "__main__":
    main()
