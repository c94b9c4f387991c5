#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Host keys, from the first contact to somebody's word on them: new, changed, revoked, known by an authority only."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Key, Scenario, Sshd, folder, main

UPTIME = 1003
ASKED_TO_LOG_IN = "userauth-request for user"


def fingerprint(key):
    return subprocess.run(["ssh-keygen", "-lf", key.path + ".pub"], capture_output=True, check=True, timeout=30).stdout.split()[1].decode()


def kind_and_key(key):
    return " ".join(key.line.split()[:2])


class Site:
    """A controller, a server, and a key that opens it."""

    def __init__(self, *options, **sshd):
        self.controller = Controller(folder(), options=options)
        self.sshd = Sshd(self.controller.folder, log_level="DEBUG1", **sshd).start()
        self.controller.start()
        self.controller.add_key("ops", self.sshd.new_key())
        self.known_hosts_path = os.path.join(self.controller.data, "known_hosts")

    def add_host(self, name, address="127.0.0.1", **options):
        self.controller.add_host(name, address, port=self.sshd.port, login=self.sshd.login, key="ops", **options)

    def run(self, *hosts):
        return self.controller.api.run_module(UPTIME, hosts)[1]

    def pending(self):
        answer = self.controller.api.get("/host-keys/pending?limit=1000")
        assert answer["total"] == len(answer["pending"])
        return answer["pending"]

    def known_hosts(self):
        if not os.path.exists(self.known_hosts_path):
            return ""
        with open(self.known_hosts_path, encoding="utf-8") as file:
            return file.read()

    def wait_for_known_hosts(self, is_so):
        for _ in range(200):
            if is_so(self.known_hosts()):
                return
            time.sleep(0.05)
        raise AssertionError(self.known_hosts())

    def write_known_hosts(self, text):
        """As somebody with an editor does; the controller looks every second."""
        with open(self.known_hosts_path, "w", encoding="utf-8") as file:
            file.write(text)
        time.sleep(1.5)

    def reinstall(self, kind="ed25519"):
        self.sshd.stop()
        self.sshd.change_host_key(kind)
        self.sshd.start()

    def name(self, address="127.0.0.1"):
        return f"[{address}]:{self.sshd.port}"

    def audit(self):
        """What the audit says about host keys, oldest first. From a copy, once the controller has ended."""
        self.controller.close()
        copy = os.path.join(self.controller.folder, "copy.db")
        shutil.copy(os.path.join(self.controller.data, "omserver.db"), copy)
        with sqlite3.connect(copy) as database:
            return database.execute("SELECT user, via, action, object, details FROM audit WHERE action LIKE 'hostkey.%' ORDER BY id").fetchall()

    def close(self):
        self.sshd.stop()
        self.controller.close()


