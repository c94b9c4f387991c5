#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a host prints is what is stored, byte for byte; and a module's file is in force as soon as it is there."""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, Sshd, folder, main, wait_until

KEPT = 8 << 20  # the documented limit of one target's kept output, and the part of it that is the end
TAIL = 64 << 10


class Outputs(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder).start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        cls.controller.add_host("web1", port=cls.sshd.port, login=cls.sshd.login, key="ops")
        cls.api = cls.controller.api
        cls.hosts = ["web1", cls.controller.local_host()]

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def cat(self, name, content):
        """A module that prints exactly these bytes, on both streams if there are two."""
        files = []
        for i, part in enumerate(content):
            path = os.path.join(self.controller.folder, f"{name}.{i}")
            with open(path, "wb") as file:
                file.write(part)
            files.append(path)
        redirect = f"; cat '{files[1]}' >&2" if len(files) > 1 else ""
        return self.controller.add_module(f"#!/bin/sh\ncat '{files[0]}'{redirect}\n")

    def check(self, name, out, err=b""):
        run, targets = self.api.run_module(self.cat(name, [out, err]), self.hosts)
        for host in self.hosts:
            self.assert_outcome(targets[host], "ok", 0)
            self.assertEqual((targets[host]["stdout_bytes"], targets[host]["stderr_bytes"], targets[host]["cut_bytes"]), (len(out), len(err), 0), host)
            # assertEqual would print megabytes.
            self.assertTrue(self.api.raw(run["id"], host) == out, f"{host}: stdout differs")
            self.assertTrue(self.api.raw(run["id"], host, "stderr") == err, f"{host}: stderr differs")
        return run

    def test_every_byte_there_is(self):
        self.check("bytes", bytes(range(256)) * 3, bytes(reversed(range(256))))

    def test_nothing_at_all(self):
        self.check("nothing", b"", b"")

    def test_no_line_end_at_the_end(self):
        self.check("no-newline", b"abc", b"def")

    def test_what_looks_like_a_mark(self):
        self.check("marks", b"0123456789abcdef0123456789abcdef:E:0\n:B:1\n" * 200, b"0123456789abcdef0123456789abcdef:E:0\n")

    def test_text_of_another_encoding(self):
        gbk = "系统日志\n".encode("gbk")
        run = self.check("gbk", gbk)
        [chunk] = self.api.chunks(run["id"], "web1")
        self.assertEqual(chunk["text"], gbk.decode("utf-8", "replace"))

    def test_characters_cut_by_chunks(self):
        text = "一二三四五六七八九十\n" * 40000
        run = self.check("utf8", text.encode())
        self.assertTrue("".join(chunk["text"] for chunk in self.api.chunks(run["id"], "web1")) == text, "decoded text differs")

    def test_seven_megabytes_of_noise_on_both_streams(self):
        noise = random.Random(1).randbytes(7 << 19)
        self.check("noise", noise, noise[::-1])

    def test_ten_megabytes_are_kept_at_both_ends_and_the_cut_is_counted(self):
        out = random.Random(2).randbytes(10 << 20)
        run, targets = self.api.run_module(self.cat("ten", [out]), self.hosts)
        for host in self.hosts:
            target = targets[host]
            self.assert_outcome(target, "ok", 0)
            raw = self.api.raw(run["id"], host)
            self.assertEqual(len(raw), target["stdout_bytes"])
            self.assertEqual(target["stdout_bytes"] + target["cut_bytes"], len(out))
            if target["cut_bytes"]:
                self.assertEqual(len(raw), KEPT, host)
                self.assertTrue(raw[:KEPT - TAIL] == out[:KEPT - TAIL], f"{host}: the beginning differs")
                self.assertTrue(raw[KEPT - TAIL:] == out[-TAIL:], f"{host}: the end differs")
            else:
                self.assertTrue(raw == out, f"{host}: differs")

    def test_a_flood_ends_without_filling_the_memory(self):
        module = self.controller.add_module("#!/bin/sh\nyes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 200000000\nexit 7\n")
        _, targets = self.api.run_module(module, ["web1"], seconds=90)
        self.assert_outcome(targets["web1"], "failed", 7)
        self.assertEqual(targets["web1"]["stdout_bytes"] + targets["web1"]["cut_bytes"], 200000000)

    def test_a_script_in_any_language(self):
        module = self.controller.add_module(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], end='')\n", suffix="py",
                                            form='A: <input name="sys_param_1"> B: <input name="sys_param_2">')
        run, _ = self.api.run_module(module, self.hosts, {"sys_param_1": "it's \"$(id)\" `x` \\n", "sys_param_2": ""})
        for host in self.hosts:
            self.assertEqual(self.api.raw(run["id"], host).decode(), repr(["it's \"$(id)\" `x` \\n", ""]))

    def test_parameters_arrive_as_they_were_given(self):
        module = self.controller.add_module("#!/bin/sh\nprintf '%s|%s|%s' \"$1\" \"$SYS_PARAM_1\" \"$#\"\n",
                                            form='<textarea name="sys_param_1"></textarea>')
        for value in ("plain", "$HOME `id` $(id)", "a'b\"c\\d", "two\nlines\n\n", "-n", "*", "~", "中文 🖥", " lead and trail ", "%s%n", "!!",
                      "\x01\x1b[31m\x7f", "x" * 100_000):
            run, targets = self.api.run_module(module, self.hosts, {"sys_param_1": value})
            for host in self.hosts:
                self.assert_outcome(targets[host], "ok", 0)
                got = self.api.raw(run["id"], host).decode()
                self.assertTrue(got == f"{value}|{value}|1", f"{host}: {value[:60]!r} became {got[:200]!r}")

    # --- the file

    def test_a_changed_file_is_in_force_for_the_next_run(self):
        module = self.controller.add_module("#!/bin/sh\necho one\n")
        first, _ = self.api.run_module(module, self.hosts)
        self.controller.write_module(module, "#!/bin/sh\necho two\n")

        def changed():
            run, _ = self.api.run_module(module, self.hosts)
            return run["id"] if self.api.raw(run["id"], "web1") == b"two\n" else None
        second = wait_until("the new file runs", changed, 10)
        self.assertEqual(self.api.raw(first["id"], "web1"), b"one\n")
        self.assertEqual(self.api.raw(second, self.hosts[1]), b"two\n")
        self.assertNotEqual(self.api.run_state(second)["source"]["sha256"], first["source"]["sha256"])

    def test_a_running_run_keeps_the_file_it_started_with(self):
        module = self.controller.add_module("#!/bin/sh\nsleep 1.5\necho one\n")
        run = self.api.start_run(module, self.hosts, concurrency=1)
        before = self.api.get(f"/modules/{module}")["module"]["source"]["sha256"]
        self.controller.write_module(module, "#!/bin/sh\necho two\n")
        wait_until("the new file is in force", lambda: self.api.get(f"/modules/{module}")["module"]["source"]["sha256"] != before)
        self.api.wait_for_run(run)
        self.assertEqual([self.api.raw(run, host) for host in self.hosts], [b"one\n", b"one\n"])

    def test_a_module_without_a_file_says_which_file_to_write(self):
        added = self.api.post("/modules", {"name": "空", "name_en": "", "caption": "x", "caption_en": "", "form": "", "risk": "read"})["module"]
        self.assertEqual(added["source"]["state"], "not_written")
        self.assertTrue(added["source"]["path"].endswith(f"modules/ssh/Mid_{added['id']}.sh"), added)
        answer = self.api.send("POST", "/api/v1/runs", {"module": added["id"], "select": {"hosts": ["web1"]}, "parameters": {}})
        self.assertGreaterEqual(answer.status, 400)
        self.assertIn(f"Mid_{added['id']}", answer.error()["message"])

    def test_a_file_that_others_may_write_is_refused_and_named(self):
        module = self.controller.add_module("#!/bin/sh\necho good\n")
        self.controller.write_module(module, "#!/bin/sh\necho bad\n", mode=0o666)
        wait_until("it is shown as broken", lambda: self.controller.module_state(module) == "broken")
        source = self.api.get(f"/modules/{module}")["module"]["source"]
        self.assertIn(f"Mid_{module}.sh", source["path"] + source["problem"])
        self.assertTrue(source["problem"])
        run, _ = self.api.run_module(module, ["web1"])
        self.assertEqual(self.api.raw(run["id"], "web1"), b"good\n", "the version before stays in force")
        self.assertIn(f"Mid_{module}", self.controller.log())
        self.controller.write_module(module, "#!/bin/sh\necho mended\n")
        wait_until("it is mended", lambda: self.controller.module_state(module) == "ready")
        run, _ = self.api.run_module(module, ["web1"])
        self.assertEqual(self.api.raw(run["id"], "web1"), b"mended\n")

    def test_two_files_for_one_number_are_refused(self):
        module = self.controller.add_module("#!/bin/sh\necho good\n")
        self.controller.write_module(module, f"#!{sys.executable}\nprint('which?')\n", name=f"Mid_{module}.py")
        wait_until("it is shown as broken", lambda: self.controller.module_state(module) == "broken")
        os.remove(self.controller.module_path(module, f"Mid_{module}.py"))
        wait_until("it is ready again", lambda: self.controller.module_state(module) == "ready")


if __name__ == "__main__":
    main()
