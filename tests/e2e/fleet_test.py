#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two hundred hosts in one run: each answers for itself, all are ok, and it costs little."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, Told, cpu_seconds, folder, main

HOSTS = {f"web{i:03}": f"127.1.0.{i}" for i in range(1, 201)}
# The third word is the address that this very connection came to.
SCRIPT = "#!/bin/sh\nset -- $SSH_CONNECTION\necho \"I am $3\"\necho \"not $1\" >&2\n"


class Fleet(Scenario):
    def test_two_hundred_hosts(self):
        controller = Controller(folder())
        sshd = Sshd(controller.folder, every_loopback=True, log_level="ERROR").start()
        controller.start()
        controller.add_key("ops", sshd.new_key())
        table = "name,address,port,login,key,app\n" + "".join(
            f"{name},{address},{sshd.port},{sshd.login},ops,Linux.Web/www.domain.com\n" for name, address in HOSTS.items())
        self.assertEqual(controller.cli_json("host", "import", "-", stdin=table.encode())["added"], len(HOSTS))
        module = controller.add_module(SCRIPT)
        api = controller.api
        for round_ in ("first", "second"):
            before, began = cpu_seconds(controller.pid), time.monotonic()
            run = api.start_run(module, apps=["Linux.Web/www.domain.com"])
            told = Told()
            with api.events(run) as stream:
                for event in stream:
                    told.take(event)
            seconds, cpu = time.monotonic() - began, cpu_seconds(controller.pid) - before
            print(f"{round_} run: {len(HOSTS)} hosts in {seconds:.2f} s, controller {cpu * 1000 / len(HOSTS):.2f} ms of CPU a host")
            self.assertLess(cpu * 1000 / len(HOSTS), 25, "ten times what it should cost, and more than pssh")

            state = api.run_state(run)
            self.assertEqual((state["outcome"], state["total"], state["counts"]["ok"]), ("ok", len(HOSTS), len(HOSTS)), state)
            targets = api.targets(run)
            self.assertEqual(set(targets), set(HOSTS))
            self.assertTrue(told.ended)
            for name, address in HOSTS.items():
                self.assertEqual(targets[name]["address"], address)
                self.assertEqual(api.raw(run, name), f"I am {address}\n".encode())
                self.assertEqual(told.output[targets[name]["index"], "stdout"], f"I am {address}\n")
                self.assertEqual(told.rows[targets[name]["index"]], targets[name])
        with open(os.path.join(controller.data, "known_hosts"), encoding="ascii") as file:
            self.assertEqual(len([line for line in file if line.strip() and not line.startswith("#")]), len(HOSTS))
        sshd.stop()
        controller.close()


if __name__ == "__main__":
    main()