class HostKeys(Scenario):
    def site(self, *options, **sshd):
        site = Site(*options, **sshd)
        self.addCleanup(site.close)
        return site

    def test_a_changed_key_waits_for_somebodys_word_and_nothing_is_sent(self):
        site = self.site()
        site.add_host("web1")
        old = site.sshd.host_key
        self.assert_outcome(site.run("web1")["web1"], "ok")
        self.assertIn(ASKED_TO_LOG_IN, site.sshd.log())
        [recorded] = site.pending()
        self.assertEqual((recorded["verdict"], recorded["name"], recorded["hosts"]), ("accepted", site.name(), ["web1"]))
        self.assertEqual((recorded["fingerprint"], recorded["known_fingerprint"]), (fingerprint(old), ""))
        self.assertRegex(recorded["first_seen"], r"^\d{4}-\d\d-\d\dT.*Z$")

        site.reinstall()
        before = len(site.sshd.log())
        for _ in range(2):
            target = site.run("web1")["web1"]
            self.assertEqual((target["outcome"], target["reason"]), ("unreachable", "ssh.host_key_changed"))
        for said in (fingerprint(old), fingerprint(site.sshd.host_key), site.name(), "known_hosts:1", "omserver hostkey accept"):
            self.assertIn(said, target["message"])
        said_by_sshd = site.sshd.log()[before:]
        self.assertIn("Connection from 127.0.0.1", said_by_sshd)
        self.assertNotIn(ASKED_TO_LOG_IN, said_by_sshd)

        changed = [one for one in site.pending() if one["verdict"] == "changed"]
        self.assertEqual(len(changed), 1, "seen twice, listed once")
        self.assertEqual((changed[0]["fingerprint"], changed[0]["known_fingerprint"]), (fingerprint(site.sshd.host_key), fingerprint(old)))
        listed = site.controller.cli("hostkey", "list", "--pending").stdout.decode()
        self.assertIn(fingerprint(old), listed)
        self.assertIn(fingerprint(site.sshd.host_key), listed)

        said = site.controller.cli("hostkey", "accept", changed[0]["id"]).stdout.decode()
        self.assertEqual(said, "1 accepted, 0 refused\n")
        self.assertEqual(site.known_hosts(), f"{site.name()} {kind_and_key(site.sshd.host_key)}\n")
        self.assertEqual(os.stat(site.known_hosts_path).st_mode & 0o777, 0o600)
        self.assert_outcome(site.run("web1")["web1"], "ok")
        self.assertEqual(site.pending(), [], "the first key is not on file any more")

        self.assertEqual([(user, via, action) for user, via, action, _, _ in site.audit()],
                         [("omserver", "controller", "hostkey.accepted"), ("omserver", "controller", "hostkey.changed"), ("local", "cli", "hostkey.accept")])
        *_, (_, _, _, name, details) = site.audit()
        self.assertEqual(name, site.name())
        self.assertEqual(details, f"ssh-ed25519 {fingerprint(site.sshd.host_key)} in place of {fingerprint(old)}")

    def test_strict_refuses_what_is_new_until_it_is_accepted(self):
        site = self.site("--host-keys", "strict")
        site.add_host("web1")
        target = site.run("web1")["web1"]
        self.assertEqual((target["outcome"], target["reason"]), ("unreachable", "ssh.host_key_unknown"))
        self.assertIn(fingerprint(site.sshd.host_key), target["message"])
        self.assertNotIn(ASKED_TO_LOG_IN, site.sshd.log())
        self.assertEqual(site.known_hosts(), "")
        [new] = site.pending()
        self.assertEqual(new["verdict"], "unknown")
        self.assertEqual(site.controller.api.post("/host-keys/accept", {"ids": [new["id"]]}), {"accepted": 1, "refused": []})
        self.assert_outcome(site.run("web1")["web1"], "ok")
        self.assertEqual(site.pending(), [])
        [again] = site.controller.api.post("/host-keys/accept", {"ids": [new["id"]]})["refused"]
        self.assertEqual(again["reason"], "hostkey.none")

    def test_a_rejected_key_leaves_the_file(self):
        site = self.site()
        site.write_known_hosts("# kept\nother ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\n")
        kept = site.known_hosts()
        site.add_host("web1")
        self.assert_outcome(site.run("web1")["web1"], "ok")
        site.wait_for_known_hosts(lambda text: site.name() in text)
        [recorded] = site.pending()
        self.assertEqual(site.controller.cli("hostkey", "reject", recorded["id"]).stdout, b"1 rejected\n")
        self.assertEqual(site.known_hosts(), kept)
        self.assertEqual(site.pending(), [])
        site.sshd.kill_connections()
        self.assert_outcome(site.run("web1")["web1"], "ok")
        [recorded_again] = site.pending()
        self.assertGreater(recorded_again["id"], recorded["id"])
        # Revoked: it stays out, also while unknown keys are taken.
        site.sshd.kill_connections()
        site.controller.cli("hostkey", "reject", recorded_again["id"], "--revoke")
        self.assertEqual(site.known_hosts(), f"{kept}@revoked {site.name()} {kind_and_key(site.sshd.host_key)}\n")
        self.assertEqual(site.run("web1")["web1"]["reason"], "ssh.host_key_revoked")
        [revoked] = site.pending()
        site.controller.cli("hostkey", "reject", revoked["id"])
        site.write_known_hosts(kept)
        self.assert_outcome(site.run("web1")["web1"], "ok")
        # Accepted: it stays, and waits no longer.
        self.assertEqual(site.controller.cli("hostkey", "accept", "--all-new").stdout, b"1 accepted, 0 refused\n")
        self.assertEqual(site.pending(), [])
        self.assertIn(site.name(), site.known_hosts())
        # Forgotten, by the name the inventory has.
        self.assertEqual(site.controller.cli("hostkey", "forget", "web1").stdout, b"1 removed\n")
        self.assertEqual(site.known_hosts(), kept)
        site.controller.cli("hostkey", "forget", "nobody", expect=1)
        actions = [action for _, _, action, _, _ in site.audit()]
        self.assertEqual(actions, ["hostkey.accepted", "hostkey.reject", "hostkey.accepted", "hostkey.reject", "hostkey.revoked", "hostkey.reject",
                                   "hostkey.accepted", "hostkey.accept", "hostkey.forget"])

    def test_fifty_new_hosts_are_accepted_at_once(self):
        site = self.site("--host-keys", "strict", every_loopback=True)
        hosts = {f"web{number}": f"127.3.0.{number}" for number in range(1, 51)}
        for name, address in hosts.items():
            site.add_host(name, address)
        targets = site.run(*hosts)
        self.assertEqual({target["reason"] for target in targets.values()}, {"ssh.host_key_unknown"})
        self.assertEqual(len(site.pending()), 50)
        self.assertEqual(site.controller.cli("hostkey", "accept", "--all-new").stdout, b"50 accepted, 0 refused\n")
        self.assertEqual(len(site.known_hosts().splitlines()), 50)
        targets = site.run(*hosts)
        self.assertEqual({target["outcome"] for target in targets.values()}, {"ok"}, [target["message"] for target in targets.values()])
        accepted = [name for _, _, action, name, _ in site.audit() if action == "hostkey.accept"]
        self.assertEqual(sorted(accepted), sorted(site.name(address) for address in hosts.values()))

    def test_what_no_word_can_make_right(self):
        site = self.site()
        site.add_host("web1")
        key = kind_and_key(site.sshd.host_key)
        site.write_known_hosts(f"@revoked * {key}\n")
        self.assertEqual(site.run("web1")["web1"]["reason"], "ssh.host_key_revoked")
        [revoked] = site.pending()
        [refused] = site.controller.api.post("/host-keys/accept", {"ids": [revoked["id"]]})["refused"]
        self.assertEqual((refused["name"], refused["reason"]), (site.name(), "hostkey.revoked"))
        site.controller.cli("hostkey", "accept", revoked["id"], expect=1)
        self.assertEqual(site.known_hosts(), f"@revoked * {key}\n")

        # Only an authority: refused, and right once the host's own key is on file, too.
        other = kind_and_key(Key(os.path.join(site.controller.folder, "other")))
        site.write_known_hosts(f"@cert-authority * {other}\n")
        self.assertEqual(site.run("web1")["web1"]["reason"], "ssh.host_key_only_ca")
        [authority] = site.pending()
        self.assertEqual(authority["verdict"], "only_ca")
        self.assertNotIn(ASKED_TO_LOG_IN, site.sshd.log())
        site.controller.cli("hostkey", "accept", authority["id"])
        self.assertEqual(site.known_hosts(), f"@cert-authority * {other}\n{site.name()} {key}\n")
        self.assert_outcome(site.run("web1")["web1"], "ok")

        # The old key is a pattern's: the line is named, and not touched.
        site.sshd.kill_connections()
        site.write_known_hosts(f"# ours\n[127.*]:* {other}\n")
        self.assertEqual(site.run("web1")["web1"]["reason"], "ssh.host_key_changed")
        [changed] = site.pending()
        [refused] = site.controller.api.post("/host-keys/accept", {"ids": [changed["id"]]})["refused"]
        self.assertEqual(refused["reason"], "hostkey.pattern")
        self.assertIn("known_hosts:2", refused["message"])
        self.assertEqual(site.known_hosts(), f"# ours\n[127.*]:* {other}\n")

        # Another key came on file since it was listed.
        site.write_known_hosts(f"{site.name()} {kind_and_key(Key(os.path.join(site.controller.folder, 'third')))}\n")
        [refused] = site.controller.api.post("/host-keys/accept", {"ids": [changed["id"]]})["refused"]
        self.assertEqual(refused["reason"], "hostkey.moved_on")
        [listed_anew] = site.pending()
        self.assertNotEqual(listed_anew["known_fingerprint"], changed["known_fingerprint"])
        self.assertEqual(site.controller.api.post("/host-keys/accept", {"ids": [changed["id"]]})["accepted"], 1)
        self.assert_outcome(site.run("web1")["web1"], "ok")

    def test_a_second_key_type_is_no_alarm(self):
        for kind in ("ed25519", "ecdsa", "rsa"):
            others = [other for other in ("ed25519", "ecdsa", "rsa") if other != kind]
            site = self.site("--host-keys", "strict", host_key=kind)
            site.sshd.stop()
            for other in others:
                site.sshd.config.append(f"HostKey {Key(site.sshd.path(f'also-{other}'), other).path}")
            site.sshd.start()
            site.add_host("web1")
            site.write_known_hosts(f"{site.name()} {kind_and_key(site.sshd.host_key)}\n")
            subprocess.run(["ssh-keygen", "-q", "-H", "-f", site.known_hosts_path], check=True, capture_output=True, timeout=30)
            self.assertTrue(site.known_hosts().startswith("|1|"))
            time.sleep(1.5)
            self.assert_outcome(site.run("web1")["web1"], "ok")
            self.assertEqual(site.pending(), [], kind)

    def test_an_alias_tells_hosts_with_one_address_apart(self):
        site = self.site("--host-keys", "strict")
        site.add_host("pod1", host_key_alias="pod1.lab")
        site.add_host("pod2", host_key_alias="pod2.lab")
        other = kind_and_key(Key(os.path.join(site.controller.folder, "pod2")))
        site.write_known_hosts(f"pod1.lab {kind_and_key(site.sshd.host_key)}\npod2.lab {other}\n")
        targets = site.run("pod1", "pod2")
        self.assert_outcome(targets["pod1"], "ok")
        self.assertEqual(targets["pod2"]["reason"], "ssh.host_key_changed")
        [changed] = site.pending()
        self.assertEqual((changed["name"], changed["hosts"]), ("pod2.lab", ["pod2"]))

    def test_a_file_is_imported_listed_and_asked_for_its_faults(self):
        site = self.site("--host-keys", "strict")
        key = kind_and_key(site.sshd.host_key)
        lines = [f"n{number}.example.com {key} comment {number}" for number in range(6000)]
        lines[4999] = "garbage"
        done = site.controller.cli("hostkey", "import", "-", stdin="\n".join(lines).encode(), expect=1)
        self.assertEqual(done.stdout, b"5999 added, 0 unchanged, 1 with a problem\n")
        self.assertEqual(done.stderr.decode().split(":")[0], "line 5000")
        again = site.controller.cli_json("hostkey", "import", "-", stdin=f"n7.example.com {key}\n".encode())
        self.assertEqual((again["added"], again["unchanged"]), (0, 1))
        self.assertEqual(len(site.controller.cli_json("hostkey", "list")["host_keys"]), 5999)
        page = site.controller.api.get("/host-keys?q=N77.EXAMPLE&limit=5")
        self.assertEqual(page["total"], 1)
        self.assertEqual(page["host_keys"][0], {"line": 78, "marker": "", "names": "n77.example.com", "algorithm": "ssh-ed25519",
                                                "fingerprint": fingerprint(site.sshd.host_key), "hashed": False})
        rest = site.controller.api.get("/host-keys?limit=1000&after=5990")
        self.assertEqual([one["line"] for one in rest["host_keys"]], list(range(5991, 6000)))
        site.controller.cli("hostkey", "import", "-", stdin=b"\xff\xfe", expect=2)
        site.controller.cli("hostkey", "import", "/no/such/file", expect=2)
        for body in ({"ids": "7"}, {"ids": [0]}, {"ids": [1.5]}, {}, {"ids": [1], "all_new": True}, {"ids": [1], "more": 1}):
            self.assertEqual(site.controller.api.send("POST", "/api/v1/host-keys/accept", body).status, 400, body)
        self.assertEqual(sum(action == "hostkey.import" for _, _, action, _, _ in site.audit()), 5999)


if __name__ == "__main__":
    main()
