#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Passwords log in, are kept sealed, and are seen nowhere: not on the disk, in logs, the API, or any process list."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, ProcessLists, Scenario, Sshd, TestUser, folder, main, needs_root

PASSWORD = "Parole-" + os.urandom(9).hex() + " ü'\"$(id)"
WRONG = "Falsch-" + os.urandom(9).hex()


class Passwords(Scenario):
    @classmethod
    def setUpClass(cls):
        needs_root()
        cls.controller = Controller(folder(), options=["--log-level", "debug"])
        os.chmod(cls.controller.folder, 0o711)
        cls.user = TestUser(os.path.join(cls.controller.folder, "home"), PASSWORD)
        allow = f"AllowUsers {cls.user.name}@127.*"
        cls.plain = Sshd(cls.controller.folder, config=["PasswordAuthentication yes", allow], log_level="DEBUG3").start()
        cls.asking = Sshd(cls.controller.folder, config=["UsePAM yes", "KbdInteractiveAuthentication yes",
                                                         "AuthenticationMethods keyboard-interactive", allow]).start()
        cls.controller.start()
        cls.api = cls.controller.api

    @classmethod
    def tearDownClass(cls):
        for server in (cls.plain, cls.asking):
            server.stop()
        cls.controller.close()
        cls.user.remove()

    def add_host(self, name, sshd, key):
        self.controller.cli("host", "add", name, "--address", "127.0.0.1", "--port", sshd.port, "--login", self.user.name, "--key", key)

    def test_a_password_logs_in_and_is_seen_nowhere(self):
        words = [PASSWORD, WRONG]
        with ProcessLists(words) as lists:
            added = self.controller.cli_json("credential", "add", "right", "--password-stdin", stdin=PASSWORD.encode() + b"\n")
            wrong = self.api.post("/credentials", {"name": "wrong", "password": WRONG})
            self.assertEqual(added["credential"], {**wrong["credential"], "name": "right"})
            self.assertEqual((added["credential"]["kind"], added["credential"]["public_key"]), ("password", ""))
            for name, sshd, key in (("plain", self.plain, "right"), ("asking", self.asking, "right"), ("refused", self.plain, "wrong")):
                self.add_host(name, sshd, key)
            module = self.controller.add_module("#!/bin/sh\nid -un\n")
            run, targets = self.api.run_module(module, ["plain", "asking", "refused"])
        self.assertGreater(lists.rounds, 5)
        self.assertEqual(lists.seen, set())
        for name in ("plain", "asking"):
            self.assert_outcome(targets[name], "ok", 0)
            self.assertEqual(self.api.raw(run["id"], name).decode(), self.user.name + "\n")
        self.assert_outcome(targets["refused"], "unreachable")
        self.assertEqual(targets["refused"]["reason"], "ssh.login_refused")
        self.assertIn("the server refused the password 'wrong'", targets["refused"]["message"])
        # It outlives the controller, and is in none of its files.
        self.assertEqual(self.controller.stop(), 0)
        self.assert_nowhere_on_disk(words)
        self.controller.start()
        run, targets = self.api.run_module(module, ["plain"])
        self.assert_outcome(targets["plain"], "ok", 0)
        listed = self.controller.cli("credential", "list").stdout.decode()
        for text in [repr(targets), listed, self.api.send("GET", "/api/v1/credentials").text(), self.api.send("GET", "/api/v1/hosts").text()]:
            for word in words:
                self.assertNotIn(word, text)
        self.assertRegex(listed, r"(?m)^right +password")

    def assert_nowhere_on_disk(self, words):
        for top, _, names in os.walk(self.controller.folder):
            for name in names:
                path = os.path.join(top, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        content = file.read()
                    for word in words:
                        self.assertNotIn(word.encode(), content, path)

    def test_a_changed_password_takes_the_place_of_the_old_one(self):
        self.controller.cli("credential", "add", "changing", "--password-stdin", stdin=WRONG.encode())
        self.add_host("changing", self.plain, "changing")
        _, targets = self.api.run_module(1003, ["changing"])
        self.assertEqual(targets["changing"]["reason"], "ssh.login_refused")
        self.controller.cli("credential", "add", "changing", "--password-stdin", stdin=PASSWORD.encode(), expect=2)
        self.controller.cli("credential", "add", "changing", "--password-stdin", "--replace", stdin=PASSWORD.encode())
        _, targets = self.api.run_module(1003, ["changing"])
        self.assert_outcome(targets["changing"], "ok")

    def test_what_is_no_password_is_refused(self):
        for text in (b"", b"\n", b"two\nlines\n", b"nul\0byte", b"\xff\xfe", b"x" * 1025, b"x" * 5000):
            answer = self.controller.cli("credential", "add", "bad", "--password-stdin", stdin=text, expect=2)
            self.assertRegex(answer.stderr.decode(), "password|standard input", text[:20])
        self.controller.cli("credential", "add", "bad", stdin=b"word", expect=2)
        both = self.api.send("POST", "/api/v1/credentials", {"name": "bad", "password": "a", "private_key": "b"})
        self.assertEqual((both.status, both.error()["reason"]), (400, "credential.both"))
        neither = self.api.send("POST", "/api/v1/credentials", {"name": "bad"})
        self.assertEqual(neither.status, 400)
        self.assertNotIn("bad", {one["name"] for one in self.api.get("/credentials")["credentials"]})

    def test_a_host_names_a_password_to_become_with(self):
        self.api.post("/credentials", {"name": "sudo word", "password": "x"})
        self.controller.add_key("some key", self.plain.new_key())
        self.controller.cli("host", "add", "becomes", "--address", "192.0.2.1", "--become", "root", "--become-method", "su",
                            "--become-password", "sudo word", "--legacy-algorithms", "--host-key-alias", "inner")
        [host] = [one for one in self.api.get("/hosts")["hosts"] if one["name"] == "becomes"]
        self.assertEqual((host["become"], host["become_method"], host["become_password"], host["legacy_algorithms"], host["host_key_alias"]),
                         ("root", "su", "sudo word", True, "inner"))
        answer = self.api.send("POST", "/api/v1/hosts", {"name": "x", "address": "192.0.2.2", "become_password": "some key"})
        self.assertEqual((answer.status, answer.error()["reason"]), (400, "inventory.not_a_password"))
        answer = self.api.send("POST", "/api/v1/hosts", {"name": "x", "address": "192.0.2.2", "become_method": "pbrun"})
        self.assertEqual((answer.status, answer.error()["reason"]), (400, "host.become_method"))
        table = "name,address,become_password\nrow1,192.0.2.3,no such\nrow2,192.0.2.4,sudo word\n"
        report = self.controller.cli("host", "import", "-", "--json", stdin=table.encode(), expect=1)
        self.assertIn(b"inventory.no_credential", report.stdout)
        self.assertIn(b'"added":1', report.stdout.replace(b" ", b""))


if __name__ == "__main__":
    main(needs=("sshd", "ssh-keygen", "useradd", "chpasswd"))
