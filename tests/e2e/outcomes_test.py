#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a target can end, by SSH and on this machine: each ending has its own word, and success is never claimed falsely."""

import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main, pids_with, wait_until

FORCED = ["Match LocalAddress 127.2.1.1", " ForceCommand echo this account only does backups",
          "Match LocalAddress 127.2.1.2", " ForceCommand echo welcome; echo to the machine >&2; exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"",
          "Match LocalAddress 127.2.1.3", " ForceCommand exit 0"]


def unique_seconds():
    """A duration that no other process on this machine sleeps."""
    return f"{300 + int.from_bytes(os.urandom(3), 'big') / 2**24:.9f}"


def black_hole():
    """A listener that answers no SYN any more: its queue is full. Keep what it returns."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    return listener, fillers


class Outcomes(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, config=FORCED, every_loopback=True).start()
        cls.key = cls.sshd.new_key()
        cls.controller.start()
        cls.controller.add_key("ops", cls.key)
        cls.api = cls.controller.api
        cls.add_host("web1")
        cls.hosts = ["web1", cls.controller.local_host()]

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    @classmethod
    def add_host(cls, name, address="127.0.0.1", **options):
        return cls.controller.add_host(name, address, **{"port": cls.sshd.port, "login": cls.sshd.login, "key": "ops", **options})

    def run_script(self, script, hosts=None, **options):
        return self.api.run_module(self.controller.add_module("#!/bin/sh\n" + script), hosts or self.hosts, **options)

    def wait_for_output(self, run, host):
        wait_until(f"{host} has printed something", lambda: self.api.chunks(run, host), 20, 0.05)

    def end_leftovers(self, text):
        for pid in pids_with(text):
            os.kill(pid, signal.SIGKILL)

    # --- it ran

    def test_exit_codes(self):
        for code in (0, 1, 2, 77, 126, 127, 255):
            run, targets = self.run_script(f"exit {code}\n")
            for host in self.hosts:
                self.assert_outcome(targets[host], "ok" if code == 0 else "failed", code)
                self.assertEqual(targets[host]["signal"], "")
            self.assertEqual(run["outcome"], "ok" if code == 0 else "failed")

    def test_a_signal_is_named(self):
        for name, number in (("KILL", 9), ("SEGV", 11), ("TERM", 15)):
            run, targets = self.run_script(f"echo before; kill -{name} $$; echo after\n")
            for host in self.hosts:
                self.assert_outcome(targets[host], "failed", 128 + number)
                self.assertEqual(targets[host]["signal"], name)
                self.assertEqual(self.api.raw(run["id"], host), b"before\n")

    def test_a_run_is_ok_only_when_every_target_is(self):
        self.add_host("half")
        module = self.controller.add_module("#!/bin/sh\n[ -n \"$SSH_CONNECTION\" ] || exit 1\n")
        run, targets = self.api.run_module(module, self.hosts)
        self.assertEqual({host: target["outcome"] for host, target in targets.items()}, {self.hosts[0]: "ok", self.hosts[1]: "failed"})
        self.assertEqual((run["outcome"], run["counts"]["ok"], run["counts"]["failed"]), ("failed", 1, 1))

    def test_a_background_child_delays_nothing(self):
        seconds = unique_seconds()
        began = time.monotonic()
        try:
            run, targets = self.run_script(f"sleep {seconds} & echo started\n", seconds=15)
            self.assertLess(time.monotonic() - began, 10)
            for host in self.hosts:
                self.assert_outcome(targets[host], "ok", 0)
                self.assertEqual(self.api.raw(run["id"], host), b"started\n")
        finally:
            self.end_leftovers(seconds)

    def test_a_missing_interpreter_fails(self):
        module = self.controller.add_module("#!/no/such/interpreter\necho hello\n")
        _, targets = self.api.run_module(module, self.hosts)
        for host in self.hosts:
            self.assert_outcome(targets[host], "failed")
            self.assertNotEqual(targets[host]["exit_code"], 0)

    def test_a_forced_command_is_no_success(self):
        self.add_host("forced", "127.2.1.1")
        self.add_host("mute", "127.2.1.3")
        _, targets = self.run_script("echo hello\n", ["forced", "mute"])
        for host in ("forced", "mute"):
            self.assert_outcome(targets[host], "failed")
            self.assertTrue(targets[host]["message"])
        self.assertIn("only does backups", targets["forced"]["message"])

    def test_the_profiles_noise_is_kept_apart(self):
        self.add_host("noisy", "127.2.1.2")
        run, targets = self.run_script("echo hello; echo problem >&2\n", ["noisy"])
        self.assert_outcome(targets["noisy"], "ok", 0)
        self.assertEqual((self.api.raw(run["id"], "noisy"), self.api.raw(run["id"], "noisy", "stderr")), (b"hello\n", b"problem\n"))

    # --- it was stopped

    def check_gone(self, seconds, targets, outcome):
        for target in targets.values():
            self.assert_outcome(target, outcome)
        messages = [target["message"] for target in targets.values()]
        wait_until(f"processes are gone, after {messages}", lambda: pids_with(seconds) == [], 5)

    def test_a_time_out_ends_the_whole_group(self):
        seconds = unique_seconds()
        run, targets = self.run_script(f"echo begun; sleep {seconds} & sleep {seconds}\n", timeout_s=1, seconds=30)
        self.check_gone(seconds, targets, "timed_out")
        for host in self.hosts:
            self.assertEqual(self.api.raw(run["id"], host), b"begun\n")
            self.assertTrue(targets[host]["message"])
            self.assertGreaterEqual(targets[host]["duration_ms"], 1000)

    def test_a_time_out_ends_who_ignores_term(self):
        seconds = unique_seconds()
        _, targets = self.run_script(f"trap '' TERM; sleep {seconds}; sleep {seconds}\n", timeout_s=1, seconds=40)
        self.check_gone(seconds, targets, "timed_out")

    def test_cancel_leaves_no_process(self):
        seconds = unique_seconds()
        module = self.controller.add_module(f"#!/bin/sh\necho begun\nsh -c 'sleep {seconds}; :' & sleep {seconds}\n")
        run = self.api.start_run(module, self.hosts)
        for host in self.hosts:
            self.wait_for_output(run, host)
        wait_until("both hosts work", lambda: len(pids_with(seconds)) >= 4)
        answer = self.api.send("POST", f"/api/v1/runs/{run}/cancel", {})
        self.assertEqual(answer.status, 202, answer.text())
        state = self.api.wait_for_run(run, 20)
        self.assertEqual(state["outcome"], "cancelled")
        self.check_gone(seconds, self.api.targets(run), "cancelled")

    def test_cancel_keeps_the_targets_that_wait_from_starting(self):
        mark = os.path.join(self.controller.folder, "started")
        seconds = unique_seconds()
        module = self.controller.add_module(f"#!/bin/sh\necho x >>'{mark}'\nsleep {seconds}\n")
        for i in range(4):
            self.add_host(f"queue{i}")
        run = self.api.start_run(module, [f"queue{i}" for i in range(4)], concurrency=1)
        wait_until("the first has started", lambda: os.path.exists(mark))
        self.api.post(f"/runs/{run}/cancel")
        self.api.wait_for_run(run, 20)
        targets = self.api.targets(run)
        self.assertEqual({target["outcome"] for target in targets.values()} - {"cancelled", "skipped"}, set())
        with open(mark, encoding="ascii") as file:
            self.assertEqual(len(file.readlines()), 1)
        self.assertEqual(pids_with(seconds), [])

    def test_cancelling_twice_or_too_late_is_harmless(self):
        run, _ = self.run_script("echo done\n")
        for _ in range(2):
            self.assertIn(self.api.send("POST", f"/api/v1/runs/{run['id']}/cancel", {}).status, (200, 202, 409))
        self.assertEqual(self.api.run_state(run["id"])["outcome"], "ok")

    # --- it went away

    def test_a_cut_connection_is_lost(self):
        seconds = unique_seconds()
        module = self.controller.add_module(f"#!/bin/sh\necho begun\nsleep {seconds}\n")
        run = self.api.start_run(module, ["web1"])
        self.wait_for_output(run, "web1")
        try:
            self.sshd.kill_connections()
            self.api.wait_for_run(run, 20)
            target = self.api.targets(run)["web1"]
            self.assert_outcome(target, "lost")
            self.assertIsNone(target["exit_code"])
            self.assertIn("may still run", target["message"])
            self.assertEqual(self.api.raw(run, "web1"), b"begun\n")
        finally:
            self.end_leftovers(seconds)

    def test_the_next_run_after_a_cut_connection_works(self):
        self.run_script("echo one\n", ["web1"])
        self.sshd.kill_connections()
        run, targets = self.run_script("echo two\n", ["web1"])
        self.assert_outcome(targets["web1"], "ok", 0)
        self.assertEqual(self.api.raw(run["id"], "web1"), b"two\n")

    # --- it was never there

    def test_unreachable_says_why(self):
        hole, fillers = black_hole()
        silent = socket.create_server(("127.0.0.1", 0), backlog=16)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            refused_port = closed.getsockname()[1]
        self.controller.add_key("stranger", self.sshd.new_key(authorized=False))
        self.add_host("good")
        self.add_host("refused", port=refused_port)
        self.add_host("hole", port=hole.getsockname()[1])
        self.add_host("silent", port=silent.getsockname()[1])
        self.add_host("stranger", key="stranger")
        bad = ["refused", "hole", "silent", "stranger"]
        began = time.monotonic()
        run, targets = self.run_script("echo hello\n", [*bad, "good"])
        self.assertLess(time.monotonic() - began, 25, "connect has 10 s, handshake and login 15 s")
        self.assert_outcome(targets["good"], "ok", 0)
        self.assertLess(targets["good"]["duration_ms"], 5000, "bad hosts delayed the good one")
        for host in bad:
            self.assert_outcome(targets[host], "unreachable")
            self.assertIsNone(targets[host]["exit_code"])
        self.assertEqual(len({targets[host]["reason"] for host in bad}), 4, {host: targets[host]["reason"] for host in bad})
        for host in bad:
            self.assertTrue(targets[host]["reason"] and targets[host]["message"])
        self.assertEqual((run["outcome"], run["counts"]["unreachable"], run["counts"]["ok"]), ("failed", 4, 1))
        for one in (hole, silent, *fillers):
            one.close()


class HostKeys(Scenario):
    def setUp(self):
        self.controller = Controller(folder())
        self.sshd = Sshd(self.controller.folder, log_level="DEBUG1").start()
        self.key = self.sshd.new_key()

    def tearDown(self):
        self.sshd.stop()
        self.controller.close()

    def start(self, *options):
        self.controller.options = list(options)
        self.controller.start()
        self.controller.add_key("ops", self.key)
        self.controller.add_host("web1", port=self.sshd.port, login=self.sshd.login, key="ops")
        return self.controller.api

    def known_hosts(self):
        with open(os.path.join(self.controller.data, "known_hosts"), encoding="utf-8") as file:
            return file.read()

    def assert_offered_nothing(self, log):
        self.assertIn("Connection from 127.0.0.1", log, "it did not even connect")
        for word in ("userauth-request", "Accepted", "Failed publickey", "Postponed"):
            self.assertNotIn(word, log)

    def test_a_changed_key_stops_before_any_credential_is_offered(self):
        api = self.start()
        run, targets = api.run_module(1003, ["web1"])
        self.assertEqual(run["outcome"], "ok", targets)
        self.assertIn(" ".join(self.sshd.host_key.line.split()[:2]), self.known_hosts())
        known = self.known_hosts()
        self.sshd.stop()
        self.sshd.change_host_key()
        os.remove(self.sshd.path("log"))
        self.sshd.start()
        _, targets = api.run_module(1003, ["web1"])
        self.assert_outcome(targets["web1"], "unreachable")
        self.assertEqual(targets["web1"]["reason"], "ssh.host_key_changed")
        self.assert_offered_nothing(self.sshd.log())
        self.assertEqual(self.known_hosts(), known, "the changed key was written down")
        # Nor after a restart, which reads the file anew.
        self.assertEqual(self.controller.stop(), 0)
        self.controller.start()
        _, targets = self.controller.api.run_module(1003, ["web1"])
        self.assertEqual(targets["web1"]["reason"], "ssh.host_key_changed")
        self.assert_offered_nothing(self.sshd.log())

    def test_strict_refuses_an_unknown_key(self):
        api = self.start("--host-keys", "strict")
        _, targets = api.run_module(1003, ["web1"])
        self.assert_outcome(targets["web1"], "unreachable")
        self.assert_offered_nothing(self.sshd.log())
        self.assertEqual(self.controller.stop(), 0)
        with open(os.path.join(self.controller.data, "known_hosts"), "a", encoding="ascii") as file:
            file.write(self.sshd.known_hosts(["127.0.0.1"]))
        self.controller.start()
        run, targets = self.controller.api.run_module(1003, ["web1"])
        self.assertEqual(run["outcome"], "ok", targets)

    def test_a_revoked_key_is_refused(self):
        self.start()
        self.assertEqual(self.controller.stop(), 0)
        with open(os.path.join(self.controller.data, "known_hosts"), "a", encoding="ascii") as file:
            file.write(f"@revoked * {' '.join(self.sshd.host_key.line.split()[:2])}\n")
        self.controller.start()
        _, targets = self.controller.api.run_module(1003, ["web1"])
        self.assert_outcome(targets["web1"], "unreachable")
        self.assert_offered_nothing(self.sshd.log())


if __name__ == "__main__":
    main()
