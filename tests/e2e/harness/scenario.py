# SPDX-License-Identifier: MIT
"""Scenario: a unittest.TestCase whose class starts its servers once; main() turns "cannot run here" into exit 77."""

import atexit
import os
import shutil
import sys
import tempfile
import unittest

from harness.processes import find_program

SKIPPED = 77


def folder():
    """A new folder, removed when the test ends. Short: sockets live in it."""
    path = tempfile.mkdtemp(prefix="om-e2e-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def needs_root():
    if os.geteuid() != 0:
        skip("this scenario needs root")


class Scenario(unittest.TestCase):
    """Each test method is one fact; they share the class's servers and make their own modules and runs."""

    maxDiff = 2000

    def assert_outcome(self, target, outcome, exit_code=None):
        self.assertEqual(target["outcome"], outcome, f"{target['host']}: {target['message']}")
        if exit_code is not None:
            self.assertEqual(target["exit_code"], exit_code, target)


def main(needs=("sshd", "ssh-keygen")):
    """Runs the calling script's tests: SCRIPT [BINARY] [TEST...]."""
    for name in (*needs, "setpriv"):
        if not find_program(name):
            skip(f"there is no {name}")
    if len(sys.argv) > 1 and os.path.isfile(sys.argv[1]) and os.access(sys.argv[1], os.X_OK):
        os.environ["OMSERVER_BINARY"] = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(verbosity=2, exit=False).result
    if result.wasSuccessful() and result.testsRun and len(result.skipped) == result.testsRun:
        skip(result.skipped[0][1])
    sys.exit(not result.wasSuccessful())
