#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fresh data directory: what is in it, how one signs in, the first run, and that it is all there after a restart."""

import json
import os
import re
import select
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, Controller, Scenario, Sshd, folder, main, wait_until
from harness.controller import SOURCE
from harness.processes import free_port

CATEGORIES = ["Linux.Lbalancing", "Linux.Sysadmin", "Linux.Backup", "Linux.Ice", "Linux.Logs", "Linux.Hadoop", "Linux.Cache",
              "Linux.Memcached", "Linux.Mysql", "Linux.Proxy", "Linux.Web", "Windows.Mssql", "Windows.Web"]
MODULES = {1001: "查看系统日志", 1002: "查看最新登录", 1003: "查看系统版本", 1004: "查看内核模块", 1005: "同步应用文件",
           1006: "查看应用配置", 1007: "重启进程服务"}
PASSWORD = "Correct horse 电池 staple"


def session_cookie(answer):
    """(name=value, attributes in lower case) of the one cookie that was set."""
    [cookie] = answer.headers.get_all("Set-Cookie")
    pair, *attributes = cookie.split(";")
    return pair, [attribute.strip().lower() for attribute in attributes]


class FirstRun(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder()
        cls.controller = Controller(cls.folder)
        cls.start_seconds = cls.controller.start()
        cls.api = cls.controller.api
        cls.local = cls.controller.local_host()

    @classmethod
    def tearDownClass(cls):
        cls.controller.close()

    def sign_in(self):
        """An Api that asks as a browser does, and the token it has to show."""
        answer = Api(self.controller.port).send("POST", "/api/v1/session/link", {"code": self.controller.sign_in_code()})
        self.assertEqual(answer.status, 200, answer.text())
        cookie, _ = session_cookie(answer)
        return Api(self.controller.port, headers={"Cookie": cookie}), answer.json()["csrf"]

    # --- what is there

    def test_has_the_inventory_of_the_original_and_this_machine(self):
        categories = self.api.get("/categories")["categories"]
        self.assertEqual([(one["id"], one["name"]) for one in categories], list(enumerate(CATEGORIES, 1)))
        apps = {(app["category"], app["name"]): app for app in self.api.get("/apps", category=[2, 11])["apps"]}
        self.assertEqual(set(apps), {("Linux.Web", "www.domain.com"), ("Linux.Web", "bbs.domain.com"), ("Linux.Sysadmin", "本机")})
        self.assertEqual({name: app["host_count"] for (_, name), app in apps.items()},
                         {"www.domain.com": 0, "bbs.domain.com": 0, "本机": 1})
        [host] = self.api.get("/hosts", app=apps["Linux.Sysadmin", "本机"]["id"])["hosts"]
        self.assertEqual((host["platform"], host["apps"]), ("local", ["Linux.Sysadmin/本机"]))

    def test_has_the_seven_modules(self):
        modules = {module["id"]: module for module in self.api.get("/modules")["modules"]}
        self.assertEqual({number: module["name"] for number, module in modules.items()}, MODULES)
        for module in modules.values():
            self.assertEqual((module["source"]["state"], module["source"]["origin"]), ("ready", "builtin"), module)
            self.assertTrue(module["name_en"] and module["caption_en"], module)

    def test_serves_the_page_and_its_scripts(self):
        page = Api(self.controller.port).send("GET", "/")
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
        self.assertIn("text/html", page.headers["Content-Type"])
        scripts = re.findall(r'<script[^>]*src="([^"]+)"', page.text())
        self.assertTrue(scripts, page.text()[:500])
        for script in scripts:
            self.assertEqual(Api(self.controller.port).send("GET", script).status, 200, script)
        self.assertNotRegex(page.text(), r"<script(?![^>]*src=)[^>]*>\s*\S", "an inline script")

    def test_keeps_its_files_to_itself(self):
        for name in ("omserver.db", "secret.key", "control.sock"):
            mode = stat.S_IMODE(os.stat(os.path.join(self.controller.data, name)).st_mode)
            self.assertEqual(mode & 0o077, 0, f"{name}: {mode:o}")
        with open("/proc/net/tcp", encoding="ascii") as file:
            mine = [line.split()[1] for line in file if line.split()[1].endswith(f":{self.controller.port:04X}") and line.split()[3] == "0A"]
        self.assertEqual(mine, [f"0100007F:{self.controller.port:04X}"], "listens elsewhere than on 127.0.0.1")

    # --- signing in

    def test_asks_everybody_who_they_are(self):
        nobody = Api(self.controller.port)
        for method, path in [("GET", "/session"), ("GET", "/hosts"), ("GET", "/runs"), ("POST", "/runs"), ("POST", "/hosts"),
                             ("GET", "/runs/1/events"), ("GET", "/modules/1003/source?platform=ssh"), ("GET", "/credentials")]:
            answer = nobody.send(method, "/api/v1" + path, {} if method == "POST" else None)
            self.assertEqual((answer.status, answer.error().get("code")), (401, "unauthorized"), path)
        self.assertEqual(Api(self.controller.port, "0" * 43).send("GET", "/api/v1/hosts").status, 401)

    def test_a_link_signs_in_once(self):
        code = self.controller.sign_in_code()
        nobody = Api(self.controller.port)
        answer = nobody.send("POST", "/api/v1/session/link", {"code": code})
        self.assertEqual(answer.status, 200, answer.text())
        self.assertEqual(answer.json()["user"]["name"], "admin")
        _, attributes = session_cookie(answer)
        self.assertIn("httponly", attributes)
        self.assertIn("samesite=strict", attributes)
        again = nobody.send("POST", "/api/v1/session/link", {"code": code})
        self.assertEqual((again.status, again.error()["reason"]), (401, "access.link_refused"))

    def test_the_first_start_shows_such_a_link_on_a_terminal(self):
        fresh = Controller(folder())
        master, slave = os.openpty()
        fresh.start(stderr=slave)
        try:
            shown = b""
            while b"#code=" not in shown or not shown.endswith(b"\n"):
                self.assertTrue(select.select([master], [], [], 10)[0], shown)
                shown += os.read(master, 65536)
            code = re.search(r"/sign-in#code=([^\s\"]+)", shown.decode())[1]
            answer = Api(fresh.port).send("POST", "/api/v1/session/link", {"code": code})
            self.assertEqual(answer.status, 200, answer.text())
        finally:
            fresh.close()
            os.close(slave)
            os.close(master)

    def test_a_log_that_is_kept_holds_no_link(self):
        self.controller.sign_in_code()
        self.assertNotIn("code=", self.controller.log())
        self.assertIn("omserver user link admin", self.controller.log(), "nobody is told how to sign in")

    def test_a_session_needs_its_csrf_token_to_change_anything(self):
        browser, csrf = self.sign_in()
        self.assertEqual(browser.get("/session")["user"]["name"], "admin")
        app = {"name": "csrf-test", "category": "Linux.Ice"}
        for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
            self.assertEqual(browser.send("POST", "/api/v1/apps", app, headers).status, 403, headers)
        self.assertNotIn("csrf-test", [one["name"] for one in self.api.get("/apps")["apps"]])
        self.assertEqual(browser.send("POST", "/api/v1/apps", app, {"X-CSRF-Token": csrf}).status, 201)

    def test_signing_out_ends_the_session(self):
        browser, csrf = self.sign_in()
        self.assertEqual(browser.send("DELETE", "/api/v1/session", None, {"X-CSRF-Token": csrf}).status, 200)
        self.assertEqual(browser.send("GET", "/api/v1/session").status, 401)

    def test_a_password_signs_in_and_another_does_not(self):
        browser, csrf = self.sign_in()
        changed = browser.send("PUT", "/api/v1/session/password", {"password": PASSWORD}, {"X-CSRF-Token": csrf})
        self.assertEqual(changed.status, 200, changed.text())
        nobody = Api(self.controller.port)
        wrong = nobody.send("POST", "/api/v1/session", {"user": "admin", "password": PASSWORD + "x"})
        self.assertEqual((wrong.status, wrong.error()["reason"]), (401, "access.sign_in_refused"))
        unknown = nobody.send("POST", "/api/v1/session", {"user": "nobody", "password": PASSWORD})
        self.assertEqual(unknown.error(), wrong.error(), "the answer tells which users there are")
        wait_until("the right password signs in", lambda: nobody.send(
            "POST", "/api/v1/session", {"user": "admin", "password": PASSWORD}).status == 200, 20, 0.5)

    def test_strangers_cannot_borrow_the_browser(self):
        browser, csrf = self.sign_in()
        self.assertEqual(browser.send("GET", "/api/v1/session", None, {"Host": "evil.example"}).status, 421)
        answer = browser.send("POST", "/api/v1/apps", {"name": "x", "category": "Linux.Web"},
                              {"X-CSRF-Token": csrf, "Origin": "http://evil.example"})
        self.assertEqual(answer.status, 403)

    # --- running

    def test_runs_1003_on_this_machine(self):
        run, targets = self.api.run_module(1003, apps=["Linux.Sysadmin/本机"])
        self.assertEqual(run["outcome"], "ok")
        target = targets[self.local]
        self.assert_outcome(target, "ok", 0)
        self.assertEqual(target["platform"], "local")
        output = self.api.raw(run["id"], self.local).decode()
        self.assertIn(os.uname().release, output)
        self.assertEqual(len(output.encode()), target["stdout_bytes"])

    def test_a_preview_says_what_would_run_and_runs_nothing(self):
        before = self.api.get("/runs")["runs"][:1]
        preview = self.api.post("/preview", {"module": 1003, "select": {"hosts": [self.local]}, "parameters": {}})["preview"]
        self.assertEqual(preview["count"], 1)
        self.assertEqual([(group["platform"], group["hosts"]) for group in preview["groups"]], [("local", [self.local])])
        self.assertEqual(preview["source"]["sha256"], self.api.get("/modules/1003")["module"]["source"]["sha256"])
        self.assertEqual(self.api.get("/runs")["runs"][:1], before)

    def test_refuses_by_field_what_does_not_fit_the_form(self):
        before = self.api.get("/runs")["runs"][:1]
        for value in ("", "5o", "1000", "10; id", "-1", "5\n"):
            answer = self.api.send("POST", "/api/v1/runs", {"module": 1001, "select": {"hosts": [self.local]},
                                                          "parameters": {"sys_param_1": value}})
            self.assertEqual(answer.status, 400, value)
            self.assertEqual([field["field"] for field in answer.error()["fields"]], ["sys_param_1"], answer.text())
        self.assertEqual(self.api.get("/runs")["runs"][:1], before)

    def test_errors_have_reasons_that_the_page_can_say_in_chinese(self):
        with open(os.path.join(SOURCE, "assets", "i18n", "reasons.zh-CN.json"), encoding="utf-8") as file:
            sentences = json.load(file)
        for path, body in [("/runs", {"module": 9999, "select": {"hosts": [self.local]}}),
                           ("/runs", {"module": 1001, "select": {"hosts": [self.local]}, "parameters": {"sys_param_1": "x"}}),
                           ("/runs", {"module": 1003, "select": {"hosts": ["no-such-host"]}}),
                           ("/runs", {"module": 1003, "select": {"hosts": []}}), ("/runs", {"module": "x"}),
                           ("/apps", {"name": "x", "category": "no-such-category"}), ("/hosts", {"name": "a b", "address": "192.0.2.1"})]:
            error = self.api.send("POST", "/api/v1" + path, body).error()
            self.assertTrue(error["message"], error)
            self.assertIn(error["reason"], sentences)

    def test_the_same_idempotency_key_gives_the_same_run(self):
        first = self.api.start_run(1003, [self.local], key="once-only")
        self.assertEqual(self.api.start_run(1003, [self.local], key="once-only"), first)
        self.assertNotEqual(self.api.start_run(1003, [self.local], key="another"), first)


class CommandLine(Scenario):
    """Every command says the same whether a controller runs on the data directory or not."""

    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder).start()
        cls.key = cls.sshd.new_key()
        cls.controller.start()
        cls.controller.add_key("ops", cls.key)
        cls.controller.cli("host", "add", "web1", "--address", "127.0.0.1", "--port", cls.sshd.port, "--login", cls.sshd.login,
                           "--key", "ops", "--app", "Linux.Web/www.domain.com", "--tag", "blue", "--tag", "eu")
        cls.failing = cls.controller.add_module("#!/bin/sh\necho out; echo err >&2; exit 3\n")

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()

    def setUp(self):
        if not self.controller.alive():
            self.controller.start()

    def in_both_ways(self, *arguments, expect=0):
        """The JSON of a command with the controller running, and without."""
        running = self.controller.cli_json(*arguments, expect=expect)
        self.controller.close()
        return running, self.controller.cli_json(*arguments, expect=expect)

    def test_lists(self):
        for what in ("host", "app", "module", "key"):
            self.setUp()
            by_url = self.controller.cli_json(what, "list", "--url", f"http://127.0.0.1:{self.controller.port}",
                                              environment={"OMSERVER_TOKEN": self.controller.token})
            running, alone = self.in_both_ways(what, "list")
            self.assertEqual(running, alone, what)
            self.assertEqual(running, by_url, what)
        [host] = [host for host in self.controller.cli_json("host", "list")["hosts"] if host["name"] == "web1"]
        self.assertEqual((host["port"], host["apps"], host["tags"]), (self.sshd.port, ["Linux.Web/www.domain.com"], ["blue", "eu"]))

    def test_a_run(self):
        def fixed(answer):
            """What is the same in every such run."""
            run, targets = answer["run"], answer["targets"]
            volatile = {"id", "created_at", "finished_at", "duration_ms", "started_at", "seq"}
            return [{name: value for name, value in part.items() if name not in volatile} for part in (run, *targets)]
        for selection in (["-H", "web1"], ["-a", "Linux.Web/www.domain.com"], ["-t", "blue"]):
            self.setUp()
            running, alone = self.in_both_ways("run", 1003, *selection)
            self.assertEqual(fixed(running), fixed(alone))
            self.assertEqual(running["run"]["outcome"], "ok")
            [target] = running["targets"]
            self.assertEqual((target["host"], target["address"], target["outcome"], target["exit_code"], target["signal"], target["stderr"]),
                             ("web1", "127.0.0.1", "ok", 0, "", ""))
            self.assertIn(os.uname().release, target["stdout"])
            self.assertGreaterEqual(target["duration_ms"], 0)

    def test_a_failing_run_exits_1(self):
        for answer in self.in_both_ways("run", self.failing, "-H", "web1", expect=1):
            [target] = answer["targets"]
            self.assertEqual((target["outcome"], target["exit_code"], target["stdout"], target["stderr"]), ("failed", 3, "out\n", "err\n"))

    def test_what_is_refused_exits_2(self):
        for _ in range(2):  # with a controller, and without
            for arguments in (["run", 9999, "-H", "web1"], ["run", 1003, "-H", "nobody"], ["run", 1003], ["run", 1001, "-H", "web1", "-p", "x"],
                              ["run"], ["no-such-command"], ["host", "add", "x"], ["run", 1003, "-a", "Linux.Web/none"]):
                done = self.controller.cli(*arguments, expect=2)
                self.assertTrue(done.stderr.strip(), arguments)
                self.assertNotIn(b"terminate called", done.stderr)
            if self.controller.alive():
                self.controller.close()

    def test_a_second_controller_on_the_same_data_is_refused(self):
        done = self.controller.cli("serve", "--listen", f"127.0.0.1:{free_port()}", expect=2, seconds=10)
        self.assertIn(self.controller.data, done.stderr.decode())
        self.assertTrue(self.controller.alive())

    def test_every_command_has_help_with_an_example(self):
        for command in ("serve", "run", "host add", "host import", "host list", "app add", "key add", "token create", "user link", "version"):
            text = self.controller.cli(*command.split(), "--help").stdout.decode()
            self.assertIn(f"omserver {command.split()[0]}", text, command)


