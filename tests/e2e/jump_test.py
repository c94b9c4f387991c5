#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts behind jump hosts, and sessions that are kept and used again."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main
from harness.processes import wait_until

HOSTNAME = 1003  # a module that only reads


class Jumps(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.gate = Sshd(cls.controller.folder).start()
        cls.second = Sshd(cls.controller.folder).start()
        cls.inner = Sshd(cls.controller.folder, every_loopback=True).start()
        cls.controller.start()
        cls.api = cls.controller.api
        key = cls.gate.new_key()
        for sshd in (cls.second, cls.inner):
            with open(sshd.authorized, "a", encoding="ascii") as file:
                file.write(key.line + "\n")
        cls.controller.add_key("ops", key)
        cls.add("gate", cls.gate)
        cls.add("second", cls.second, "--jump", "gate")

    @classmethod
    def tearDownClass(cls):
        for sshd in (cls.gate, cls.second, cls.inner):
            sshd.stop()
        cls.controller.close()

    @classmethod
    def add(cls, name, sshd, *options, address="127.0.0.1", expect=0):
        return cls.controller.cli("host", "add", name, "--address", address, "--port", str(sshd.port), "--login", sshd.login,
                                  "--key", "ops", *options, expect=expect)

    @staticmethod
    def logins(sshd):
        return sshd.log().count("Accepted publickey")

    def test_hosts_behind_one_and_two_jump_hosts(self):
        for i in range(1, 21):
            self.add(f"near{i}", self.inner, "--jump", "gate", address=f"127.5.0.{i}")
        self.add("far", self.inner, "--jump", "second", address="127.5.1.1")
        names = [f"near{i}" for i in range(1, 21)] + ["far"]
        before = self.logins(self.gate)
        for _ in range(2):
            _, targets = self.api.run_module(HOSTNAME, names)
            for target in targets.values():
                self.assert_outcome(target, "ok", 0)
        self.assertEqual(self.logins(self.inner), len(names), "each host was logged in to once, for both runs")
        self.assertEqual(self.logins(self.second), 1)
        self.assertLessEqual(self.logins(self.gate) - before, 8)
        # Each hop's key is on file under the hop's own name.
        with open(os.path.join(self.controller.data, "known_hosts"), encoding="ascii") as file:
            known = file.read()
        self.assertIn(f"[127.5.1.1]:{self.inner.port} ", known)
        self.assertIn(f"[127.0.0.1]:{self.gate.port} ", known)

    def test_lost_jump_host_is_named_and_the_next_run_works(self):
        number = self.controller.add_module("#!/bin/sh\necho up\nsleep 30\n")
        self.add("slow", self.inner, "--jump", "gate", address="127.5.2.1")
        run = self.api.start_run(number, ["slow"])
        wait_until("it is up", lambda: self.api.raw(run, "slow") == b"up\n", 20)
        begin = time.monotonic()
        self.gate.kill_connections()
        self.api.wait_for_run(run, 10)
        self.assertLess(time.monotonic() - begin, 5)
        target = self.api.targets(run)["slow"]
        self.assert_outcome(target, "lost")
        self.assertIn("jump host gate", target["message"])
        _, targets = self.api.run_module(HOSTNAME, ["slow"])
        self.assert_outcome(targets["slow"], "ok", 0)

    def test_jump_host_that_forwards_nothing(self):
        closed = Sshd(self.controller.folder, config=["AllowTcpForwarding no"]).start()
        self.addCleanup(closed.stop)
        with open(closed.authorized, "a", encoding="ascii") as file, open(self.gate.authorized, encoding="ascii") as keys:
            file.write(keys.read())
        self.add("closed", closed)
        self.add("behind-closed", self.inner, "--jump", "closed", address="127.5.3.1")
        _, targets = self.api.run_module(HOSTNAME, ["behind-closed"])
        self.assert_outcome(targets["behind-closed"], "unreachable")
        self.assertEqual(targets["behind-closed"]["reason"], "ssh.jump_forbidden")
        self.assertIn("AllowTcpForwarding", targets["behind-closed"]["message"])

    def test_jump_hosts_that_are_not_there_or_lead_back(self):
        refused = self.add("lonely", self.inner, "--jump", "nowhere", expect=2)
        self.assertIn("there is no jump host nowhere", refused.stderr.decode())
        table = "name,address,jump\na,127.5.4.1,b\nb,127.5.4.2,a\n"
        refused = self.controller.cli("host", "import", "-", stdin=table.encode(), expect=None)
        names = {host["name"] for host in self.api.get("/hosts")["hosts"]}
        self.assertFalse({"a", "b", "lonely"} & names)

    def test_server_that_restarts_between_runs_is_logged_in_to_again(self):
        self.add("plain", self.inner, address="127.5.5.1")
        for _ in range(2):
            _, targets = self.api.run_module(HOSTNAME, ["plain"])
            self.assert_outcome(targets["plain"], "ok", 0)
            self.inner.kill_connections()
        wait_until("the connections are gone", lambda: not self.inner.connection_pids(), 5)


if __name__ == "__main__":
    main()
