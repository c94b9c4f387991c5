#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The endpoints of the original, byte for byte, as its own page calls them."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Api, Controller, Scenario, Sshd, folder, main
from harness.controller import SOURCE

PROTOTYPE = {"X-Requested-With": "XMLHttpRequest", "X-Prototype-Version": "1.6.0",
             "Accept": "text/javascript, text/html, application/xml, text/xml, */*"}
CATEGORIES = ("<-请选择功能类别->,Linux.Lbalancing,Linux.Sysadmin,Linux.Backup,Linux.Ice,Linux.Logs,Linux.Hadoop,Linux.Cache,"
              "Linux.Memcached,Linux.Mysql,Linux.Proxy,Linux.Web,Windows.Mssql,Windows.Web|-1,1,2,3,4,5,6,7,8,9,10,11,12,13")
MODULES = ("请选择功能模块...,查看系统日志,查看最新登录,查看系统版本,查看内核模块,同步应用文件,查看应用配置,重启进程服务"
           "|-1,1001,1002,1003,1004,1005,1006,1007")
OK = "<font color='#eeeeee'>运行状态</font> <font color='#006699'><b>成功</b></font>"
BAD = "<font color='#eeeeee'>运行状态</font> <font color='red'><b>失败</b></font>"
BAR = "<table width='100%' height='15'><tbody><tr><td background='/static/images/B24.gif'></td></tr></tbody></table><br>"


def head(address):
    return f"<font color='#eeeeee'>主机：</font><font color=#ffffff><b>{address}</b></font><br>"


