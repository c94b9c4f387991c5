# SPDX-License-Identifier: MIT
"""Api: the JSON API as a program sees it, with a bearer token, over one new connection a call."""

import http.client
import json
import urllib.parse

from harness import processes
from harness.events import EventStream


class ApiError(AssertionError):
    """An answer of 400 and above; `error` is what it says."""

    def __init__(self, what, answer):
        self.status, self.error = answer.status, answer.error()
        super().__init__(f"{what}: {answer.status} {answer.text()[:600]}")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)

    def error(self):
        try:
            return self.json()["error"]
        except (ValueError, KeyError, TypeError):
            return {}


class Api:
    def __init__(self, port, token=None, headers=None):
        self.port = port
        self.headers = dict(headers or {})
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def send(self, method, path, body=None, headers=None, timeout=60):
        """The answer as it came, whatever its status. `body` may be bytes, or anything JSON can say."""
        sent = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def call(self, method, path, body=None, headers=None, timeout=60):
        answer = self.send(method, "/api/v1" + path, body, headers, timeout)
        if answer.status >= 400:
            raise ApiError(f"{method} {path}", answer)
        return answer.json()

    def get(self, path, **query):
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""))

    def post(self, path, body=None, headers=None):
        return self.call("POST", path, {} if body is None else body, headers)

    # --- runs

    def start_run(self, module, hosts=(), parameters=None, apps=(), tags=(), key=None, **options):
        """The number of the run, which is on disk now."""
        body = {"module": module, "select": {"hosts": list(hosts), "apps": list(apps), "tags": list(tags)},
                "parameters": {} if parameters is None else parameters, **options}
        return self.post("/runs", body, {"Idempotency-Key": key} if key else None)["run"]["id"]

    def run_state(self, run):
        return self.get(f"/runs/{run}")["run"]

    def wait_for_run(self, run, seconds=60):
        def finished():
            state = self.run_state(run)
            return state if state["state"] == "finished" else None
        return processes.wait_until(f"run {run} finishes", finished, seconds, 0.05)

    def run_module(self, module, hosts=(), parameters=None, seconds=60, **options):
        """(run, {host: target}) once it has finished."""
        run = self.start_run(module, hosts, parameters, **options)
        return self.wait_for_run(run, seconds), self.targets(run)

    def targets(self, run):
        found, after = {}, -1
        while page := self.get(f"/runs/{run}/targets", after=after)["targets"]:
            found.update((target["host"], target) for target in page)
            after = page[-1]["index"]
        return found

    def wait_for_target(self, run, host, condition, seconds=20):
        def fits():
            target = self.targets(run)[host]
            return target if condition(target) else None
        return processes.wait_until(f"target {host} of run {run}", fits, seconds, 0.05)

    def raw(self, run, host, stream="stdout"):
        """The bytes that came."""
        path = f"/api/v1/runs/{run}/targets/{urllib.parse.quote(host, safe='')}/output?raw={stream}"
        answer = self.send("GET", path)
        if answer.status != 200:
            raise ApiError(path, answer)
        return answer.body

    def chunks(self, run, host):
        """Every chunk of a target's output, decoded for reading."""
        found, after = [], 0
        while after is not None:
            page = self.get(f"/runs/{run}/targets/{urllib.parse.quote(host, safe='')}/output", after=after)
            found += page["chunks"]
            after = page["next"]
        return found

    def events(self, run, after=None, **options):
        headers = dict(self.headers)
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        return EventStream(self.port, f"/api/v1/runs/{run}/events", headers, **options)
