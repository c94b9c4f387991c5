#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every kind of key, every kind of host key, every login shell."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Key, Scenario, Sshd, folder, main
from harness.sshd import login_shells

KEYS = {
    "ed25519": {"kind": "ed25519"},
    "ed25519-locked": {"kind": "ed25519", "passphrase": "pass word 口令"},
    "ecdsa256": {"kind": "ecdsa", "bits": 256},
    "ecdsa384-pem": {"kind": "ecdsa", "bits": 384, "pem": True},
    "ecdsa521-pem-locked": {"kind": "ecdsa", "bits": 521, "pem": True, "passphrase": "passphrase"},
    "ecdsa521-locked": {"kind": "ecdsa", "bits": 521, "passphrase": "passphrase"},
    "rsa2048": {"kind": "rsa", "bits": 2048},
    "rsa3072-pem": {"kind": "rsa", "bits": 3072, "pem": True},
    "rsa3072-pem-locked": {"kind": "rsa", "bits": 3072, "pem": True, "passphrase": "passphrase"},
    "rsa3072-locked": {"kind": "rsa", "bits": 3072, "passphrase": "passphrase"},
}
# What a shell might make something of, and what bytes a carrier might lose.
WORDS = "it's \"quoted\" $HOME `id` $(id) \\ \\n ! !! * ? [a] {a,b} ~ # ; & | < > %s 中文 🖥\ttab"


