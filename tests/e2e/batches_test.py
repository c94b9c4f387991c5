#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs in batches, as the hosts saw them: who was not to be touched has no connection in sshd's log."""

import os
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ApiError, Controller, Scenario, Sshd, folder, main, wait_until
from harness.controller import binary

# Each host knows itself by the address it was reached at.
HERE = "set -- $SSH_CONNECTION; here=$3\n"


class Batches(Scenario):
    nets = 0

    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, every_loopback=True).start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        cls.api = cls.controller.api

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def setUp(self):
        """A network of the test's own, and a folder for what its hosts write."""
        Batches.nets += 1
        self.net = f"127.3.{Batches.nets}"
        self.folder = os.path.join(self.controller.folder, f"batches-{Batches.nets}")
        os.mkdir(self.folder)

    def add_hosts(self, count, controller=None):
        controller = controller or self.controller
        names = [f"n{Batches.nets}h{number}" for number in range(1, count + 1)]
        for number, name in enumerate(names, 1):
            controller.add_host(name, f"{self.net}.{number}", port=self.sshd.port, login=self.sshd.login, key="ops")
        return names

    def module(self, script, **options):
        return self.controller.add_module("#!/bin/sh\n" + HERE + script, **options)

    def journal_module(self, body=""):
        """Writes when it begins and ends; fails where a file named after the host's address says so."""
        return self.module(f"echo begin $here >>{self.folder}/log\n{body}\necho end $here >>{self.folder}/log\n"
                           f"test ! -e {self.folder}/fail-$here\n")

    def fail_at(self, *numbers):
        for number in numbers:
            self.touch(f"fail-{self.net}.{number}")

    def touch(self, name):
        with open(os.path.join(self.folder, name), "w", encoding="ascii"):
            pass

    def log(self):
        """[("begin", 1), ("end", 1), ...]: what the scripts of this test's hosts wrote."""
        try:
            with open(os.path.join(self.folder, "log"), encoding="ascii") as file:
                return [(word, int(address.rpartition(".")[2])) for word, address in map(str.split, file)]
        except FileNotFoundError:
            return []

    def connections(self):
        """The numbers of this test's hosts that somebody connected to, once for each connection: sshd's own words."""
        return [int(number) for number in re.findall(rf"Connection from \S+ port \d+ on {re.escape(self.net)}\.(\d+) port", self.sshd.log())]

    def wait_for_state(self, run, state, reason=None):
        def fits():
            now = self.api.run_state(run)
            return now if now["state"] == state and (reason is None or now["paused_reason"] == reason) else None
        return wait_until(f"run {run} is {state}", fits, 20, 0.05)

    def outcomes(self, run):
        targets = self.api.targets(run)
        return [targets[name]["outcome"] for name in targets]

    # --- one after the other

    def test_a_batch_begins_when_the_one_before_has_ended(self):
        hosts = self.add_hosts(5)
        run, targets = self.api.run_module(self.journal_module("sleep 0.2"), hosts, batches={"size": "2", "canary": 1})
        self.assertEqual(run["outcome"], "ok")
        self.assertEqual(run["batches"], {"size": "2", "canary": 1, "max_failed": "", "pause": "never", "order": "given", "count": 3, "current": 2})
        self.assertEqual([targets[name]["batch"] for name in hosts], [0, 1, 1, 2, 2])
        batch_of = {number: batch for number, batch in zip(range(1, 6), [0, 1, 1, 2, 2])}
        running = set()
        for word, number in self.log():
            if word == "end":
                running.discard(number)
            else:
                running.add(number)
                self.assertEqual({batch_of[other] for other in running}, {batch_of[number]}, self.log())
        self.assertEqual(sorted(self.connections()), [1, 2, 3, 4, 5])

    def test_percent_are_of_all_hosts_rounded_up(self):
        hosts = self.add_hosts(10)
        body = {"module": self.journal_module(), "select": {"hosts": hosts}, "batches": {"size": "25%"}}
        preview = self.api.post("/preview", body)["preview"]
        self.assertEqual(preview["batches"], {"count": 4, "sizes": [3, 3, 3, 1]})
        self.assertEqual(self.connections(), [])
        _, targets = self.api.run_module(body["module"], hosts, batches=body["batches"])
        self.assertEqual([targets[name]["batch"] for name in hosts], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3])

    def test_a_random_order_is_another_each_time_and_has_everybody_once(self):
        hosts = self.add_hosts(8)
        module, orders = self.journal_module(), []
        for _ in range(2):
            before = len(self.log())
            run, targets = self.api.run_module(module, hosts, batches={"order": "random"}, concurrency=1)
            self.assertEqual(run["outcome"], "ok")
            self.assertEqual([targets[name]["index"] for name in hosts], list(range(8)))
            orders.append([number for word, number in self.log()[before:] if word == "begin"])
            self.assertEqual(sorted(orders[-1]), list(range(1, 9)))
        # Three equal orders have a chance of one in 40320 each.
        self.assertNotIn(list(range(1, 9)), orders)
        self.assertNotEqual(*orders)

    # --- stopping

    def test_a_canary_that_fails_leaves_the_rest_untouched(self):
        hosts = self.add_hosts(6)
        self.fail_at(1)
        run, targets = self.api.run_module(self.journal_module(), hosts, batches={"canary": 1, "max_failed": "0"})
        self.assertEqual(run["outcome"], "failed")
        self.assertEqual(run["paused_reason"], "too_many_failed")
        self.assertEqual(self.outcomes(run["id"]), ["failed"] + ["skipped"] * 5)
        self.assertEqual({targets[name]["reason"] for name in hosts[1:]}, {"run.too_many_failed"})
        self.assertEqual(run["counts"]["skipped"], 5)
        self.assertEqual(self.connections(), [1])

    def test_a_share_of_failures_stops_before_the_next_batch(self):
        hosts = self.add_hosts(10)
        self.fail_at(2, 4)
        run, _ = self.api.run_module(self.journal_module(), hosts, batches={"size": "5", "max_failed": "10%"})
        self.assertEqual(run["outcome"], "failed")
        self.assertEqual(self.outcomes(run["id"])[5:], ["skipped"] * 5)
        self.assertEqual(set(self.connections()) - {1, 2, 3, 4, 5}, set())

    def test_as_many_failures_as_allowed_stop_nothing(self):
        hosts = self.add_hosts(10)
        self.fail_at(2)
        run, _ = self.api.run_module(self.journal_module(), hosts, batches={"size": "5", "max_failed": "10%"})
        self.assertEqual(run["counts"]["ok"], 9)
        self.assertEqual(sorted(self.connections()), list(range(1, 11)))

    def test_what_runs_when_the_run_stops_may_finish(self):
        hosts = self.add_hosts(3)
        self.fail_at(1)
        module = self.journal_module(f"while test $here != {self.net}.1 && test ! -e {self.folder}/go; do sleep 0.05; done")
        run = self.api.start_run(module, hosts, batches={"max_failed": "0"}, concurrency=2)
        self.api.wait_for_target(run, hosts[2], lambda target: target["outcome"] == "skipped")
        self.assertEqual(self.api.targets(run)[hosts[1]]["state"], "running")
        self.touch("go")
        self.api.wait_for_run(run)
        self.assertEqual(self.outcomes(run), ["failed", "ok", "skipped"])
        self.assertEqual(sorted(self.connections()), [1, 2])

    # --- waiting for somebody

    def test_paused_by_hand_and_continued(self):
        hosts = self.add_hosts(3)
        module = self.journal_module(f"while test ! -e {self.folder}/go; do sleep 0.05; done")
        run = self.api.start_run(module, hosts, concurrency=1)
        self.api.wait_for_target(run, hosts[0], lambda target: target["state"] == "running")
        with self.api.events(run) as events:
            self.api.post(f"/runs/{run}/pause")
            self.api.post(f"/runs/{run}/pause")
            while (event := events.next()).data["run"]["state"] != "paused":
                pass
            self.assertEqual(event.data["run"]["paused_reason"], "by_hand")
            self.touch("go")
            self.api.wait_for_target(run, hosts[0], lambda target: target["outcome"] == "ok")
            self.assertEqual(self.api.run_state(run)["state"], "paused")
            self.assertEqual(self.connections(), [1])
            self.api.post(f"/runs/{run}/continue")
            self.api.post(f"/runs/{run}/continue")
            while (event := events.next()).data["run"]["state"] == "paused":
                pass
            self.assertEqual(event.data["run"]["paused_reason"], "")
        self.assertEqual(self.api.wait_for_run(run)["outcome"], "ok")
        self.assertEqual(sorted(self.connections()), [1, 2, 3])
        for action in ("pause", "continue"):
            with self.assertRaises(ApiError) as refused:
                self.api.post(f"/runs/{run}/{action}")
            self.assertEqual((refused.exception.status, refused.exception.error["reason"]), (409, "run.over"))

    def test_a_run_that_has_started_everything_cannot_be_paused(self):
        hosts = self.add_hosts(1)
        module = self.journal_module(f"while test ! -e {self.folder}/go; do sleep 0.05; done")
        run = self.api.start_run(module, hosts)
        self.api.wait_for_target(run, hosts[0], lambda target: target["state"] == "running")
        with self.assertRaises(ApiError) as refused:
            self.api.post(f"/runs/{run}/pause")
        self.assertEqual(refused.exception.error["reason"], "run.all_started")
        self.touch("go")
        self.api.wait_for_run(run)

    def test_pausing_after_each_batch(self):
        hosts = self.add_hosts(5)
        run = self.api.start_run(self.journal_module(), hosts, batches={"size": "2", "pause": "after_each"})
        for batch, touched in enumerate([[1, 2], [1, 2, 3, 4]]):
            state = self.wait_for_state(run, "paused", "after_batch")
            self.assertEqual(state["batches"]["current"], batch)
            self.assertEqual(sorted(self.connections()), touched)
            self.api.post(f"/runs/{run}/continue")
            wait_until("it goes on", lambda: self.api.run_state(run)["batches"]["current"] > batch, 20, 0.05)
        self.assertEqual(self.api.wait_for_run(run)["outcome"], "ok")

    def test_a_paused_run_may_be_cancelled(self):
        hosts = self.add_hosts(3)
        run = self.api.start_run(self.journal_module(), hosts, batches={"canary": 1, "pause": "after_canary"})
        self.wait_for_state(run, "paused", "after_batch")
        self.api.post(f"/runs/{run}/cancel")
        self.assertEqual(self.api.wait_for_run(run)["outcome"], "cancelled")
        self.assertEqual(self.outcomes(run), ["ok", "cancelled", "cancelled"])
        self.assertEqual(self.connections(), [1])

    def test_killed_while_paused_it_is_interrupted_and_nothing_more_happens(self):
        controller = Controller(folder())
        controller.start()
        controller.add_key("ops", self.sshd.new_key())
        hosts = self.add_hosts(3, controller)
        module = controller.add_module("#!/bin/sh\ntrue\n")
        run = controller.api.start_run(module, hosts, batches={"canary": 1, "pause": "after_canary"})
        wait_until("it is paused", lambda: controller.api.run_state(run)["state"] == "paused", 20, 0.05)
        controller.kill()
        controller.start()
        state = controller.api.run_state(run)
        self.assertEqual((state["state"], state["outcome"], state["paused_reason"]), ("finished", "interrupted", ""))
        targets = controller.api.targets(run)
        self.assertEqual([targets[name]["outcome"] for name in hosts], ["ok", "interrupted", "interrupted"])
        self.assertEqual(self.connections(), [1])
        controller.close()

    def test_what_changed_something_is_in_the_audit_once(self):
        controller = Controller(folder())
        controller.start()
        controller.add_key("ops", self.sshd.new_key())
        hosts = self.add_hosts(3, controller)
        module = controller.add_module(f"#!/bin/sh\n{HERE}while test $here != {self.net}.1 && test ! -e {self.folder}/go; do sleep 0.05; done\n"
                                       f"test $here != {self.net}.2\n")
        api = controller.api
        run = api.start_run(module, hosts, batches={"size": "1", "pause": "after_canary", "canary": 1}, concurrency=1)
        for action, state in (("continue", "running"), ("pause", "paused"), ("continue", "running")):
            wait_until("the state before is told", lambda: (api.run_state(run)["state"] == "paused") == (action == "continue"), 20, 0.05)
            api.post(f"/runs/{run}/{action}")
            wait_until("it is so", lambda: api.run_state(run)["state"] == state, 20, 0.05)
            api.post(f"/runs/{run}/{action}")
        self.touch("go")
        api.wait_for_run(run)
        again = api.wait_for_run(api.post(f"/runs/{run}/retry")["run"]["id"])["id"]
        controller.close()
        database = sqlite3.connect(os.path.join(controller.data, "omserver.db"))
        rows = database.execute("SELECT action, object FROM audit WHERE action LIKE 'run.%' ORDER BY id").fetchall()
        database.close()
        self.assertEqual(rows, [("run.start", f"run {run}"), ("run.continue", f"run {run}"), ("run.pause", f"run {run}"),
                                ("run.continue", f"run {run}"), ("run.finished", f"run {run}"), ("run.retry", f"run {again}"),
                                ("run.finished", f"run {again}")])

    # --- once more

    def test_a_retry_takes_those_that_failed_as_they_are_now(self):
        hosts = self.add_hosts(4)
        self.fail_at(2, 3)
        module = self.journal_module()
        run, _ = self.api.run_module(module, hosts)
        os.remove(os.path.join(self.folder, f"fail-{self.net}.2"))
        self.api.post("/hosts/import", {"csv": f"name,address,port,login,key\n{hosts[2]},{self.net}.77,{self.sshd.port},{self.sshd.login},ops\n"})
        again = self.api.post(f"/runs/{run['id']}/retry")["run"]
        self.assertEqual((again["module"]["id"], again["total"]), (module, 2))
        self.assertEqual(self.api.wait_for_run(again["id"])["outcome"], "ok")
        targets = self.api.targets(again["id"])
        self.assertEqual([(name, targets[name]["address"]) for name in targets],
                         [(hosts[1], f"{self.net}.2"), (hosts[2], f"{self.net}.77")])
        self.assertEqual(sorted(number for word, number in self.log() if word == "begin"), [1, 2, 2, 3, 4, 77])

    def test_a_retry_by_outcome_and_a_selection_of_a_past_run(self):
        hosts = self.add_hosts(3)
        self.fail_at(1)
        module = self.journal_module()
        run, _ = self.api.run_module(module, hosts, batches={"canary": 1, "max_failed": "0"})
        rest = self.api.post(f"/runs/{run['id']}/retry", {"outcomes": ["skipped"]})["run"]
        self.assertEqual(self.api.wait_for_run(rest["id"])["outcome"], "ok")
        self.assertEqual(list(self.api.targets(rest["id"])), hosts[1:])
        select = {"hosts": [hosts[2]], "of_run": {"run": run["id"], "outcomes": ["failed"]}}
        preview = self.api.post("/preview", {"module": module, "select": select})["preview"]
        self.assertEqual(preview["groups"][0]["hosts"], [hosts[2], hosts[0]])
        for body, words in (({"outcomes": ["lost"]}, "no hosts"), ({"outcomes": ["perfect"]}, "perfect"),
                            ({"parameters": {"sys_param_1": "x"}}, "'parameters.sys_param_1'")):
            with self.assertRaises(ApiError) as refused:
                self.api.post(f"/runs/{run['id']}/retry", body)
            self.assertIn(words, refused.exception.error["message"])

    def test_a_retry_asks_for_secrets_again(self):
        hosts = self.add_hosts(1)
        self.fail_at(1)
        form = '<input name="sys_param_1" value="seen"><input type="password" name="sys_param_2">'
        module = self.module(f"printf '%s %s' \"$SYS_PARAM_1\" \"$SYS_PARAM_2\"; test ! -e {self.folder}/fail-$here", form=form)
        run, _ = self.api.run_module(module, hosts, {"sys_param_1": "plain", "sys_param_2": "hush-one"})
        with self.assertRaises(ApiError) as refused:
            self.api.post(f"/runs/{run['id']}/retry")
        self.assertEqual(refused.exception.error["reason"], "run.secrets_again")
        self.assertEqual([field["field"] for field in refused.exception.error["fields"]], ["sys_param_2"])
        again = self.api.post(f"/runs/{run['id']}/retry", {"parameters": {"sys_param_2": "hush-two"}})["run"]
        self.api.wait_for_run(again["id"])
        self.assertEqual(self.api.raw(again["id"], hosts[0]), b"plain hush-two")
        self.assertNotIn("hush", str(self.api.run_state(again["id"])))

    def test_a_run_under_way_cannot_be_retried(self):
        hosts = self.add_hosts(2)
        run = self.api.start_run(self.journal_module(), hosts, batches={"canary": 1, "pause": "after_canary"})
        self.wait_for_state(run, "paused")
        with self.assertRaises(ApiError) as refused:
            self.api.post(f"/runs/{run}/retry")
        self.assertEqual((refused.exception.status, refused.exception.error["reason"]), (409, "run.not_over"))
        self.api.post(f"/runs/{run}/cancel")
        self.api.wait_for_run(run)

    # --- what is refused, by field

    def test_batches_that_cannot_be_are_refused_by_field(self):
        hosts = self.add_hosts(1)
        module = self.journal_module()
        for batches, field in (({"size": "ten"}, "batches.size"), ({"size": "0"}, "batches.size"), ({"size": "101%"}, "batches.size"),
                               ({"max_failed": "-1"}, "batches.max_failed"), ({"pause": "sometimes"}, "batches.pause"),
                               ({"pause": "after_canary"}, "batches.pause"), ({"order": "backwards"}, "batches.order"),
                               ({"canary": -1}, "canary"), ({"sice": "10"}, "sice"), ([], "batches")):
            with self.assertRaises(ApiError) as refused:
                self.api.start_run(module, hosts, batches=batches)
            self.assertEqual(refused.exception.status, 400)
            self.assertIn(f"'{field}'", refused.exception.error["message"])
        self.assertEqual(self.connections(), [])

    # --- the command line

    def test_the_command_line_waits_at_a_pause_and_says_how_to_go_on(self):
        hosts = self.add_hosts(3)
        command = subprocess.Popen(
            [binary(), "run", str(self.journal_module()), "-H", ",".join(hosts), "--canary", "1", "--pause", "after-canary", "--data", self.controller.data],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            line = command.stderr.readline()
            said = re.fullmatch(r"run (\d+) is paused after batch 1 of 2: omserver runs continue \1 lets it go on, omserver runs cancel \1 ends it\n", line)
            self.assertTrue(said, line)
            self.assertEqual(self.connections(), [1])
            self.controller.cli("runs", "continue", said[1])
            out, err = command.communicate(timeout=60)
            self.assertEqual(command.returncode, 0, err)
            self.assertIn("3 ok", err)
            self.assertEqual(sorted(self.connections()), [1, 2, 3])
        finally:
            command.kill()
            command.wait()

    def test_the_command_line_retries_and_cancels(self):
        hosts = self.add_hosts(2)
        self.fail_at(1)
        done = self.controller.cli_json("run", self.journal_module(), "-H", ",".join(hosts), "--batch", "50%", "--max-failed", "0", expect=1)
        self.assertEqual([target["outcome"] for target in done["targets"]], ["failed", "skipped"])
        again = self.controller.cli_json("runs", "retry", done["run"]["id"], "--outcome", "skipped")
        self.assertEqual([target["host"] for target in again["targets"]], [hosts[1]])
        self.assertIn(b"is over", self.controller.cli("runs", "pause", done["run"]["id"], expect=2).stderr)

    def test_a_pause_needs_somebody_who_can_let_it_go_on(self):
        alone = Controller(folder())
        done = alone.cli("run", "1003", "-H", "x", "--pause", "after-each", expect=2)
        self.assertIn(b"omserver serve", done.stderr)


if __name__ == "__main__":
    main()
