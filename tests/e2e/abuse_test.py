#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile requests: every one is refused as what it is, and the server goes on as if nothing had been."""

import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, Controller, Scenario, folder, main
from harness.processes import read_proc

WRONG = [None, True, 0, -1, 1.5, 1e300, 2**63, 2**70, "", "x", "\0", "a" * 100_000, [], [1], ["x", None], [[]], {}, {"a": 1}, "\ud800", "-oProxyCommand=id",
         "../../etc/passwd", "a\nb", "'; DROP TABLE host; --", "\u202e", "x" * 300]
# Each field alone is wrong in the way of WRONG, the others are right. What a field may well be is left out.
BODIES = {
    "/apps": {"name": ("new", {"x", "'; DROP TABLE host; --", "-oProxyCommand=id", "../../etc/passwd", "x" * 300, "\u202e"}), "category": ("Linux.Web", ())},
    "/hosts": {"name": ("new", {"x"}), "address": ("192.0.2.1", {"x"}), "port": (22, {None}), "login": ("root", {None, "", "x", "x" * 300}),
               "apps": ([], {None}), "tags": ([], {None}), "platform": ("ssh", {None, ""}), "key": ("", {None, ""}), "jump": ("", {None, ""}),
               "no_such_field": (None, {None})},
    "/runs": {"module": (1003, ()), "select": ({"hosts": ["LOCAL"]}, ()), "parameters": ({}, {None}), "platform": ("", {None, ""}),
              "concurrency": (0, {None, 0}), "timeout_s": (0, {None, 0}), "no_such_field": (None, {None})},
    "/preview": {"module": (1003, ()), "select": ({"hosts": ["LOCAL"]}, ())},
    "/modules": {"name": ("new", {"x", "'; DROP TABLE host; --", "-oProxyCommand=id", "../../etc/passwd", "x" * 300, "\u202e"}), "risk": ("read", {None, ""}),
                 "form": ("", {None, "", "x", "'; DROP TABLE host; --", "-oProxyCommand=id", "../../etc/passwd", "\u202e", "x" * 300, "a\nb"})},
    "/credentials": {"name": ("new", ()), "private_key": ("", ())},
    "/hosts/import": {"csv": ("", ()), "dry_run": (True, {None, True})},
}
NUMBERS = ["-1", "0", "99999999999999999999999", "1e5", "0x1", "1;DROP%20TABLE%20run", "%00", "1%00", "a" * 5000, "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "null",
           "1%20or%201=1", "%ff", "+1", "1.0", "%d9%a3"]
NAMES = ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "a" * 5000, "'%20or%20'1'='1", "%ff%fe", ".", "%0d%0aSet-Cookie:%20x=1"]


