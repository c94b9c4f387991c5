# SPDX-License-Identifier: MIT
"""TestUser: a user of this machine with a password, for sshd to log in; the same idea as tests/peers/shell_user.h."""

import atexit
import os
import subprocess

from harness import processes


def run_locked(argv, stdin=b""):
    """Again while another test holds the lock of /etc/passwd."""
    def done():
        result = subprocess.run(argv, input=stdin, capture_output=True, timeout=30)
        return result if b"lock" not in result.stderr else None
    result = processes.wait_until(f"{argv[0]} gets its lock", done, 20, 0.1)
    assert result.returncode == 0, f"{argv}: {result.stderr.decode(errors='replace')}"


class TestUser:
    """Needs root. Removed with the test."""

    count = 0

    def __init__(self, home, password=""):
        TestUser.count += 1
        # The unit tests remove such users whose process is gone.
        self.name = f"omt{os.getpid()}x9{TestUser.count}"
        self.home = home
        run_locked(["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/sh", "--password", "*", self.name])
        atexit.register(self.remove)
        if password:
            self.set_password(password)

    def set_password(self, password):
        run_locked(["chpasswd", "-c", "SHA512"], f"{self.name}:{password}\n".encode())

    def remove(self):
        if self.name:
            subprocess.run(["userdel", "--force", self.name], capture_output=True, timeout=30)
            self.name = ""
