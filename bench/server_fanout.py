#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run on many hosts costs the controller, all of it included, beside pssh and clush in the same sitting.

The complete server with its store on disk and a watcher on the live stream runs `hostname` as a module on loopback hosts
behind one real sshd. Cold: the controller has just been started and knows no session. CPU time is that of the whole
process tree, by the kernel's clocks; it is what to compare. Wall time is mostly sshd's own work on the same cores.

    bench/server_fanout.py                             a table on standard output
    bench/server_fanout.py --install --write           with the peers from Debian; rewrites docs/benchmarks.md
"""

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from harness import Controller, Sshd, cpu_seconds, folder
from harness.processes import peak_rss_kib

PEERS = {"pssh": "parallel-ssh", "clush": "clush"}
PACKAGES = ["pssh", "clustershell"]
SSH_OPTIONS = ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes"]
TARGET_MS = 2.5


class Sample:
    def __init__(self, cpu_ms_per_host, wall_seconds, peak_kib):
        self.cpu, self.wall, self.peak = cpu_ms_per_host, wall_seconds, peak_kib


class Farm:
    """Loopback hosts behind one sshd."""

    def __init__(self, count):
        self.folder = folder()
        self.sshd = Sshd(self.folder, every_loopback=True, log_level="ERROR").start()
        self.key = self.sshd.new_key()
        self.addresses = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(count)]
        self.count = count

    def run_controller(self, concurrency):
        """(cold, again): samples of a run by a controller that has just been started, and of the run after it."""
        controller = Controller(folder())
        controller.start()
        controller.add_key("ops", self.key)
        table = "name,address,port,login,key,app\n" + "".join(
            f"host{i},{address},{self.sshd.port},{self.sshd.login},ops,Linux.Web/www.domain.com\n" for i, address in enumerate(self.addresses))
        controller.cli("host", "import", "-", stdin=table.encode())
        module = controller.add_module("#!/bin/sh\nhostname\n")
        assert controller.stop() == 0
        controller.start()
        samples = [self.run_once(controller, module, concurrency) for _ in range(2)]
        controller.close()
        return samples

    def run_once(self, controller, module, concurrency):
        api = controller.api
        time.sleep(0.3)  # what the start has left to do is not the run's
        before, began = cpu_seconds(controller.pid), time.monotonic()
        run = api.start_run(module, apps=["Linux.Web/www.domain.com"], concurrency=concurrency)
        events = 0
        with api.events(run) as stream:
            for event in stream:
                events += event.name == "batch"
        wall = time.monotonic() - began
        time.sleep(0.3)  # what the run leaves to do is
        cpu = cpu_seconds(controller.pid) - before
        state = api.run_state(run)
        assert state["counts"]["ok"] == self.count, state
        assert events > 0
        return Sample(cpu * 1000 / self.count, wall, peak_rss_kib(controller.pid))

    def run_peer(self, name, kex, concurrency):
        hosts = os.path.join(self.folder, "hosts")
        with open(hosts, "w", encoding="ascii") as file:
            file.write("\n".join(self.addresses) + "\n")
        options = [*SSH_OPTIONS, "-o", f"UserKnownHostsFile={self.folder}/known_hosts", "-i", self.key.path, "-p", str(self.sshd.port)]
        options += ["-o", f"KexAlgorithms={kex}"] if kex else []
        text = " ".join(options)
        argv = {"pssh": ["parallel-ssh", "-p", str(concurrency), "-t", "0", "-i", "-l", self.sshd.login, "-h", hosts, "-x", text, "hostname"],
                "clush": ["clush", "-b", "-f", str(concurrency), "-l", self.sshd.login, "--hostfile", hosts, "-o", text, "hostname"]}[name]
        began = time.monotonic()
        with open(os.path.join(self.folder, "peer.out"), "wb") as output:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            _, status, usage = os.wait4(child.pid, 0)  # its own time and that of all it has waited for
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        with open(os.path.join(self.folder, "peer.out"), encoding="utf-8", errors="replace") as file:
            text = file.read()
        assert child.returncode == 0 and platform.node() in text, f"{name}: {child.returncode}\n{text[-1000:]}"
        return Sample((usage.ru_utime + usage.ru_stime) * 1000 / self.count, wall, 0)

    def close(self):
        self.sshd.stop()


def measure(arguments):
    """{row: [samples]}, taken in turns so that a noisy minute hits everybody."""
    farm = Farm(arguments.hosts)
    rows = {"OMServer, cold": [], "OMServer, the run after": []}
    peers = [name for name, program in PEERS.items() if shutil.which(program)] if not arguments.no_peers else []
    for name in PEERS:
        if name not in peers and not arguments.no_peers:
            print(f"{name} is not installed: left out (--install gets it)", file=sys.stderr)
    try:
        for _ in range(arguments.runs):
            cold, again = farm.run_controller(arguments.concurrency)
            rows["OMServer, cold"].append(cold)
            rows["OMServer, the run after"].append(again)
        for _ in range(arguments.peer_runs):
            for name in peers:
                for kex in ("curve25519-sha256", ""):
                    row = f"{name}, {kex or 'its default key exchange'}"
                    rows.setdefault(row, []).append(farm.run_peer(name, kex, arguments.concurrency))
    finally:
        farm.close()
    return rows


def median(samples, member):
    return statistics.median(getattr(sample, member) for sample in samples)


def table(rows):
    base = median(rows["OMServer, cold"], "cpu")
    lines = ["| client | runs | CPU ms a host (median) | least .. most | ratio | wall s | peak RSS MiB |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row, samples in rows.items():
        costs = [sample.cpu for sample in samples]
        peak = median(samples, "peak")
        lines.append(f"| {row} | {len(samples)} | {median(samples, 'cpu'):.2f} | {min(costs):.2f} .. {max(costs):.2f} | {median(samples, 'cpu') / base:.1f} | "
                     f"{median(samples, 'wall'):.2f} | {f'{peak / 1024:.0f}' if peak else '-'} |")
    return "\n".join(lines)


def version_of(argv, pattern=r"\d+(\.\d+)+\S*"):
    try:
        done = subprocess.run(argv, capture_output=True, timeout=30)
        return re.search(pattern, (done.stdout + done.stderr).decode(errors="replace"))[0]
    except (OSError, TypeError):
        return "-"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1]) / 2**20
    with open("/etc/os-release", encoding="utf-8") as file:
        system = re.search(r'PRETTY_NAME="?([^"\n]*)', file.read())[1]
    return f"{system}, {os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GiB, shared with sshd and whatever else runs there"


def document(arguments, rows):
    options = f"--hosts {arguments.hosts} --runs {arguments.runs} --peer-runs {arguments.peer_runs} --concurrency {arguments.concurrency}"
    return f"""# Benchmarks

