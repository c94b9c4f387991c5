#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A secret parameter reaches the module and nothing else: not the disk, the logs, the API, or any process list."""

import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, ProcessLists, Scenario, Sshd, folder, main

SECRET = "Geheim-" + os.urandom(9).hex()
PASSPHRASE = "Satz-" + os.urandom(9).hex()
# Its own shell is the only process that may have it, in its environment.
SCRIPT = """#!/bin/sh
printf '[%s]' "$1"
printf '%s' "$SYS_PARAM_1" | sha256sum
sleep 1
"""


class Secrets(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder(), options=["--log-level", "debug"])
        cls.sshd = Sshd(cls.controller.folder, log_level="DEBUG3").start()
        cls.controller.start()
        cls.key = cls.sshd.new_key(passphrase=PASSPHRASE)
        cls.controller.add_key("ops", cls.key)
        cls.controller.add_host("web1", port=cls.sshd.port, login=cls.sshd.login, key="ops")
        cls.hosts = ["web1", cls.controller.local_host()]
        cls.module = cls.controller.add_module(SCRIPT, form='密码: <input type="password" name="sys_param_1" required>')
        cls.words = [SECRET, PASSPHRASE, cls.controller.token]

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def assert_nowhere_on_disk(self):
        """The data directory, write-ahead log included, the server's log, and sshd's."""
        for top, _, names in os.walk(self.controller.folder):
            for name in names:
                path = os.path.join(top, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    content = file.read()
                for word in self.words:
                    self.assertNotIn(word.encode(), content, path)

    def assert_arrived(self, run):
        expected = f"[]{hashlib.sha256(SECRET.encode()).hexdigest()}"
        for host in self.hosts:
            self.assertEqual(self.controller.api.raw(run, host).decode().split()[0], expected, host)

    def test_a_secret_is_nowhere_but_in_its_module(self):
        api = self.controller.api
        with ProcessLists(self.words) as lists:
            run = api.start_run(self.module, self.hosts, {"sys_param_1": SECRET})
            told = []
            with api.events(run) as stream:
                told += [event.data for event in stream]
            api.wait_for_run(run)
            cli = self.controller.cli("run", self.module, "-H", ",".join(self.hosts), "-p", "1=-", "--json", stdin=SECRET.encode())
        self.assertGreater(lists.rounds, 10)
        self.assertEqual(lists.seen, set())
        self.assert_arrived(run)
        expected = f"[]{hashlib.sha256(SECRET.encode()).hexdigest()}  -\n"
        self.assertEqual([target["stdout"] for target in json.loads(cli.stdout)["targets"]], [expected] * len(self.hosts))
        texts = [repr(told), cli.stdout.decode(), cli.stderr.decode()]
        for path in (f"/runs/{run}", f"/runs/{run}/targets", "/runs", f"/modules/{self.module}", "/credentials"):
            texts.append(api.send("GET", "/api/v1" + path).text())
        for text in texts:
            for word in self.words:
                self.assertNotIn(word, text)
        [parameter] = api.run_state(run)["parameters"]
        self.assertEqual((parameter["name"], parameter["value"], parameter["secret"]), ("sys_param_1", "", True))
        self.assert_nowhere_on_disk()

    def test_a_refusal_does_not_repeat_it(self):
        api = self.controller.api
        module = self.controller.add_module(SCRIPT, form='<input type="password" name="sys_param_1" maxlength="4"><input name="sys_param_2" pattern="[0-9]+">')
        for body in ({"sys_param_1": SECRET, "sys_param_2": "1"}, {"sys_param_1": "ok", "sys_param_2": SECRET}):
            answer = api.send("POST", "/api/v1/runs", {"module": module, "select": {"hosts": self.hosts}, "parameters": body})
            self.assertEqual(answer.status, 400)
            if body["sys_param_1"] == SECRET:
                self.assertNotIn(SECRET, answer.text())
        preview = api.send("POST", "/api/v1/preview", {"module": self.module, "select": {"hosts": self.hosts}, "parameters": {"sys_param_1": SECRET}})
        self.assertEqual(preview.status, 200)
        self.assertNotIn(SECRET, preview.text())
        self.assert_nowhere_on_disk()

    def test_a_backup_holds_none_either(self):
        """After a clean stop everything is in the database itself: look there once more."""
        run = self.controller.api.start_run(self.module, self.hosts, {"sys_param_1": SECRET})
        self.controller.api.wait_for_run(run)
        self.assertEqual(self.controller.stop(), 0)
        self.assert_nowhere_on_disk()
        self.controller.start()
        self.assert_arrived(run)


if __name__ == "__main__":
    main()
