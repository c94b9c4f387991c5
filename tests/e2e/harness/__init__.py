# SPDX-License-Identifier: MIT
"""What the end-to-end scenarios share: a real sshd, the real program, its API and its live streams.

Python's standard library only. Everything started here ends with the test, also when the test is killed;
every wait has a deadline; every server listens where other machines cannot reach it.
"""

from harness import farm
from harness.api import Api, ApiError
from harness.controller import Controller
from harness.events import EventStream, Told
from harness.process_lists import ProcessLists
from harness.processes import cpu_seconds, pids_with, wait_until
from harness.scenario import Scenario, folder, main, needs_root
from harness.sshd import Key, Sshd
from harness.users import TestUser

__all__ = ["Api", "ApiError", "Controller", "EventStream", "Key", "ProcessLists", "Scenario", "Sshd", "TestUser", "Told",
           "cpu_seconds", "farm", "folder", "main", "needs_root", "pids_with", "wait_until"]