class Keys(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder).start()
        cls.controller.start()
        cls.api = cls.controller.api

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def add_host(self, name, sshd, key):
        self.controller.add_host(name, port=sshd.port, login=sshd.login, key=key)

    def test_every_kind_of_key_logs_in(self):
        for name, options in KEYS.items():
            key = self.sshd.new_key(**options)
            self.controller.add_key(name, key)
            self.add_host(f"by-{name}", self.sshd, name)
            fingerprint = subprocess.run(["ssh-keygen", "-lf", key.path + ".pub"], capture_output=True, check=True, timeout=30).stdout.split()[1]
            [stored] = [one for one in self.api.get("/credentials")["credentials"] if one["name"] == name]
            self.assertEqual(stored["fingerprint"], fingerprint.decode())
            self.assertEqual(stored["public_key"].split()[:2], key.line.split()[:2])
        run, targets = self.api.run_module(1003, [f"by-{name}" for name in KEYS])
        self.assertEqual({host: target["outcome"] for host, target in targets.items()}, {f"by-{name}": "ok" for name in KEYS},
                         [target["message"] for target in targets.values()])
        self.assertEqual(run["counts"]["ok"], len(KEYS))

    def test_no_private_key_is_readable_in_the_data_directory(self):
        key = self.sshd.new_key(kind="rsa", bits=2048, pem=True)
        self.controller.add_key("sealed", key)
        with open(key.path, "rb") as file:
            line = file.read().splitlines()[3]
        for name in os.listdir(self.controller.data):
            path = os.path.join(self.controller.data, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    self.assertNotIn(line, file.read(), name)

    def test_what_is_no_usable_key_is_refused(self):
        locked = self.sshd.new_key(passphrase="right")
        self.controller.cli("key", "add", "wrong", "--file", locked.path, "--passphrase-stdin", stdin=b"wrong", expect=2)
        self.controller.cli("key", "add", "none", "--file", locked.path, expect=2)
        self.controller.cli("key", "add", "public", "--file", locked.path + ".pub", expect=2)
        garbage = os.path.join(self.controller.folder, "garbage")
        with open(garbage, "wb") as file:
            file.write(b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")
        self.controller.cli("key", "add", "garbage", "--file", garbage, expect=2)
        self.controller.cli("key", "add", "missing", "--file", "/no/such/file", expect=2)
        names = {one["name"] for one in self.api.get("/credentials")["credentials"]}
        self.assertEqual(names & {"wrong", "none", "public", "garbage", "missing"}, set())

    def test_every_kind_of_host_key_is_known_again(self):
        self.controller.add_key("hostkeys", Key(os.path.join(self.controller.folder, "hostkeys")))
        for kind in ("rsa", "ecdsa"):
            sshd = Sshd(self.controller.folder, host_key=kind)
            with open(sshd.authorized, "w", encoding="ascii") as file:
                with open(os.path.join(self.controller.folder, "hostkeys.pub"), encoding="ascii") as line:
                    file.write(line.read())
            sshd.start()
            self.add_host(f"hostkey-{kind}", sshd, "hostkeys")
            try:
                for _ in range(2):  # new, then known
                    sshd.kill_connections()
                    run, targets = self.api.run_module(1003, [f"hostkey-{kind}"])
                    self.assertEqual(run["outcome"], "ok", targets)
            finally:
                sshd.stop()
            with open(os.path.join(self.controller.data, "known_hosts"), encoding="utf-8") as file:
                self.assertEqual(file.read().count(sshd.host_key.line.split()[1]), 1)


class Certificates(Scenario):
    def setUp(self):
        self.controller = Controller(folder())
        self.authority = Key(os.path.join(self.controller.folder, "authority"))
        self.sshd = Sshd(self.controller.folder, config=[f"TrustedUserCAKeys {self.authority.path}.pub"]).start()
        self.controller.start()

    def tearDown(self):
        self.sshd.stop()
        self.controller.close()

    def certificate(self, key, *options):
        subprocess.run(["ssh-keygen", "-q", "-s", self.authority.path, "-I", "ops at jump", *options, key.path + ".pub"], check=True, timeout=30)
        return key.path + "-cert.pub"

    def add(self, name, key, certificate, *options, expect=0):
        return self.controller.cli("key", "add", name, "--file", key.path, "--certificate", certificate, *options, expect=expect)

    def test_a_certificate_logs_in_and_is_shown(self):
        key = self.sshd.new_key(authorized=False)
        self.add("ops", key, self.certificate(key, "-n", f"{self.sshd.login},deploy", "-z", "7", "-V", "20260101000000Z:20991231000000Z"))
        [stored] = self.controller.api.get("/credentials")["credentials"]
        self.assertEqual(stored["certificate"], {"key_id": "ops at jump", "principals": [self.sshd.login, "deploy"], "serial": 7,
                                                 "valid_after": "2026-01-01T00:00:00.000Z", "valid_before": "2099-12-31T00:00:00.000Z"})
        self.controller.add_host("web1", port=self.sshd.port, login=self.sshd.login, key="ops")
        self.assert_outcome(self.controller.api.run_module(1003, ["web1"])[1]["web1"], "ok")
        # After a restart too; and once it was replaced by one for somebody else, no longer.
        self.assertEqual(self.controller.stop(), 0)
        self.controller.start()
        self.sshd.kill_connections()
        self.assert_outcome(self.controller.api.run_module(1003, ["web1"])[1]["web1"], "ok")
        certificate = self.certificate(key, "-n", "deploy")
        self.add("ops", key, certificate, expect=2)
        self.add("ops", key, certificate, "--replace")
        self.sshd.kill_connections()
        _, targets = self.controller.api.run_module(1003, ["web1"])
        self.assertEqual(targets["web1"]["reason"], "ssh.certificate_refused", targets["web1"])
        self.assertIn(f"is for deploy, not for {self.sshd.login}", targets["web1"]["message"])

    def test_one_that_does_not_fit_is_refused(self):
        key, other = self.sshd.new_key(authorized=False), self.sshd.new_key(authorized=False)
        for options, words in ((["-n", "root", "-V", "20250101000000Z:20250201000000Z"], "expired at 2025-02-01"),
                               (["-h", "-n", "web1"], "host's certificate")):
            answer = self.add("bad", key, self.certificate(key, *options), expect=2)
            self.assertIn(words, answer.stderr.decode())
        for certificate, words in ((self.certificate(other, "-n", "root"), "is for another key"), (key.path + ".pub", "no certificate")):
            answer = self.add("bad", key, certificate, expect=2)
            self.assertIn(words, answer.stderr.decode())
        self.assertEqual(self.controller.api.get("/credentials")["credentials"], [])


class LoginShells(Scenario):
    def test_every_login_shell_carries_the_same_bytes(self):
        shells, lines = login_shells()
        self.assertGreaterEqual(set(shells.values()), {"sh", "bash", "dash"})
        controller = Controller(folder())
        sshd = Sshd(controller.folder, config=lines, every_loopback=True).start()
        controller.start()
        controller.add_key("ops", sshd.new_key())
        for address, shell in shells.items():
            controller.add_host(f"with-{shell}", address, port=sshd.port, login=sshd.login, key="ops")
        module = controller.add_module("#!/bin/sh\nprintf '%s\\n' \"$1\" \"$SYS_PARAM_2\" \"$#\"\nprintf 'to %s\\n' stderr >&2\nexit 5\n",
                                       form='<input name="sys_param_1"><textarea name="sys_param_2"></textarea>')
        values = {"sys_param_1": WORDS, "sys_param_2": "first\nsecond\n\n'third'"}
        run, targets = controller.api.run_module(module, [f"with-{shell}" for shell in shells.values()], values)
        for shell in shells.values():
            host = f"with-{shell}"
            self.assert_outcome(targets[host], "failed", 5)
            self.assertEqual(controller.api.raw(run["id"], host).decode(), f"{WORDS}\n{values['sys_param_2']}\n2\n", shell)
            self.assertEqual(controller.api.raw(run["id"], host, "stderr"), b"to stderr\n", shell)
        print("login shells:", " ".join(shells.values()))
        sshd.stop()
        controller.close()


if __name__ == "__main__":
    main()
