#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files put below DATA/files over HTTP: whole or not at all, without the controller's memory, by those who may."""

import hashlib
import os
import socket
import sqlite3
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, Controller, Scenario, folder, main, processes, wait_until

SIZE = 64 << 20
GROWTH = 24 << 10  # KiB that the controller may grow by


class Upload(Scenario):
    def setUp(self):
        self.controller = Controller(folder())
        self.controller.start()
        self.files = os.path.join(self.controller.data, "files")

    def tearDown(self):
        self.controller.close()

    def put(self, name, body, **options):
        return self.controller.api.send("PUT", f"/api/v1/files/{name}", body, **options)

    def remove(self, name):
        return self.controller.api.send("DELETE", f"/api/v1/files/{name}")

    def everything(self):
        return sorted(os.path.relpath(os.path.join(at, name), self.files) for at, folders, names in os.walk(self.files) for name in folders + names)

    def test_a_large_file_goes_to_the_disk_and_not_through_memory(self):
        body = os.urandom(1 << 20) * (SIZE >> 20)
        before = processes.peak_rss_kib(self.controller.pid)
        answer = self.put("a/b/large", body)
        self.assertEqual(answer.status, 201, answer.text())
        file = answer.json()["file"]
        self.assertEqual((file["path"], file["size_bytes"], file["sha256"]), ("a/b/large", SIZE, hashlib.sha256(body).hexdigest()))
        path = os.path.join(self.files, "a/b/large")
        with open(path, "rb") as stored:
            self.assertTrue(stored.read() == body)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(self.everything(), ["a", "a/b", "a/b/large"])
        self.assertLess(processes.peak_rss_kib(self.controller.pid) - before, GROWTH)
        [listed] = self.controller.api.get("/files")["files"]
        self.assertEqual((listed["path"], listed["modified_at"]), ("a/b/large", file["modified_at"]))
        self.assertEqual(self.put("a/b/large", b"new").status, 201)
        with open(path, "rb") as stored:
            self.assertEqual(stored.read(), b"new")
        self.assertEqual(self.put("a/b", b"x").error()["reason"], "file.in_the_way")
        self.assertEqual(self.remove("a/b").status, 409)
        for name, status in (("a/b/large", 200), ("a/b/large", 404), ("a/b", 200), ("a", 200)):
            self.assertEqual(self.remove(name).status, status, name)
        self.assertEqual(self.everything(), [])
        self.controller.stop()
        with sqlite3.connect(os.path.join(self.controller.data, "omserver.db")) as audit:
            rows = audit.execute("SELECT action, object FROM audit WHERE action LIKE 'file.%' ORDER BY id").fetchall()
        self.assertEqual(rows, [("file.put", "file a/b/large")] * 2 + [("file.remove", f"file {name}") for name in ("a/b/large", "a/b", "a")])

    def test_names_that_lead_elsewhere_are_refused(self):
        os.makedirs(self.files, exist_ok=True)
        os.symlink("/tmp", os.path.join(self.files, "link"))
        for name in ("..%2fx", "a/../x", "%2fetc/x", "a//x", ".hidden", "a/.hidden", "a%01b", "link/x", "link", "a" * 300, "x/" + "b" * 256):
            answer = self.put(name, b"x")
            self.assertIn(answer.status, (400, 409), name)
        self.assertFalse(os.path.exists("/tmp/x"))
        self.assertEqual(self.everything(), ["link"])
        self.assertEqual(self.remove("link/x").status, 404)

    def test_who_may_not_is_told_before_the_body(self):
        signed_in = Api(self.controller.port).send("POST", "/api/v1/session/link", {"code": self.controller.sign_in_code()})
        cookie = signed_in.headers["Set-Cookie"].partition(";")[0]  # without the header that only our page can send
        for headers, status in (({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Cookie": cookie}, 403)):
            with socket.create_connection(("127.0.0.1", self.controller.port), timeout=20) as peer:
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                peer.sendall(f"PUT /api/v1/files/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {SIZE}\r\n{lines}\r\n".encode())
                self.assertEqual(peer.makefile("rb").readline().split()[1], str(status).encode())
        self.assertFalse(os.path.exists(os.path.join(self.files, "x")))

    def test_one_that_breaks_off_leaves_nothing(self):
        authorization = self.controller.api.headers["Authorization"]
        with socket.create_connection(("127.0.0.1", self.controller.port), timeout=20) as peer:
            peer.sendall(f"PUT /api/v1/files/new/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Length: {SIZE}\r\n\r\n".encode() + b"x" * 100_000)
            wait_until("a temporary file is there", lambda: len(self.everything()) == 2)
        wait_until("nothing is left", lambda: self.everything() == [])

    def test_a_full_disk_is_named_and_freed_again(self):
        os.makedirs(self.files, exist_ok=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.files], check=False).returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        try:
            answer = self.put("x", b"x" * (3 << 20))
            self.assertEqual(answer.status, 507, answer.text())
            self.assertEqual(answer.error()["reason"], "file.no_room")
            self.assertEqual(self.everything(), [])
        finally:
            subprocess.run(["umount", self.files], check=True)


if __name__ == "__main__":
    main()
