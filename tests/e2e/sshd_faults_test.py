#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What goes wrong with real servers: one that stands still, dies, restarts, closes idle channels, talks without end, or
whose command is killed. Unknown is never success; nobody else waits; processes left behind are named."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main, pids_with, wait_until
from harness.processes import find_program, read_proc, stat_of

SILENCE_S = 5


def unique_seconds():
    """A duration that no other process on this machine sleeps."""
    return f"{200 + int.from_bytes(os.urandom(3), 'big') / 2**24:.9f}"


def knows_channel_timeout(sshd):
    """OpenSSH has it from 9.2 on."""
    done = subprocess.run([find_program("sshd"), "-t", "-f", sshd.path("config"), "-o", "ChannelTimeout=session:command=1s"], capture_output=True, timeout=30)
    return done.returncode == 0


class SshdFaults(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder(), ["--silence", SILENCE_S, "--login-timeout", 10])
        cls.sshd = Sshd(cls.controller.folder, every_loopback=True, log_level="ERROR").start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        cls.api = cls.controller.api
        table = "name,address,port,login,key,tags\n" + "".join(
            f"host{i},127.3.0.{i + 1},{cls.sshd.port},{cls.sshd.login},ops,all\n" for i in range(50))
        cls.controller.cli("host", "import", "-", stdin=table.encode())

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def module(self, script):
        return self.controller.add_module("#!/bin/sh\n" + script)

    def end_leftovers(self, text):
        for pid in pids_with(text):
            os.kill(pid, signal.SIGKILL)

    def sshd_above(self, pid):
        """The server's process that serves the connection of this one."""
        while True:
            _, parent, _ = stat_of(pid)
            if read_proc(parent, "comm").startswith(b"sshd"):
                return parent
            pid = parent

    def test_five_of_fifty_stand_still(self):
        seconds = unique_seconds()
        mark = os.path.join(self.controller.folder, "pids")
        script = f"set -- $SSH_CONNECTION\ncase $3 in *.[1-5]) echo $$ >>'{mark}'; exec sleep {seconds};; esac\necho \"I am $3\"\n"
        run = self.api.start_run(self.module(script), tags=["all"])
        hung = []
        try:
            def all_begun():
                with open(mark, encoding="ascii") as file:
                    return len(file.read().split()) == 5
            wait_until("the five have begun", lambda: os.path.exists(mark) and all_begun(), 30)
            with open(mark, encoding="ascii") as file:
                hung = [self.sshd_above(int(pid)) for pid in file.read().split()]
            for pid in hung:
                os.kill(pid, signal.SIGSTOP)
            stood = time.monotonic()
            self.api.wait_for_run(run, 40)
            self.assertLess(time.monotonic() - stood, SILENCE_S * 2 + 3)
            targets = self.api.targets(run)
            for i in range(50):
                target = targets[f"host{i}"]
                if i < 5:
                    self.assert_outcome(target, "lost")
                    self.assertIn("may still run", target["message"])
                else:
                    self.assert_outcome(target, "ok", 0)
                    self.assertEqual(self.api.raw(run, f"host{i}"), f"I am 127.3.0.{i + 1}\n".encode())
        finally:
            for pid in hung:
                os.kill(pid, signal.SIGKILL)
            self.end_leftovers(seconds)

    def test_a_server_restarted_in_the_middle_of_a_run(self):
        hosts = [f"host{i}" for i in range(24)]
        module = self.module("sleep 1\nset -- $SSH_CONNECTION\necho \"I am $3\"\n")
        run = self.api.start_run(module, hosts, concurrency=8)
        wait_until("some are through", lambda: self.api.run_state(run)["counts"]["ok"] >= 8, 30, 0.05)
        self.sshd.stop()
        self.sshd.start()
        self.api.wait_for_run(run, 60)
        targets = self.api.targets(run)
        outcomes = {name: targets[name]["outcome"] for name in hosts}
        self.assertLessEqual(set(outcomes.values()), {"ok", "lost", "unreachable"}, outcomes)
        # Which of the two depends on how far the next ones had come.
        self.assertTrue({"lost", "unreachable"} & set(outcomes.values()), outcomes)
        for name in hosts:
            output = self.api.raw(run, name)
            if outcomes[name] == "ok":
                self.assertEqual(output, f"I am {targets[name]['address']}\n".encode())
            else:
                self.assertTrue(targets[name]["message"])
        state, targets = self.api.run_module(self.module("echo again\n"), hosts)
        self.assertEqual(state["counts"]["ok"], len(hosts), [target["message"] for target in targets.values() if target["message"]])

    def test_no_way_of_losing_a_command_is_a_success(self):
        seconds = unique_seconds()
        hosts = [f"host{i}" for i in range(20)]
        module = self.module(f"echo begun\nsleep {seconds}\n")
        for kill in ("the server's process", "the shell around the script", "the script"):
            run = self.api.start_run(module, hosts)
            wait_until("all sleep", lambda: len(pids_with(seconds)) == len(hosts), 30)
            for pid in pids_with(seconds):
                if kill == "the server's process":
                    os.kill(self.sshd_above(pid), signal.SIGKILL)
                elif kill == "the script":
                    os.kill(-stat_of(pid)[2], signal.SIGKILL)
                else:
                    # sshd's child: /bin/sh, which waits for the script's group to end
                    shell = stat_of(pid)[1]
                    while not read_proc(stat_of(shell)[1], "comm").startswith(b"sshd"):
                        shell = stat_of(shell)[1]
                    os.kill(shell, signal.SIGKILL)
            if kill == "the shell around the script":
                self.end_leftovers(seconds)
            self.api.wait_for_run(run, 40)
            for name, target in self.api.targets(run).items():
                self.assertIn(target["outcome"], ("lost", "failed"), f"{kill}: {name}: {target}")
                self.assertTrue(target["message"])
                self.assertEqual(self.api.raw(run, name), b"begun\n")
            self.end_leftovers(seconds)

    def test_a_channel_closed_for_being_idle(self):
        if not knows_channel_timeout(self.sshd):
            self.skipTest("this sshd has no ChannelTimeout")
        seconds = unique_seconds()
        impatient = Sshd(self.controller.folder, config=["ChannelTimeout session:command=1s"], log_level="ERROR").start()
        try:
            shutil.copyfile(self.sshd.authorized, impatient.authorized)
            self.controller.add_host("impatient", port=impatient.port, login=impatient.login, key="ops")
            _, targets = self.api.run_module(self.module(f"echo begun\nsleep {seconds}\n"), ["impatient"], seconds=40)
            self.assertIn(targets["impatient"]["outcome"], ("lost", "failed"), targets)
        finally:
            impatient.stop()
            self.end_leftovers(seconds)

    def test_talking_without_end_is_cut_and_ends_with_the_run(self):
        child = unique_seconds()
        memory = self.resident_mib()
        run = self.api.start_run(self.module(f"sleep {child} &\nyes\n"), ["host1", "host2"], timeout_s=4)
        most = 0
        try:
            deadline = time.monotonic() + 40
            while self.api.run_state(run)["state"] != "finished":
                self.assertLess(time.monotonic(), deadline, "it stalls")
                most = max(most, self.resident_mib())
                time.sleep(0.1)
            for target in self.api.targets(run).values():
                self.assert_outcome(target, "timed_out")
                self.assertGreater(target["cut_bytes"], 0)
                self.assertLessEqual(target["stdout_bytes"], 8 << 20)
            if not any(os.environ.get(name) for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")):
                self.assertLess(most, memory + 64)
            wait_until("the child has ended too", lambda: pids_with(child) == [], 10)
        finally:
            self.end_leftovers(child)

    def resident_mib(self):
        [resident] = [line for line in read_proc(self.controller.pid, "status").splitlines() if line.startswith(b"VmRSS:")]
        return int(resident.split()[1]) / 1024

    def test_a_stream_of_bytes_that_are_no_text(self):
        script = "i=0; while [ $i -lt 400 ]; do head -c 5000 /dev/urandom; i=$((i+1)); done | tee /dev/stderr | sha256sum >&3\n"
        where = os.path.join(self.controller.folder, "sum")
        script = f"exec 3>'{where}'\n" + script
        run, targets = self.api.run_module(self.module(script), ["host1"])
        self.assert_outcome(targets["host1"], "ok", 0)
        with open(where, encoding="ascii") as file:
            expected = file.read().split()[0]
        self.assertEqual(hashlib.sha256(self.api.raw(run["id"], "host1", "stderr")).hexdigest(), expected)


if __name__ == "__main__":
    main()
