#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The binary alone in an empty root directory: it serves, and says clearly what cannot work there."""

import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, Controller, Scenario, Sshd, folder, main, needs_root
from harness.controller import binary


class EmptyRoot(Scenario):
    def test_serves_from_an_empty_root(self):
        root = folder()
        shutil.copy(binary(), os.path.join(root, "omserver"))
        controller = Controller(folder(), root=root)
        sshd = Sshd(controller.folder).start()
        controller.start()
        api = controller.api
        self.assertEqual(Api(controller.port).send("GET", "/healthz").status, 200)
        page = Api(controller.port).send("GET", "/")
        self.assertEqual(page.status, 200)
        self.assertIn("<html", page.text())
        self.assertEqual(len(api.get("/modules")["modules"]), 7)

        # This machine has no shell here.
        local = controller.local_host()
        run, targets = api.run_module(1003, [local])
        self.assert_outcome(targets[local], "failed")
        self.assertIn("/bin/sh", targets[local]["message"])
        answer = controller.cli("run", 1003, "-H", local, expect=1)
        self.assertIn("/bin/sh", answer.stdout.decode())

        # Other machines have one.
        key = sshd.new_key()
        shutil.copy(key.path, os.path.join(root, "key"))
        controller.cli("key", "add", "ops", "--file", "/key")
        controller.add_host("web1", port=sshd.port, login=sshd.login, key="ops")
        run, targets = api.run_module(1003, ["web1"])
        self.assert_outcome(targets["web1"], "ok", 0)
        self.assertIn(os.uname().release, api.raw(run["id"], "web1").decode())

        controller.close()
        self.assertEqual(sorted(os.listdir(root)), ["data", "key", "omserver"], "it left files elsewhere")
        controller.start()
        self.assertEqual(controller.api.run_state(run["id"])["outcome"], "ok")
        controller.close()
        sshd.stop()


if __name__ == "__main__":
    needs_root()
    main()
