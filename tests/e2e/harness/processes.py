# SPDX-License-Identifier: MIT
"""Processes: starting them so that none outlives its test, finding them, and what they cost."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time


def wait_until(what, condition, seconds=10.0, pause=0.02):
    """Returns the first true value of condition(); fails, saying what was waited for, after so long."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)


def start(argv, **options):
    """Popen, but the child dies with the thread that calls this: call it from the test's main thread."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, argv)], **options)


def end(process, how=signal.SIGTERM, seconds=15.0):
    """Sends the signal and waits; returns the exit status (negative: a signal's number)."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
        raise AssertionError(f"process {process.pid} did not end {seconds:g} s after signal {how}") from None


def free_port():
    """A loopback port below those that the kernel gives to clients, so that nobody takes it meanwhile by chance."""
    for _ in range(200):
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def find_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_proc(pid, name):
    """A file of /proc/PID as bytes; empty when the process has gone."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def stat_of(pid):
    """(state, parent, process group), or None when the process has gone."""
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return (fields[0].decode(), int(fields[1]), int(fields[2])) if len(fields) > 3 else None


def descendants(pid):
    parents = {}
    for one in all_pids():
        stat = stat_of(one)
        if stat:
            parents.setdefault(stat[1], []).append(one)
    found, queue = [], [pid]
    while queue:
        children = parents.get(queue.pop(), [])
        found += children
        queue += children
    return found


def pids_with(text):
    """Living processes (no zombies) with `text` in an argument: give it something nobody else says."""
    found = []
    for pid in all_pids():
        if pid != os.getpid() and text.encode() in read_proc(pid, "cmdline"):
            stat = stat_of(pid)
            if stat and stat[0] != "Z":
                found.append(pid)
    return found


def cpu_seconds(pid):
    """CPU time of a process, its ended threads included, to the nanosecond, and of the children it has waited for."""
    own = time.clock_gettime((~pid << 3) | 2)  # the kernel's id of another process's CPU clock
    fields = read_proc(pid, "stat").rpartition(b")")[2].split()
    return own + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def peak_rss_kib(pid):
    for line in read_proc(pid, "status").splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1])
    return 0
