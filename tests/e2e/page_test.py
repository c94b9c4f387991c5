#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The whole way, as a person takes it: the real page in a real browser, the real server, real hosts, the real answer."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main


class Page(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, every_loopback=True).start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        for i in (1, 2):
            cls.controller.add_host(f"web{i}", f"127.1.0.{i}", port=cls.sshd.port, login=cls.sshd.login, key="ops", apps=["Linux.Web/www.domain.com"])
        rows = "".join(f"fleet{i:03},127.1.1.{i},{cls.sshd.port},{cls.sshd.login},ops,Linux.Web/fleet\n" for i in range(1, 201))
        cls.controller.cli("host", "import", "-", stdin=("name,address,port,login,key,app\n" + rows).encode())

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def drive(self, language, app, count):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page_run.mjs")
        done = subprocess.run(["node", script, f"http://127.0.0.1:{self.controller.port}", self.controller.sign_in_code(), language, app, str(count)],
                              capture_output=True, timeout=150)
        if done.returncode == 77:
            self.skipTest(done.stderr.decode().strip())
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-3000:])
        seen = json.loads(done.stdout)
        self.assertEqual(seen["faults"], [], "script errors or policy violations")
        return seen

    def check(self, language):
        seen = self.drive(language, "www.domain.com", 2)
        api = self.controller.api
        state = api.run_state(seen["run"])
        self.assertEqual((state["outcome"], state["via"], state["module"]["id"], state["total"]), ("ok", "page", 1003, 2))
        expected = {host: api.raw(seen["run"], host).decode().splitlines() for host in ("web1", "web2")}
        self.assertIn(os.uname().release, "\n".join(expected["web1"]))
        for moment in ("live", "reloaded"):
            self.assertEqual({target["name"]: target["lines"] for target in seen[moment]}, expected, moment)
        return seen

    def test_in_english(self):
        self.assertTrue(self.check("en-US")["lang"].startswith("en"))

    def test_in_chinese(self):
        self.assertTrue(self.check("zh-CN")["lang"].startswith("zh"))

    def test_two_hundred_hosts(self):
        state = self.controller.api.run_state(self.drive("en-US", "fleet", 200)["run"])
        self.assertEqual((state["outcome"], state["via"], state["counts"]["ok"]), ("ok", "page", 200))


if __name__ == "__main__":
    main(needs=("sshd", "ssh-keygen", "node"))
