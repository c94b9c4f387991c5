# SPDX-License-Identifier: MIT
"""Farm: SSH hosts by the thousand, played by tests/peers/fake_farm; an address says how its host behaves."""

import os
import shutil
import signal
import subprocess

from harness import processes
from harness.controller import SOURCE, binary

# The second octet of an address; `fake_farm --help` says what each means.
NORMAL, HOLD, EXIT_THREE, FLOOD_OUT, FLOOD_ERR, EVERY_SECOND, REKEY = 1, 2, 3, 4, 5, 6, 7
WRONG_KEY, HANG_UP_AT_EXCHANGE, LATE_BANNER, REFUSE_LOGIN, HANG_AT_LOGIN, HANG_AT_OPEN, HANG_AT_EXEC = 10, 11, 12, 13, 14, 15, 16
HALF_OPEN, CUT, NO_STATUS, CORRUPT = 17, 18, 19, 20
SILENT, DRIP, BANNER_LINES, RESET, BAD_LENGTH, NONSENSE = 30, 31, 32, 33, 34, 35


def program():
    """The built fake_farm, or None."""
    folders = [os.environ.get("OMSERVER_BUILD_DIR", ""), os.path.dirname(binary()), os.path.join(SOURCE, "build", "default")]
    return shutil.which("fake_farm", path=os.pathsep.join(folder for folder in folders if folder))


def address(octet, number, parameter=None):
    """The host with this number; with `parameter` below 250 there are 250 of them."""
    high, low = divmod(number, 250) if parameter is None else (parameter, number)
    return f"127.{octet}.{high}.{low + 1}"


def addresses(octet, count, parameter=None):
    return [address(octet, number, parameter) for number in range(count)]


class Farm:
    """Takes every key and every login; `host_key` is a known_hosts line without the name."""

    login = "farmer"

    def __init__(self):
        self.process = processes.start([program()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd="/")
        ready = self.process.stdout.readline().decode().split(None, 2)
        assert ready and ready[0] == "READY", f"fake_farm did not start: {ready}"
        self.port, self.host_key = int(ready[1]), ready[2].strip()

    @property
    def pid(self):
        return self.process.pid

    def known_hosts(self, hosts):
        return "".join(f"[{host}]:{self.port} {self.host_key}\n" for host in hosts)

    def stop(self):
        if self.process is not None:
            self.process.stdout.close()
            processes.end(self.process, signal.SIGTERM)
            self.process = None
