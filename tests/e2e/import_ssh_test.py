#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts come in as the ssh client knows them: asked by the real ssh -G, jump hosts with them, and nothing else is changed."""

import json
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, folder, main

CONFIG = """Host gate
  HostName 192.0.2.1
  Port 2200
  User gatekeeper
Host web1 web2
  HostName 10.0.0.%h
  User deploy
  ProxyJump gate
  HostKeyAlias shop
  IdentityFile {key}
Host deep
  HostName 10.9.9.9
  ProxyJump gate,jim@inner:2222
Host command
  ProxyCommand nc %h %p
Host one
  ProxyJump two
Host two
  ProxyJump one
Host *.example
  User nobody
"""


@unittest.skipUnless(shutil.which("ssh"), "there is no ssh client")
class ImportSsh(Scenario):
    def setUp(self):
        self.folder = folder()
        self.controller = Controller(folder())
        self.controller.start()
        self.key = os.path.join(self.folder, "ops")
        self.config = os.path.join(self.folder, "config")
        for path, text in ((self.key, "key"), (self.config, CONFIG.format(key=self.key))):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def tearDown(self):
        self.controller.close()

    def import_ssh(self, *arguments, expect=0):
        return self.controller.cli("host", "import-ssh", "--config", self.config, "--json", *arguments, expect=expect)

    def hosts(self):
        return {host["name"]: host for host in self.controller.api.get("/hosts")["hosts"] if host["platform"] != "local"}

    def test_settings_are_taken_and_the_jump_host_comes_with_them(self):
        dry = json.loads(self.import_ssh("web1", "--dry-run").stdout)
        self.assertEqual((dry["added"], self.hosts()), (2, {}))
        answer = json.loads(self.import_ssh("web1").stdout)
        self.assertEqual((answer["added"], answer["refused"], answer["key_files"]), (2, [], [self.key]))
        hosts = self.hosts()
        self.assertEqual([hosts["web1"][key] for key in ("address", "port", "login", "jump", "host_key_alias")],
                         ["10.0.0.web1", 22, "deploy", "gate", "shop"])
        self.assertEqual([hosts["gate"][key] for key in ("address", "port", "login", "jump")], ["192.0.2.1", 2200, "gatekeeper", ""])
        said = self.controller.cli("host", "import-ssh", "--config", self.config, "web2").stdout.decode()
        self.assertIn("web2: deploy at 10.0.0.web2 port 22, through gate, host key of shop", said)
        self.assertIn(f"omserver key add ops --file {self.key}", said)

    def test_a_chain_of_jump_hosts_becomes_one(self):
        self.import_ssh("deep")
        hosts = self.hosts()
        self.assertEqual((hosts["deep"]["jump"], hosts["inner"]["jump"], hosts["gate"]["jump"]), ("inner", "gate", ""))
        self.assertEqual((hosts["inner"]["login"], hosts["inner"]["port"]), ("jim", 2222))

    def test_a_jump_host_that_is_there_is_never_bent(self):
        self.controller.cli("host", "add", "inner", "--address", "192.0.2.7")
        refused = self.import_ssh("deep", expect=1)
        self.assertIn(b"jump host inner", refused.stderr)
        self.assertEqual(set(self.hosts()), {"inner"})

    def test_importing_again_keeps_what_ssh_says_nothing_about(self):
        table = 'name,address,app,category,tags,become,minion_id,legacy_algorithms,note\nweb1,192.0.2.9,shop,Linux.Web,a;b,root,m1,yes,"x, ""y"""\n'
        self.controller.cli("host", "import", "-", stdin=table.encode())
        before = self.hosts()["web1"]
        answer = json.loads(self.import_ssh("web1").stdout)
        self.assertEqual((answer["added"], answer["changed"]), (1, 1))
        after = self.hosts()["web1"]
        self.assertEqual((after["address"], after["login"], after["jump"]), ("10.0.0.web1", "deploy", "gate"))
        for kept in ("id", "apps", "tags", "become", "minion_id", "legacy_algorithms", "note"):
            self.assertEqual(after[kept], before[kept], kept)
        self.assertEqual(json.loads(self.import_ssh("web1").stdout)["unchanged"], 1)

    def test_all_names_come_in_but_those_that_cannot(self):
        answer = self.import_ssh("--all", expect=1)
        self.assertEqual(set(self.hosts()), {"gate", "web1", "web2", "deep", "inner"})
        said = answer.stderr.decode()
        self.assertIn("command: ssh reaches it by a ProxyCommand, which is not supported", said)
        self.assertIn("does ProxyJump go round?", said)

    def test_names_are_never_options_nor_patterns(self):
        canary = os.path.join(self.folder, "canary")
        for name in (f"-oProxyCommand=touch {canary}", "-G", "*.example", "web?", "a b", "u@h", ""):
            self.assertIn(b"'", self.import_ssh("--", name, expect=1).stderr)
        self.controller.cli("host", "import-ssh", expect=2)
        self.assertFalse(os.path.exists(canary))
        self.assertEqual(self.hosts(), {})


if __name__ == "__main__":
    main()