def evaluate_as_the_page_does(bodies):
    """What eval("var resultString='" + body + "'") makes of each body, by a real JavaScript engine."""
    script = """const bodies = JSON.parse(require("fs").readFileSync(0, "utf8"));
        console.log(JSON.stringify(bodies.map(body => { eval("var resultString='" + body + "'"); return resultString; })));"""
    done = subprocess.run(["node", "-e", script], input=json.dumps(bodies).encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


class Legacy(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.controller = Controller(folder())
        cls.sshd = Sshd(cls.controller.folder, every_loopback=True).start()
        cls.controller.start()
        cls.controller.add_key("ops", cls.sshd.new_key())
        cls.api = cls.controller.api
        cls.local = cls.controller.local_host()
        for i in (1, 2):
            cls.controller.add_host(f"sn2012-07-01{i}", f"127.1.0.{i}", port=cls.sshd.port, login=cls.sshd.login, key="ops")
        cls.web = ["127.1.0.1*sn2012-07-011", "127.1.0.2*sn2012-07-012"]

    @classmethod
    def tearDownClass(cls):
        cls.sshd.stop()
        cls.controller.close()

    def ask(self, path, headers=None, post=None, timeout=60, **query):
        """The answer to the page's XHR. Its page is signed in; a token is as good."""
        target = "/autoadmin/" + path + ("?" + urllib.parse.urlencode(query) if query else "")
        sent = {**PROTOTYPE, **(headers or {})}
        if post is None:
            return self.api.send("GET", target, None, sent, timeout)
        sent["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return self.api.send("POST", target, urllib.parse.urlencode(post).encode(), sent, timeout)

    def text(self, path, **query):
        answer = self.ask(path, **query)
        self.assertEqual(answer.status, 200, f"{path} {query}: {answer.text()}")
        self.assertEqual(answer.headers["Content-Type"].replace(" ", "").lower(), "text/html;charset=utf-8")
        return answer.text()

    # --- lists

    def test_lists_of_a_fresh_controller(self):
        fresh = Controller(folder())
        fresh.start()
        try:
            api, name = fresh.api, fresh.local_host()
            for path, body in [("server_fun_categ/", CATEGORIES), ("module_list/", MODULES),
                               ("server_app_categ/?fun_categId=11", "<-请选择应用类别->,www.domain.com,bbs.domain.com|-1,1,2"),
                               ("server_app_categ/?fun_categId=2", "<-请选择应用类别->,本机|-1,3"),
                               ("server_app_categ/?fun_categId=1", "<-请选择应用类别->|-1"),
                               ("server_app_categ/?fun_categId=999", "<-请选择应用类别->|-1"),
                               ("server_app_categ/?fun_categId=x", "<-请选择应用类别->|-1"),
                               ("server_app_categ/", "<-请选择应用类别->|-1"),
                               ("server_list/?app_categId=1", "|"), ("server_list/?app_categId=999", "|"), ("server_list/", "|"),
                               ("server_list/?app_categId=3", f"127.0.0.1|127.0.0.1*{name}")]:
                answer = api.send("GET", "/autoadmin/" + path, None, PROTOTYPE)
                self.assertEqual((answer.status, answer.body.decode()), (200, body), path)
        finally:
            fresh.close()

    def test_a_list_with_the_books_own_hosts(self):
        fresh = Controller(folder())
        fresh.start()
        try:
            fresh.cli("host", "import", "-", stdin=b"""name,address,address_public,os,app
sn2012-07-010,192.168.1.10,10.11.100.10,Linux,Linux.Web/www.domain.com
sn2013-08-020,192.168.1.20,10.11.100.20,Linux,Linux.Web/www.domain.com
sn2013-08-021,192.168.1.21,10.11.100.21,Linux,Linux.Web/bbs.domain.com
sn2013-08-022,192.168.1.22,10.11.100.22,Linux,Linux.Web/bbs.domain.com
""")
            for app, body in [(1, "192.168.1.10,192.168.1.20|192.168.1.10*sn2012-07-010,192.168.1.20*sn2013-08-020"),
                              (2, "192.168.1.21,192.168.1.22|192.168.1.21*sn2013-08-021,192.168.1.22*sn2013-08-022")]:
                self.assertEqual(fresh.api.send("GET", f"/autoadmin/server_list/?app_categId={app}", None, PROTOTYPE).body.decode(), body)
        finally:
            fresh.close()

    def test_module_info(self):
        with open(os.path.join(SOURCE, "modules", "seed.json"), encoding="utf-8") as file:
            seed = {module["id"]: module for module in json.load(file)}
        self.assertEqual(self.text("module_info/", Module_Id=1003), "1003@@查看系统版本@@[<b>功能说明</b>]<br> 查看所选服务器操作系统的版本信息@@")
        for number, module in seed.items():
            parts = self.text("module_info/", Module_Id=number).split("@@")
            self.assertEqual(parts[:3], [str(number), module["name"], module["caption"]])
            self.assertEqual(len(parts), 4)
            for name in re.findall(r'id="(\w+)"', module["form"]):
                self.assertIn(f'id="{name}"', parts[3], "the page finds the field by its id")

    # --- the guard

    def test_without_a_session_there_is_one_short_line(self):
        nobody = Api(self.controller.port)
        for path in ("server_fun_categ/", "server_app_categ/?fun_categId=11", "server_list/?app_categId=1", "module_list/",
                     "module_info/?Module_Id=1003", "module_run/?ModuleID=1003&hosts=", "module_add_post/?module_name=a&module_caption=b&module_extend="):
            answer = nobody.send("GET", "/autoadmin/" + path, None, PROTOTYPE)
            self.assertEqual(answer.status, 401, path)
            self.assertLess(len(answer.body), 300)
            self.assertNotRegex(answer.text(), r"['\\\r\n<]")

    def test_a_session_opens_it_too(self):
        answer = Api(self.controller.port).send("POST", "/api/v1/session/link", {"code": self.controller.sign_in_code()})
        browser = Api(self.controller.port, headers={"Cookie": answer.headers["Set-Cookie"].split(";")[0]})
        self.assertEqual(browser.send("GET", "/autoadmin/server_fun_categ/", None, PROTOTYPE).body.decode(), CATEGORIES)
        ran = browser.send("GET", "/autoadmin/module_run/?" + urllib.parse.urlencode({"ModuleID": 1003, "hosts": f"127.0.0.1*{self.local}"}), None, PROTOTYPE)
        self.assertIn(OK, ran.text())
        self.assertEqual(self.api.get("/runs", limit=1)["runs"][0]["via"], "legacy")

    def test_a_link_on_another_site_changes_nothing(self):
        """A GET that changes something needs the header that a link or an image cannot send."""
        runs, modules = self.api.get("/runs", limit=1), self.api.get("/modules")
        answer = Api(self.controller.port).send("POST", "/api/v1/session/link", {"code": self.controller.sign_in_code()})
        browser = Api(self.controller.port, headers={"Cookie": answer.headers["Set-Cookie"].split(";")[0]})
        for path in (f"module_run/?ModuleID=1003&hosts=127.0.0.1*{self.local}", "module_add_post/?module_name=a&module_caption=b&module_extend="):
            answer = browser.send("GET", "/autoadmin/" + path)
            self.assertEqual(answer.status, 403, path)
            self.assertNotRegex(answer.text(), r"['\\\r\n<]")
        self.assertEqual((self.api.get("/runs", limit=1), self.api.get("/modules")), (runs, modules))

    # --- module_run

    def test_the_result_html_of_what_went_well(self):
        module = self.controller.add_module("#!/bin/sh\nset -- $SSH_CONNECTION\nprintf 'I am <b>%s</b> & co\\n\\tsecond' \"$3\"\n")
        for post in (None, {"ModuleID": module, "hosts": ",".join(self.web)}):
            query = {} if post else {"ModuleID": module, "hosts": ",".join(self.web)}
            answer = self.ask("module_run/", post=post, **query)
            self.assertEqual(answer.status, 200, answer.text())
            self.assertEqual(answer.text(), "".join(
                head(f"127.1.0.{i}") + OK + "<br>" + f"I am &lt;b&gt;127.1.0.{i}&lt;/b&gt; &amp; co<br>\tsecond" + "<br>" + BAR for i in (1, 2)))

    def test_the_result_html_of_what_did_not(self):
        module = self.controller.add_module("#!/bin/sh\necho 'out <i>'\necho err >&2\nexit 3\n")
        self.controller.add_host("nobody-there", "127.1.0.99", port=1, login=self.sshd.login, key="ops")
        body = self.text("module_run/", ModuleID=module, hosts=self.web[0] + ",127.1.0.99*nobody-there")
        failed, unreachable = body.split(BAR)[:2]
        self.assertTrue(failed.startswith(head("127.1.0.1") + BAD + "<br>out &lt;i&gt;<br>err<br>failed"), failed)
        self.assertTrue(unreachable.startswith(head("127.1.0.99") + BAD + "<br>unreachable"), unreachable)
        self.assertNotIn("成功", body)

    def test_parameters_in_their_order(self):
        fields = "".join(f'<input type="text" id="sys_param_{i}" name="sys_param_{i}">' for i in (1, 2, 3))
        module = self.controller.add_module("#!/bin/sh\nprintf '%s|' \"$@\"\n", form=fields)
        for query, output in [({"sys_param_1": "a", "sys_param_2": "b", "sys_param_3": "c"}, "a|b|c|"),
                              ({"sys_param_3": "c", "sys_param_1": "中 文", "sys_param_2": "&#+%"}, "中 文|&#+%|c|")]:
            body = self.text("module_run/", ModuleID=module, hosts=self.web[0], **query)
            self.assertEqual(body, head("127.1.0.1") + OK + "<br>" + html.escape(output, quote=False) + "<br>" + BAR)
        # The original joined what was there: an absent parameter leaves no gap.
        body = self.text("module_run/", ModuleID=module, hosts=self.web[0], sys_param_2="b", sys_param_3="c")
        self.assertIn("<br>b|c|", body)

    def test_what_cannot_run_is_said_in_words(self):
        self.assertIn('Module "Mid_9999" does not exist, Please add it', self.text("module_run/", ModuleID=9999, hosts=self.web[0]))
        before = self.api.get("/runs", limit=1)
        for query in ({}, {"ModuleID": 1003}, {"ModuleID": 1003, "hosts": ""}, {"ModuleID": "x", "hosts": self.web[0]},
                      {"ModuleID": 1003, "hosts": "1.2.3.4*nobody"}, {"ModuleID": 1001, "hosts": self.web[0], "sys_param_1": "5;id"}):
            answer = self.ask("module_run/", **query)
            self.assertLess(answer.status, 500, query)
            self.assertTrue(answer.body, query)
            self.assertNotIn("成功", answer.text(), query)
            self.assertLess(len(answer.text().splitlines()), 2, query)
        self.assertEqual(self.api.get("/runs", limit=1), before)

    def test_eight_hundred_hosts_by_get_and_by_post(self):
        names = [f"sn2013-08-{i:03}" for i in range(800)]
        addresses = [f"127.201.{100 + i // 250}.{i % 250}" for i in range(800)]
        # By the controller itself: what counts here is the request and the answer.
        table = "name,address,platform\n" + "".join(f"{name},{address},local\n" for name, address in zip(names, addresses))
        self.controller.cli("host", "import", "-", stdin=table.encode())
        module = self.controller.add_module("#!/bin/sh\necho hello\n")
        hosts = ",".join(f"{address}*{name}" for name, address in zip(names, addresses))
        expected = "".join(head(address) + OK + "<br>hello<br><br>" + BAR for address in addresses)
        # As the page pastes it: * and , as they are.
        path = f"/autoadmin/module_run/?ModuleID={module}&hosts={hosts}"
        self.assertGreater(len(path), 23_000)
        answer = self.api.send("GET", path, None, PROTOTYPE)
        self.assertEqual(answer.status, 200, answer.text()[:300])
        self.assertTrue(answer.text() == expected, answer.text()[:600])
        posted = self.ask("module_run/", post={"ModuleID": module, "hosts": hosts})
        self.assertTrue(posted.text() == expected, posted.text()[:600])

    def test_the_answer_comes_within_25_seconds_with_what_has_finished(self):
        module = self.controller.add_module("#!/bin/sh\nset -- $SSH_CONNECTION\n[ \"$3\" = 127.1.0.1 ] || sleep 120\necho quick\n")
        began = time.monotonic()
        body = self.text("module_run/", ModuleID=module, hosts=",".join(self.web))
        seconds = time.monotonic() - began
        self.assertLess(seconds, 27)
        self.assertGreater(seconds, 15, "it gave up too early")
        self.assertIn(head("127.1.0.1") + OK + "<br>quick<br>", body)
        self.assertEqual(body.count("成功"), 1)
        link = re.search(r"<a [^>]*href=['\"]([^'\"]*/runs/(\d+))['\"]", body)
        self.assertTrue(link, body)
        self.assertEqual(Api(self.controller.port).send("GET", link[1]).status, 200, "the link leads nowhere")
        self.assertEqual(self.api.run_state(link[2])["state"], "running")
        self.api.post(f"/runs/{link[2]}/cancel")
        self.api.wait_for_run(link[2], 20)

    # --- module_add_post

    def test_adding_a_module(self):
        for query, body in [({}, "模块名称不能为空！"), ({"module_name": "", "module_caption": "x", "module_extend": ""}, "模块名称不能为空！"),
                            ({"module_caption": "x"}, "模块名称不能为空！"), ({"module_name": "x"}, "模块功能描述不能为空！"),
                            ({"module_name": "x", "module_caption": "", "module_extend": "y"}, "模块功能描述不能为空！")]:
            self.assertEqual(self.text("module_add_post/", **query), body, query)
        known = {module["id"] for module in self.api.get("/modules")["modules"]}
        form = '行数：<input name="sys_param_1" type="text" id="sys_param_1" size="5" maxlength="3" value="50">'
        body = self.text("module_add_post/", module_name="查看磁盘", module_caption="[<b>说明</b>] 它's", module_extend=form)
        number = max(module["id"] for module in self.api.get("/modules")["modules"])
        self.assertNotIn(number, known)
        self.assertEqual(body, f"祝贺你，模块前端添加成功，模块ID为：{number}，下一步请在服务器端编写模块逻辑！")
        self.assertTrue(self.text("module_list/").endswith(f",{number}"))
        # Its file is picked up, and it runs.
        self.assertIn(f'Mid_{number}', self.text("module_run/", ModuleID=number, hosts=self.web[0], sys_param_1="7"))
        self.controller.write_module(number, "#!/bin/sh\necho \"got $1\"\n")
        deadline = time.monotonic() + 10
        while "got 7" not in (body := self.text("module_run/", ModuleID=number, hosts=self.web[0], sys_param_1="7")):
            self.assertLess(time.monotonic(), deadline, body)
            time.sleep(0.1)

    def test_the_first_added_module_is_1008(self):
        fresh = Controller(folder())
        fresh.start()
        try:
            for number in (1008, 1009):
                answer = fresh.api.send("GET", "/autoadmin/module_add_post/?" + urllib.parse.urlencode(
                    {"module_name": "n", "module_caption": "c", "module_extend": ""}), None, PROTOTYPE)
                self.assertEqual(answer.text(), f"祝贺你，模块前端添加成功，模块ID为：{number}，下一步请在服务器端编写模块逻辑！")
        finally:
            fresh.close()

    def test_what_is_no_get_is_illegal(self):
        self.assertEqual(self.ask("module_add_post/", post={"module_name": "a", "module_caption": "b", "module_extend": ""}).text(), "非法提交！")

    # --- what the page makes of it

    def test_bodies_survive_the_pages_eval(self):
        evil = "x'; document.title='owned' //\\"
        refused = self.text("module_add_post/", module_name="引'号\\", module_caption="x", module_extend="")
        self.assertTrue(refused.startswith("入库失败，请与管理员联系！"), refused)
        added = self.text("module_add_post/", module_name="引号", module_caption=f"a'b\\c\nd {evil}",
                          module_extend="<input name='sys_param_1' id='sys_param_1' value='a\\b'>\r\n<b title='it'>\u2028</b>")
        self.assertTrue(added.startswith("祝贺你"), added)
        self.controller.add_host("quiet", "127.1.0.50", note="it's a \\ note")
        newest = max(module["id"] for module in self.api.get("/modules")["modules"])
        paths = ["server_fun_categ/", "module_list/", f"module_info/?Module_Id={newest}", "module_info/?Module_Id=1005",
                 "server_app_categ/?fun_categId=11", "server_list/?app_categId=3"]
        bodies = [self.api.send("GET", "/autoadmin/" + path, None, PROTOTYPE).body.decode() for path in paths]
        for path, body in zip(paths, bodies):
            self.assertNotRegex(body, r"['\r\n\u2028\u2029]", path)
        if not shutil.which("node"):
            self.skipTest("there is no node to evaluate the bodies")
        values = evaluate_as_the_page_does(bodies)
        lists = dict(zip(paths, values))
        for path in ("server_fun_categ/", "module_list/", "server_app_categ/?fun_categId=11", "server_list/?app_categId=3"):
            texts, numbers = lists[path].split("|")
            self.assertEqual(len(texts.split(",")), len(numbers.split(",")), path)
        number, name, caption, form = lists[f"module_info/?Module_Id={newest}"].split("@@")
        self.assertEqual((number, name), (str(newest), "引号"))
        self.assertIn("document.title", html.unescape(caption), "it is shown, not executed")
        self.assertIn("a\\b", html.unescape(form))

    def test_an_unknown_module_is_answered_in_one_short_line(self):
        for query in ({"Module_Id": 9999}, {"Module_Id": "x"}, {}):
            answer = self.ask("module_info/", **query)
            self.assertIn(answer.status, (200, 404), query)
            self.assertNotRegex(answer.text(), r"['\\\r\n]")


if __name__ == "__main__":
    main()
