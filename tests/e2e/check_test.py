#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ready check: each step of the way to a host fails once, and every failure comes with a line to paste."""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ApiError, Controller, Scenario, Sshd, folder, main

CONFIG = ["Match LocalAddress 127.4.0.3", " AuthorizedKeysFile none",
          "Match LocalAddress 127.4.0.4", " ForceCommand echo only backups here"]


class Check(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, config=CONFIG, every_loopback=True).start()
        cls.controller.start()
        cls.key = cls.sshd.new_key()
        cls.controller.add_key("ops", cls.key)
        cls.api = cls.controller.api
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            cls.closed_port = unused.getsockname()[1]
        cls.add("good", "127.4.0.1")
        cls.add("deaf", "127.4.0.2", port=cls.closed_port)
        cls.add("locked", "127.4.0.3")
        cls.add("forced", "127.4.0.4")
        cls.add("nameless", "no-such-host.invalid")
        cls.add("changed", "127.4.0.5")
        other = cls.sshd.new_key(authorized=False).line.split()
        cls.controller.close()
        with open(os.path.join(cls.controller.data, "known_hosts"), "a", encoding="ascii") as file:
            file.write(f"[127.4.0.5]:{cls.sshd.port} {other[0]} {other[1]}\n")
        cls.controller.start()

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    @classmethod
    def add(cls, name, address, **options):
        cls.controller.add_host(name, address, **{"port": cls.sshd.port, "login": cls.sshd.login, "key": "ops", **options})

    def check(self, *hosts):
        run = self.api.post("/runs", {"kind": "check", "select": {"hosts": hosts}})["run"]
        return self.api.wait_for_run(run["id"]), self.api.targets(run["id"])

    def test_every_step_is_told_with_what_to_do(self):
        hosts = ["good", "deaf", "locked", "forced", "nameless", "changed"]
        run, targets = self.check(*hosts)
        self.assertEqual((run["kind"], run["module"], run["parameters"], run["outcome"]), ("check", None, [], "failed"))
        login, port = self.sshd.login, self.sshd.port
        there = f"{login}@127.4.0.3 'umask 077; mkdir -p ~/.ssh; cat >> ~/.ssh/authorized_keys'"
        expected = {
            "good": ("ok", "", ""),
            "deaf": ("unreachable", "ssh.connect_refused", f"nc -vz -w 5 127.4.0.2 {self.closed_port}"),
            "locked": ("unreachable", "ssh.login_refused", f"omserver key show ops | ssh -p {port} {there}"),
            "forced": ("failed", "backend.no_start", f"ssh -p {port} {login}@127.4.0.4 '/bin/sh -c '\\''echo it works'\\'''"),
            "nameless": ("unreachable", "ssh.name_not_found", "getent ahosts no-such-host.invalid"),
            "changed": ("unreachable", "ssh.host_key_changed", "omserver hostkey list --pending"),
        }
        for host, words in expected.items():
            target = targets[host]
            self.assertEqual((target["outcome"], target["reason"], target["remedy"]), words, target["message"])
        self.assertEqual(targets["good"]["stdout_bytes"], 0)

    def test_this_machine_is_ready(self):
        _, targets = self.check(self.controller.local_host())
        [target] = targets.values()
        self.assert_outcome(target, "ok")

    def test_run_on_the_ready_ones(self):
        run, _ = self.check("deaf", "good")
        select = {"of_run": {"run": run["id"], "outcomes": ["ok"]}}
        after = self.api.post("/runs", {"module": self.controller.add_module("#!/bin/sh\necho it ran\n"), "select": select})["run"]
        self.api.wait_for_run(after["id"])
        self.assertEqual(list(self.api.targets(after["id"])), ["good"])

    def test_a_check_is_retried_as_a_check(self):
        run, _ = self.check("deaf", "good")
        again = self.api.post(f"/runs/{run['id']}/retry")["run"]
        self.api.wait_for_run(again["id"])
        self.assertEqual((again["kind"], again["total"]), ("check", 1))

    def test_what_has_no_place_in_a_check_is_refused(self):
        for extra, field in (({"module": 1003}, "module"), ({"parameters": ["1"]}, "parameters")):
            with self.assertRaises(ApiError) as refused:
                self.api.post("/runs", {"kind": "check", "select": {"hosts": ["good"]}, **extra})
            self.assertIn(f"'{field}'", refused.exception.error["message"])

    def test_the_command_line(self):
        done = self.controller.cli("check", "-H", "good,deaf", expect=1)
        self.assertRegex(done.stdout.decode(), r"good  ready\ndeaf  unreachable: .*connection refused.*\n      \$ nc -vz -w 5 127\.4\.0\.2 \d+\n")
        self.assertIn(b"2 hosts: 1 ready, 1 not", done.stderr)
        self.assertEqual(self.controller.cli("check", "-H", "good").stdout, b"good  ready\n")
        self.assertIn(b"nowhere", self.controller.cli("check", "-H", "nowhere", expect=2).stderr)
        told = self.controller.cli_json("check", "-H", "good,deaf", expect=1)
        self.assertEqual([target["outcome"] for target in told["targets"]], ["ok", "unreachable"])

    def test_the_key_that_a_login_lacks_is_shown(self):
        shown = self.controller.cli("key", "show", "ops").stdout.decode().split()
        self.assertEqual(shown[:2], self.key.line.split()[:2])
        self.assertEqual(self.controller.cli("key", "show").stdout.decode().split(), shown)
        self.assertIn(b"no key else", self.controller.cli("key", "show", "else", expect=2).stderr)


if __name__ == "__main__":
    main()