Written by `bench/server_fanout.py --write {options}`; run it to make this page anew.

## What a cold run costs the controller

The complete server, with its database on disk (WAL, synchronous=FULL) and a watcher on the live stream, runs a module that
says `hostname` on {arguments.hosts} loopback hosts behind one real sshd, {arguments.concurrency} at a time, with one ed25519 key. CPU is that of
the whole process tree, user and system, measured by the kernel from the request until 0.3 s after the run's last event.
Cold: the controller has just been started. The target is at most {TARGET_MS} ms a host.

{table(rows)}

- Ratio: CPU against OMServer's cold run. pssh and clush start one `ssh` a host; its default key exchange is post-quantum
  (sntrup761), which costs it most of its time and which OMServer's SSH library does not have: the fair comparison is the
  row with curve25519, which both then use.
- Wall time is mostly sshd's own work (25 to 35 ms of CPU a connection) on the same cores, so it says little about any client.

{datetime.date.today().isoformat()}; {machine()}.
OMServer {version_of([os.environ['OMSERVER_BINARY'], 'version'])}, {version_of(['ssh', '-V'], r'OpenSSH_[^ ,]+')}, \
pssh {version_of(['parallel-ssh', '--version'])}, clush {version_of(['clush', '--version'])}.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("OMSERVER_BINARY", os.path.join(ROOT, "build", "release", "omserver")))
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--runs", type=int, default=7, help="of OMServer")
    parser.add_argument("--peer-runs", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--install", action="store_true", help="apt-get install " + " ".join(PACKAGES))
    parser.add_argument("--write", action="store_true", help="rewrite docs/benchmarks.md")
    parser.add_argument("--check", action="store_true", help=f"exit 1 when a cold run costs more than {TARGET_MS} ms a host")
    arguments = parser.parse_args()
    os.environ["OMSERVER_BINARY"] = os.path.abspath(arguments.binary)
    if arguments.install:
        subprocess.run(["apt-get", "-q", "-y", "--no-install-recommends", "install", *PACKAGES], check=True)
    rows = measure(arguments)
    print(table(rows))
    if arguments.write:
        with open(os.path.join(ROOT, "docs", "benchmarks.md"), "w", encoding="utf-8") as file:
            file.write(document(arguments, rows))
    if arguments.check and median(rows["OMServer, cold"], "cpu") > TARGET_MS:
        sys.exit(f"more than {TARGET_MS} ms a host")


if __name__ == "__main__":
    main()
