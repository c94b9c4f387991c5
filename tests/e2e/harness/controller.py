# SPDX-License-Identifier: MIT
"""Controller: the real program on a data directory and a port of its own."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
import urllib.parse

from harness import processes
from harness.api import Api

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def binary():
    return os.environ.get("OMSERVER_BINARY") or os.path.join(SOURCE, "build", "release", "omserver")


class Controller:
    """`root`: a folder to chroot into; then `data` is a path below it."""

    def __init__(self, folder, options=(), root=""):
        self.root = root
        self.folder = folder
        self.data = "/data" if root else os.path.join(folder, "data")
        self.program = "/omserver" if root else binary()
        self.options = list(options)
        self.port = processes.free_port()
        self.process = None
        self.log_path = os.path.join(folder, "server.log")
        self._token = None

    # --- its life

    def start(self, seconds=20.0, stderr=None):
        """Returns the seconds until /healthz answered. `stderr`: a descriptor, instead of the log."""
        began = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = processes.start(
                [*self._prefix(), self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log if stderr is None else stderr, cwd="/", env=self._environment())
        processes.wait_until("the controller answers /healthz", self._healthy, seconds, 0.01)
        return time.monotonic() - began

    def _prefix(self):
        return [processes.find_program("chroot"), self.root] if self.root else []

    @staticmethod
    def _environment():
        kept = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        return {name: os.environ[name] for name in kept if name in os.environ}

    def _healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the controller ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            return Api(self.port).send("GET", "/healthz", timeout=5).status == 200
        except (OSError, http.client.HTTPException):
            return False

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=20.0):
        """Asks it to end and returns its exit status."""
        status = processes.end(self.process, signal.SIGTERM, seconds)
        self.process = None
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def close(self):
        """For the end of a test: it must have lived until now, and end when asked."""
        if self.process is not None:
            assert self.alive(), f"the controller ended by itself ({self.process.returncode}):\n{self.log()[-3000:]}"
            status = self.stop()
            assert status == 0, f"the controller ended with {status}:\n{self.log()[-3000:]}"

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    # --- the command line

    def cli(self, *arguments, stdin=b"", expect=0, seconds=120, environment=None):
        """Runs `omserver ARGUMENTS` on the data directory. `expect`: its exit status, or None for any."""
        done = subprocess.run([*self._prefix(), self.program, *map(str, arguments), "--data", self.data], input=stdin,
                              capture_output=True, timeout=seconds, env={**self._environment(), **(environment or {})}, cwd="/")
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"omserver {' '.join(map(str, arguments))}: exit {done.returncode}, not {expect}\n"
                                 f"{done.stdout.decode(errors='replace')[-2000:]}{done.stderr.decode(errors='replace')[-2000:]}")
        return done

    def cli_json(self, *arguments, **options):
        return json.loads(self.cli(*arguments, "--json", **options).stdout)

    # --- the API

    @property
    def token(self):
        if self._token is None:
            self._token = self.cli("token", "create", "--user", "admin").stdout.decode().strip()
            assert re.fullmatch(r"\S{20,}", self._token), f"not a token alone on a line: {self._token!r}"
        return self._token

    @property
    def api(self):
        return Api(self.port, self.token)

    # --- what scenarios need again and again

    def module_path(self, number, name=None):
        return os.path.join(self.root + self.data if self.root else self.data, "modules", "ssh", name or f"Mid_{number}.sh")

    def write_module(self, number, script, name=None, mode=0o644):
        """Puts the file there in one step, as an editor does."""
        path = self.module_path(number, name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        draft = os.path.join(self.folder, f"draft-{number}")
        with open(draft, "wb") as file:
            file.write(script if isinstance(script, bytes) else script.encode())
        os.chmod(draft, mode)
        os.rename(draft, path)
        return path

    def add_module(self, script, form="", name="测试模块", risk="read", suffix="sh"):
        """Adds a module by the API, writes its file, waits until it is in force; returns its number."""
        number = self.api.post("/modules", {"name": name, "name_en": "Test module", "caption": "for a test", "caption_en": "for a test",
                                            "form": form, "risk": risk})["module"]["id"]
        self.write_module(number, script, f"Mid_{number}.{suffix}")
        processes.wait_until(f"module {number} is ready", lambda: self.module_state(number) == "ready", 10)
        return number

    def module_state(self, number):
        return self.api.get(f"/modules/{number}")["module"]["source"]["state"]

    def add_host(self, name, address="127.0.0.1", **options):
        return self.api.post("/hosts", {"name": name, "address": address, **options})["host"]

    def add_key(self, name, key):
        arguments = ["--passphrase-stdin"] if key.passphrase else []
        return self.cli("key", "add", name, "--file", key.path, *arguments, stdin=key.passphrase.encode())

    def local_host(self):
        """The name of this machine in the inventory of a first start."""
        [host] = [host for host in self.api.get("/hosts")["hosts"] if host["platform"] == "local"]
        return host["name"]

    def sign_in_code(self):
        link = self.cli("user", "link", "admin").stdout.decode().strip()
        return urllib.parse.urlsplit(link).fragment.partition("code=")[2]