class Restart(Scenario):
    def test_everything_is_there_after_a_restart(self):
        controller = Controller(folder())
        sshd = Sshd(controller.folder).start()
        controller.start()
        controller.add_key("ops", sshd.new_key())
        controller.add_host("web1", port=sshd.port, login=sshd.login, key="ops", apps=["Linux.Web/bbs.domain.com"], tags=["t"])
        module = controller.add_module("#!/bin/sh\nprintf 'out of %s' \"$1\"; printf 'problem\\n' >&2; exit 4\n",
                                       form='Word: <input type="text" name="sys_param_1">')
        api = controller.api
        run, _ = api.run_module(module, ["web1", controller.local_host()], {"sys_param_1": "字"})
        paths = [f"/runs/{run['id']}", f"/runs/{run['id']}/targets", "/runs", "/hosts", "/apps", "/modules", f"/modules/{module}", "/credentials"]
        before = {path: api.get(path) for path in paths}
        outputs = {(host, stream): api.raw(run["id"], host, stream) for host in before[paths[1]] and api.targets(run["id"]) for stream in ("stdout", "stderr")}
        self.assertEqual(set(outputs.values()), {"out of 字".encode(), b"problem\n"})
        self.assertEqual(controller.stop(), 0)
        controller.start()
        api = controller.api  # the token was made before: it still opens the door
        self.assertEqual({path: api.get(path) for path in paths}, before)
        for (host, stream), bytes_ in outputs.items():
            self.assertEqual(api.raw(run["id"], host, stream), bytes_)
        again, targets = api.run_module(1003, ["web1"])
        self.assertEqual(again["outcome"], "ok", targets)
        controller.close()
        sshd.stop()


if __name__ == "__main__":
    main()
