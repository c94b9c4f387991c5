#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files to many hosts: byte for byte, read once, with bounded memory; equal ones are not sent, cut ones go on."""

import hashlib
import os
import random
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main, needs_root, processes, wait_until

HOSTS = 20
SIZE = 64 << 20
GROWTH = 100 << 10  # KiB that the controller may grow by
EACH_HOST = "~/f"   # the hosts are addresses of this machine, and each has a home of its own


class Relay:
    """Stands before the sshd of one address and counts the bytes on their way to it."""

    def __init__(self, address, port):
        self.target, self.to_host = (address, port), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, sink, counted):
        try:
            while data := source.recv(1 << 16):
                self.to_host += len(data) if counted else 0
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()  # each is the source of one pump

    def close(self):
        self.listener.close()


class Files(Scenario):
    @classmethod
    def setUpClass(cls):
        needs_root()
        cls.controller = Controller(folder())
        cls.homes = {f"copy{n}": os.path.join(cls.controller.folder, f"home{n}") for n in range(1, HOSTS + 1)}
        config = []
        for n, home in enumerate(cls.homes.values(), 1):
            os.mkdir(home)
            config += [f"Match LocalAddress 127.0.3.{n}", f"    SetEnv HOME={home} SHLVL=5"]
        cls.sshd = Sshd(cls.controller.folder, config=config, every_loopback=True).start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        for n, name in enumerate(cls.homes, 1):
            cls.controller.add_host(name, f"127.0.3.{n}", port=cls.sshd.port, login=cls.sshd.login, key="ops")
        cls.api = cls.controller.api
        os.makedirs(os.path.join(cls.controller.data, "files"), exist_ok=True)

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def source(self, name, size=0, content=None):
        """A file below DATA/files, and its SHA-256."""
        content = random.Random(name).randbytes(size) if content is None else content
        with open(os.path.join(self.controller.data, "files", name), "wb") as file:
            file.write(content)
        return hashlib.sha256(content).hexdigest()

    def start(self, hosts, source, destination=EACH_HOST, **options):
        body = {"kind": "copy", "select": {"hosts": list(hosts)}, "copy": {"source": source, "destination": destination, **options}}
        return self.api.post("/runs", body)["run"]["id"]

    def copy(self, hosts, source, destination=EACH_HOST, seconds=240, **options):
        run = self.start(hosts, source, destination, **options)
        return self.api.wait_for_run(run, seconds), self.api.targets(run)

    def digest(self, host, name="f"):
        with open(os.path.join(self.homes[host], name), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()

    def test_64_mib_to_20_hosts_and_nothing_the_second_time(self):
        digest = self.source("big", SIZE)
        self.copy(self.homes, self.small(), "~/warm")  # the sessions and what they hold are there
        before = processes.peak_rss_kib(self.controller.pid)
        run, targets = self.copy(self.homes, "big", mode="0640")
        grown = processes.peak_rss_kib(self.controller.pid) - before
        print(f"peak memory grew by {grown / 1024:.1f} MiB")
        self.assertEqual(run["outcome"], "ok", targets)
        self.assertEqual(run["kind"], "copy")
        self.assertEqual(run["spec"], {"source": "big", "destination": EACH_HOST, "mode": "0640"})
        for host in self.homes:
            self.assertEqual(self.digest(host), digest, host)
            self.assertEqual(os.stat(os.path.join(self.homes[host], "f")).st_mode & 0o7777, 0o640)
            self.assertEqual(targets[host]["progress"], {"done": SIZE, "total": SIZE})
        self.assertLess(grown, GROWTH)
        run, targets = self.copy(self.homes, "big", mode="0640", command="echo must not run")
        for host, target in targets.items():
            self.assert_outcome(target, "ok")
            self.assertEqual((target["reason"], target["stdout_bytes"]), ("copy.unchanged", 0), host)

    def small(self):
        self.source("small", content=b"small")
        return "small"

    def test_a_cut_copy_sends_only_the_rest(self):
        relay = Relay("127.0.3.1", self.sshd.port)
        self.addCleanup(relay.close)
        self.controller.add_host("relayed", "127.0.0.1", port=relay.port, login=self.sshd.login, key="ops")
        digest = self.source("cut", SIZE)
        home = self.homes["copy1"]
        run = self.start(["relayed"], "cut", "~/cut")
        self.api.wait_for_target(run, "relayed", lambda t: t["progress"] and t["progress"]["done"] > SIZE // 4, 60)
        self.sshd.kill_connections()
        self.api.wait_for_run(run)
        target = self.api.targets(run)["relayed"]
        self.assertEqual(target["outcome"], "lost", target)
        self.assertFalse(os.path.exists(os.path.join(home, "cut")))
        [partial] = [name for name in os.listdir(home) if name.startswith(".omserver-")]
        wait_until("nobody writes to it", lambda: not os.path.exists(f"/proc/{partial.split('.')[2]}"), 20)
        kept = os.path.getsize(os.path.join(home, partial))
        self.assertGreater(kept, 0)
        self.assertLess(kept, SIZE)
        before = relay.to_host
        run, targets = self.copy(["relayed"], "cut", "~/cut")
        self.assert_outcome(targets["relayed"], "ok")
        self.assertIn("were there from a try before", targets["relayed"]["message"])
        sent = relay.to_host - before
        print(f"{kept >> 20} MiB were kept, {sent >> 20} MiB sent")
        self.assertGreaterEqual(sent, SIZE - kept)
        self.assertLess(sent, SIZE - kept + (2 << 20))
        self.assertEqual(self.digest("copy1", "cut"), digest)
        self.assertEqual([name for name in os.listdir(home) if name.startswith(".omserver-")], [])

    def test_cancel_in_the_middle_leaves_the_old_file(self):
        self.source("cancelled", SIZE)
        home = self.homes["copy2"]
        with open(os.path.join(home, "old"), "wb") as file:
            file.write(b"old")
        run = self.start(["copy2"], "cancelled", "~/old")
        self.api.wait_for_target(run, "copy2", lambda t: t["progress"] and t["progress"]["done"] > 0, 60)
        self.api.post(f"/runs/{run}/cancel")
        self.api.wait_for_run(run)
        target = self.api.targets(run)["copy2"]
        self.assertEqual(target["outcome"], "cancelled", target)
        with open(os.path.join(home, "old"), "rb") as file:
            self.assertEqual(file.read(), b"old")

    def test_what_is_wrong_is_named_before_anything_starts(self):
        self.small()
        for field, value in {"mode": "99", "owner": "a b", "destination": "relative", "source": "../secret.key", "command": "x" * 70000}.items():
            spec = {"source": "small", "destination": "~/x", field: value}
            answer = self.api.send("POST", "/api/v1/runs", {"kind": "copy", "select": {"hosts": ["copy1"]}, "copy": spec})
            self.assertEqual(answer.status, 400, field)
        for source, status in {"no-such": 404, "/etc/passwd": 400}.items():
            answer = self.api.send("POST", "/api/v1/runs",
                                   {"kind": "copy", "select": {"hosts": ["copy1"]}, "copy": {"source": source, "destination": "~/x"}})
            self.assertEqual(answer.status, status, source)
        answer = self.api.send("POST", "/api/v1/runs",
                               {"kind": "copy", "select": {"hosts": ["copy1"]}, "copy": {"source": "small", "destination": "~/x", "verbose": "1"}})
        self.assertIn("copy.verbose", answer.error()["message"])

    def test_files_that_can_be_copied_are_listed(self):
        base = os.path.join(self.controller.data, "files")
        os.makedirs(os.path.join(base, "web", ".git"), exist_ok=True)
        for name in ("web/index.html", "web/.git/config", ".hidden"):
            with open(os.path.join(base, name), "w", encoding="utf-8") as file:
                file.write("hello")
        os.symlink("/etc/passwd", os.path.join(base, "link"))
        os.symlink("/etc", os.path.join(base, "folder"))
        self.addCleanup(os.remove, os.path.join(base, "link"))
        self.addCleanup(os.remove, os.path.join(base, "folder"))
        answer = self.api.get("/files")
        self.assertFalse(answer["truncated"])
        files = {file["path"]: file for file in answer["files"]}
        self.assertEqual(files["web/index.html"]["size_bytes"], 5)
        self.assertTrue(files["web/index.html"]["modified_at"])
        self.assertEqual([path for path in files if path.startswith((".", "link", "folder", "web/."))], [])

    def test_command_and_owner_at_the_host(self):
        self.small()
        _, targets = self.copy(["copy3"], "small", "~/c", command="echo out; exit 7")
        self.assert_outcome(targets["copy3"], "failed", 7)
        _, targets = self.copy(["copy3"], "small", "~/d", owner="no-such-user")
        self.assertEqual(targets["copy3"]["reason"], "copy.owner")
        self.assertFalse(os.path.exists(os.path.join(self.homes["copy3"], "d")))
        _, targets = self.copy(["copy3"], "small", "~/d", owner="nobody", mode="0400")
        self.assert_outcome(targets["copy3"], "ok")
        self.assertNotEqual(os.stat(os.path.join(self.homes["copy3"], "d")).st_uid, 0)

    def test_full_disk(self):
        disk = os.path.join(self.homes["copy4"], "disk")
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        try:
            self.source("large", 3 << 20)
            _, targets = self.copy(["copy4"], "large", "~/disk/f")
            self.assertEqual(targets["copy4"]["reason"], "copy.no_room", targets["copy4"])
            self.assertEqual(os.listdir(disk), [])
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_the_command_line_copies_from_anywhere_strange_names_too(self):
        name = "it's a -file\n$(id) ü"
        path = os.path.join(self.controller.folder, name)
        with open(path, "wb") as file:
            file.write(b"strange")
        out = self.controller.cli_json("copy", path, "~/", "-H", "copy5,copy6")
        self.assertEqual({t["outcome"] for t in out["targets"]}, {"ok"}, out)
        for host in ("copy5", "copy6"):
            with open(os.path.join(self.homes[host], name), "rb") as file:
                self.assertEqual(file.read(), b"strange")

    def test_a_folder(self):
        tree = os.path.join(self.controller.folder, "tree")
        os.makedirs(os.path.join(tree, "a b"))
        with open(os.path.join(tree, "a b", "-x\ny"), "wb") as file:
            file.write(b"1")
        os.symlink("a b", os.path.join(tree, "link"))
        self.controller.cli("copy", tree, "~/tree", "-H", "copy7,copy8")
        for host in ("copy7", "copy8"):
            there = os.path.join(self.homes[host], "tree")
            self.assertEqual(subprocess.run(["diff", "-r", tree, there], capture_output=True, check=False).stdout, b"")
        out = self.controller.cli_json("copy", tree, "~/tree", "-H", "copy7,copy8")
        self.assertEqual({t["reason"] for t in out["targets"]}, {"copy.unchanged"})


if __name__ == "__main__":
    main()