def raw(port, data, patience=5):
    """Sends bytes as they are; returns what came back until the server closed or was silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        got = b""
        try:
            for i in range(0, len(data), 65536):
                connection.sendall(data[i:i + 65536])
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it hung up while we were still talking
        try:
            while part := connection.recv(65536):
                got += part
        except OSError:
            pass
        return got


class Abuse(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.controller.start()
        cls.api = cls.controller.api
        cls.local = cls.controller.local_host()
        run, _ = cls.api.run_module(1003, [cls.local])
        cls.run_id = run["id"]
        cls.host_header = f"127.0.0.1:{cls.controller.port}"
        cls.pid = cls.controller.pid
        cls.state = cls.inventory()

    @classmethod
    def tearDownClass(cls):
        cls.controller.close()

    @classmethod
    def inventory(cls):
        return [cls.api.get(path) for path in ("/apps", "/hosts", "/credentials", "/runs")]

    def tearDown(self):
        self.assertTrue(self.controller.alive(), self.controller.log()[-3000:])
        self.assertEqual(self.controller.pid, self.pid)
        self.assertEqual(Api(self.controller.port).send("GET", "/healthz", timeout=5).status, 200)

    def refused(self, answer, what):
        self.assertTrue(400 <= answer.status < 500, f"{what}: {answer.status} {answer.text()[:200]}")
        error = answer.error()
        self.assertTrue(error.get("code") and error.get("message"), f"{what}: {answer.status} {answer.text()[:200]}")
        self.assertNotIn("\n  at ", error["message"])

    # --- bodies

    def test_fields_of_the_wrong_kind(self):
        count = 0
        for path, fields in BODIES.items():
            right = {name: value for name, (value, _) in fields.items() if value is not None}
            if "select" in right:
                right["select"] = {"hosts": [self.local]}
            for name, (_, fine) in fields.items():
                for value in WRONG:
                    if isinstance(value, (str, int, type(None))) and any(value == one and type(value) is type(one) for one in fine):
                        continue
                    if value in ([], {}) and (right.get(name) == value or name == "parameters"):
                        continue
                    body = json.dumps({**right, name: value}).encode()
                    answer = self.api.send("POST", "/api/v1" + path, body, {"Content-Type": "application/json"})
                    self.refused(answer, f"{path} with {name}={str(value)[:60]!r}")
                    count += 1
        print(f"{count} bodies refused")
        self.assertGreater(count, 300)
        self.assertEqual(self.inventory(), self.state, "a refused request has changed something")

    def test_bodies_that_are_no_object(self):
        deep = 100_000
        for body in (b"", b"[]", b"1", b"null", b"x", b"{", b'{"module":1003', b'{"module":1003}}', b"[" * deep, b"[" * deep + b"]" * deep, b'{"a":' * 2000 + b"1" + b"}" * 2000,
                     b'{"module":1e999}', b'{"module":' + b"9" * 5000 + b"}", b'\xff\xfe{"a":1}', b'{"module":1003,"select":{"hosts":["\xff"]}}',
                     b'{"a":"\x00"}', b'{"a":"\\ud800"}', b"{'module':1003}", b'{"module":NaN}', b'{"module":1003,}', b"\x00" * 1000, b'{"' + b"a" * 500_000 + b'":1}'):
            for path in ("/runs", "/preview", "/hosts", "/modules", "/apps"):
                self.refused(self.api.send("POST", "/api/v1" + path, body, {"Content-Type": "application/json"}), f"{path} {body[:40]!r}")
        for path in ("/session", "/session/link"):
            for body in (b"[]", b"[" * deep, b'{"code":1}', b'{"code":"' + b"a" * 100_000 + b'"}', b'{"user":[],"password":{}}', b""):
                self.refused(Api(self.controller.port).send("POST", "/api/v1" + path, body, {"Content-Type": "application/json"}), f"{path} {body[:40]!r}")
        self.assertEqual(self.inventory(), self.state)

    def test_a_body_that_is_too_large(self):
        before = self.rss_kib()
        for _ in range(3):
            answer = raw(self.controller.port, f"POST /api/v1/runs HTTP/1.1\r\nHost: {self.host_header}\r\nAuthorization: Bearer {self.controller.token}\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {200 << 20}\r\n\r\n".encode() + b"[" * (8 << 20))
            self.assertIn(b" 413 ", answer[:100] or b" 413 ", answer[:100])
            chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
            answer = raw(self.controller.port, f"POST /api/v1/runs HTTP/1.1\r\nHost: {self.host_header}\r\nAuthorization: Bearer {self.controller.token}\r\n"
                         "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunk * 8)
            self.assertIn(b" 413 ", answer[:100] or b" 413 ", answer[:100])
        self.assertLess(self.rss_kib() - before, 32 << 10)

    def rss_kib(self):
        [line] = [line for line in read_proc(self.pid, "status").splitlines() if line.startswith(b"VmRSS:")]
        return int(line.split()[1])

    # --- paths

    def test_ids_and_names_in_paths(self):
        for number in NUMBERS:
            for path in (f"/runs/{number}", f"/runs/{number}/targets", f"/runs/{number}/events", f"/modules/{number}", f"/modules/{number}/source?platform=ssh",
                         f"/runs/{number}/targets/{self.local}/output"):
                self.refused(self.api.send("GET", "/api/v1" + path), path[:80])
            self.refused(self.api.send("POST", f"/api/v1/runs/{number}/cancel", {}), f"cancel {number[:40]}")
        for name in NAMES:
            self.refused(self.api.send("GET", f"/api/v1/runs/{self.run_id}/targets/{name}/output"), name[:80])
            self.refused(self.api.send("GET", f"/api/v1/modules/1003/source?platform={name}"), name[:80])

    def test_values_in_queries(self):
        run = f"/api/v1/runs/{self.run_id}"
        for query in ("after=x", "after=-2", "after=1e3", "after=99999999999999999999", "limit=0", "limit=-1", "limit=x", "limit=99999999999", "after=%00", "after="):
            self.refused(self.api.send("GET", f"{run}/targets?{query}"), query)
            if query != "after=":
                self.refused(self.api.send("GET", f"{run}/targets/{self.local}/output?{query}"), query)
        for query in ("raw=", "raw=x", "raw=../stdout", "raw=stdout%00"):
            self.refused(self.api.send("GET", f"{run}/targets/{self.local}/output?{query}"), query)
        for query in ("app=x", "category=-", "app=1&app=x", "app=99999999999999999999"):
            self.refused(self.api.send("GET", f"/api/v1/hosts?{query}"), query)
        for query in ("before=x", "limit=0", "limit=1e9"):
            self.refused(self.api.send("GET", f"/api/v1/runs?{query}"), query)

    def test_no_path_leads_out_of_the_page(self):
        for path in ("/assets/../../../../etc/passwd", "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets/x/..%2f..%2f..%2fetc%2fpasswd", "/..%2f..%2fetc%2fpasswd",
                     "/assets/x//etc/passwd", "/assets/x/%00", "/assets/x/..\\..\\etc\\passwd", "//etc/passwd", "/static/../../etc/passwd", "/assets/@/../../omserver.db",
                     "/assets/x/%c0%ae%c0%ae/etc/passwd", "/" + "a/" * 10_000, "/" + "../" * 2000, "/api/v1/../../etc/passwd", "/api/v1/%2e%2e/hosts", "/api/v2/hosts", "/api/v1"):
            answer = raw(self.controller.port, f"GET {path} HTTP/1.1\r\nHost: {self.host_header}\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(answer[:60], rb"^HTTP/1\.1 4\d\d ", f"{path[:60]}: {answer[:200]!r}")
            self.assertNotIn(b"root:", answer)

    def test_methods_that_are_not_there(self):
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "FOO"):
            for path in ("/api/v1/hosts", "/api/v1/runs", "/api/v1/modules/1003", "/healthz"):
                answer = self.api.send(method, path)
                self.assertIn(answer.status, (400, 403, 404, 405, 501), f"{method} {path}: {answer.status}")
        self.assertEqual(self.inventory(), self.state)

    # --- heads

    def test_tricks_with_headers(self):
        good = f"Host: {self.host_header}\r\nAuthorization: Bearer {self.controller.token}\r\n"
        body = json.dumps({"name": "smuggled", "category": "Linux.Web"})
        post = f"POST /api/v1/apps HTTP/1.1\r\n{good}Content-Type: application/json\r\n"
        chunked = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
        tricks = {
            "no host": "GET /api/v1/hosts HTTP/1.1\r\n\r\n",
            "two hosts": f"GET /api/v1/hosts HTTP/1.1\r\nHost: evil.example\r\n{good}\r\n",
            "another host": "GET /api/v1/hosts HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            "absolute form": f"GET http://evil.example/api/v1/hosts HTTP/1.1\r\n{good}\r\n",
            "two lengths": f"{post}Content-Length: {len(body)}\r\nContent-Length: 5\r\n\r\n{body}",
            "a list of lengths": f"{post}Content-Length: {len(body)}, {len(body)}\r\n\r\n{body}",
            "length and chunked": f"{post}Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}",
            "negative length": f"{post}Content-Length: -1\r\n\r\n{body}",
            "length with a plus": f"{post}Content-Length: +{len(body)}\r\n\r\n{body}",
            "huge length": f"{post}Content-Length: 99999999999999999999999\r\n\r\n{body}",
            "hex length": f"{post}Content-Length: 0x10\r\n\r\n{body}",
            "unknown transfer coding": f"{post}Transfer-Encoding: gzip, chunked\r\n\r\n{chunked}",
            "hidden transfer coding": f"{post}Transfer-Encoding : chunked\r\nContent-Length: {len(body)}\r\n\r\n{body}",
            "folded header": f"{post}X-A: b\r\n c\r\nContent-Length: {len(body)}\r\n\r\n{body}",
            "bare line feeds": f"{post}Content-Length: {len(body)}\n\n{body}".replace("\r\n", "\n"),
            "bare carriage return": f"{post}X-A: a\rb\r\nContent-Length: {len(body)}\r\n\r\n{body}",
            "nul in a header": f"{post}X-A: a\0b\r\nContent-Length: {len(body)}\r\n\r\n{body}",
            "space before colon": f"POST /api/v1/apps HTTP/1.1\r\nHost : {self.host_header}\r\n\r\n",
            "bad chunk size": f"{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n",
            "huge chunk size": f"{post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{body}\r\n0\r\n\r\n",
            "chunk longer than said": f"{post}Transfer-Encoding: chunked\r\n\r\n1\r\n{body}\r\n0\r\n\r\n",
            "a thousand headers": f"GET /api/v1/hosts HTTP/1.1\r\n{good}" + "X-A: b\r\n" * 1000 + "\r\n",
            "a long header": f"GET /api/v1/hosts HTTP/1.1\r\n{good}X-A: {'b' * 200_000}\r\n\r\n",
            "a long target": f"GET /api/v1/hosts?q={'a' * 200_000} HTTP/1.1\r\n{good}\r\n",
            "no such version": f"GET /api/v1/hosts HTTP/9.9\r\n{good}\r\n",
            "no version": "GET /api/v1/hosts\r\n\r\n",
            "another protocol": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "tls": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "a" * 300,
            "ssh": "SSH-2.0-OpenSSH_9.2\r\n",
            "connect": f"CONNECT 127.0.0.1:22 HTTP/1.1\r\n{good}\r\n",
        }
        for name, request in tricks.items():
            answer = raw(self.controller.port, request.encode("latin-1"))
            if answer:
                self.assertRegex(answer[:60], rb"^HTTP/1\.[01] [45]\d\d ", f"{name}: {answer[:200]!r}")
                self.assertNotRegex(answer[:60], rb"^HTTP/1\.[01] 500 ", name)
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, f"{name}: it answered twice")
        self.assertNotIn("smuggled", [app["name"] for app in self.api.get("/apps")["apps"]])

    def test_nobody_forges_an_address_or_a_user(self):
        nobody = Api(self.controller.port)
        for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-User": "admin"}, {"Remote-Addr": "127.0.0.1"}, {"REMOTE_ADDR": "127.0.0.1"},
                        {"Authorization": "Basic YWRtaW46YWRtaW4="}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "bearer null"},
                        {"Authorization": "Bearer " + "a" * 20_000}, {"Cookie": "session=admin"}, {"Cookie": "a" * 20_000}, {"Cookie": "; ".join(f"a{i}=b" for i in range(500))},
                        {"X-Original-URL": "/healthz"}, {"X-HTTP-Method-Override": "GET"}):
            answer = nobody.send("GET", "/api/v1/hosts", None, headers)
            self.assertIn(answer.status, (400, 401, 431), str(headers)[:80])

    def test_guessing_is_slowed_down(self):
        statuses = [Api(self.controller.port).send("POST", "/api/v1/session", {"user": "admin", "password": f"guess {i}"},
                                                   {"X-Forwarded-For": f"10.0.0.{i}"}, timeout=60).status for i in range(25)]
        self.assertEqual(statuses[0], 401)
        self.assertIn(429, statuses)
        self.assertLessEqual(statuses.count(401), 15, "more than ten or so tries a minute")
        answer = Api(self.controller.port).send("POST", "/api/v1/session", {"user": "admin", "password": "x"})
        self.assertEqual((answer.status, answer.error()["reason"]), (429, "access.throttled"))
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)


if __name__ == "__main__":
    main(needs=())
