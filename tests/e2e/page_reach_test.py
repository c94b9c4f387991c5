#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reaching hosts by the page: a ready check and the ready hosts, batches with a pause, host keys.
A real browser, the real server, real hosts."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main
from harness.processes import free_port


def fingerprint(key):
    """As ssh-keygen says it."""
    return subprocess.run(["ssh-keygen", "-lf", key.path + ".pub"], check=True, capture_output=True, timeout=30).stdout.decode().split()[1]


class PageReach(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, every_loopback=True).start()
        cls.controller.start()
        cls.key = cls.sshd.new_key()
        cls.controller.add_key("ops", cls.key)
        cls.controller.api.post("/apps", {"name": "some", "category": "Linux.Web"})
        for i in (1, 2):
            cls.add_host(f"web{i}", f"127.1.0.{i}")
        cls.controller.add_host("dead", "127.1.0.9", port=free_port(), login=cls.sshd.login, key="ops", apps=["Linux.Web/some"])

    @classmethod
    def add_host(cls, name, address, app="some"):
        cls.controller.add_host(name, address, port=cls.sshd.port, login=cls.sshd.login, key="ops", apps=[f"Linux.Web/{app}"])

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def drive(self, scenario, *needs):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page_reach.mjs")
        done = subprocess.run(["node", script, f"http://127.0.0.1:{self.controller.port}", self.controller.sign_in_code(), scenario, *needs],
                              capture_output=True, timeout=150)
        if done.returncode == 77:
            self.skipTest(done.stderr.decode().strip())
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-3000:])
        seen = json.loads(done.stdout)
        self.assertEqual(seen["faults"], [], "script errors or policy violations")
        return seen

    def test_a_ready_check_hands_the_ready_hosts_to_the_console(self):
        seen = self.drive("check", "some")
        state = self.controller.api.run_state(seen["run"])
        self.assertEqual((state["kind"], state["module"], state["via"]), ("check", None, "page"))
        self.assertEqual((state["counts"]["ok"], state["counts"]["unreachable"]), (2, 1))
        self.assertEqual(seen["chosen"], "2 hosts")
        [group] = seen["groups"]
        self.assertEqual(group["names"], ["dead"])
        self.assertIn("127.1.0.9", group["why"])

    def test_a_run_in_batches_waits_goes_on_and_is_retried(self):
        seen = self.drive("batches", "some")
        self.assertEqual((seen["planned"], seen["waiting"]), ("2 batches: 1, 2; waits after the first batch", 2))
        api = self.controller.api
        state = api.run_state(seen["run"])
        self.assertEqual({name: state["batches"][name] for name in ("size", "canary", "pause", "count")}, {"size": "50%", "canary": 1, "pause": "after_canary", "count": 2})
        self.assertEqual((state["outcome"], state["counts"]["ok"], state["counts"]["unreachable"]), ("failed", 2, 1))
        again = api.run_state(seen["retried"])
        self.assertEqual((again["total"], again["counts"]["unreachable"], again["module"]["id"]), (1, 1, 1003))

    def test_host_keys_are_judged(self):
        api = self.controller.api
        other = Sshd(self.controller.folder, every_loopback=True)
        with open(other.authorized, "w", encoding="ascii") as file:
            file.write(self.key.line + "\n")
        other.start()
        try:
            api.post("/apps", {"name": "keyed", "category": "Linux.Web"})
            for i in (1, 2):
                self.controller.add_host(f"keyed{i}", f"127.1.2.{i}", port=other.port, login=other.login, key="ops", apps=["Linux.Web/keyed"])
            api.run_module(1003, ["keyed1", "web1", "web2"])
            api.post("/host-keys/accept", {"all_new": True})
            before = fingerprint(other.host_key)
            other.stop()
            other.change_host_key()
            other.start()
            after = fingerprint(other.host_key)
            run, targets = api.run_module(1003, ["keyed1", "keyed2"])
            self.assertEqual((targets["keyed1"]["reason"], targets["keyed2"]["outcome"]), ("ssh.host_key_changed", "ok"))
            seen = self.drive("keys", "127.1.2.1")
            rows = sorted(seen["rows"], key=lambda row: row["name"])
            self.assertEqual(rows, [{"name": "keyed1", "verdict": "changed", "prints": [before, after]},
                                    {"name": "keyed2", "verdict": "recorded unseen", "prints": [after]}])
            self.assertEqual((seen["blocked"], seen["known"]), (True, [after]))
            self.assertEqual(api.run_module(1003, ["keyed1"])[0]["outcome"], "ok")
        finally:
            other.stop()

    def test_a_file_is_uploaded_and_distributed(self):
        self.controller.api.post("/apps", {"name": "copied", "category": "Linux.Web"})
        self.add_host("copied1", "127.1.3.1", app="copied")
        upload = os.path.join(self.controller.folder, "site.tar")
        destination = os.path.join(self.controller.folder, "there", "site.tar")
        os.makedirs(os.path.dirname(destination))
        with open(upload, "wb") as file:
            file.write(os.urandom(3 << 20))
        seen = self.drive("files", "copied", upload, destination)
        with open(upload, "rb") as one, open(destination, "rb") as other:
            self.assertEqual(one.read(), other.read())
        self.assertEqual(os.stat(destination).st_mode & 0o7777, 0o640)
        self.assertEqual(self.controller.api.run_state(seen["run"])["kind"], "copy")


if __name__ == "__main__":
    main(needs=("sshd", "ssh-keygen", "node"))
