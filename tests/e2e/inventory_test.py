#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts come in one by one and by the table; what cannot be right is refused by line and changes nothing."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Controller, Scenario, folder, main

TABLE = """note,name,tags,address,port,app,category,login,platform,os,address_public
第一台,web1,blue;eu,192.0.2.1,2222,shop,Linux.Web,deploy,,Debian 12,198.51.100.1
"quoted, ""and"" more",web2,,192.0.2.2,,Linux.Web/www.domain.com;shop,Linux.Web,,,,
,db1,blue,2001:db8::7,22,orders,Linux.Mysql,,,,
"""
BAD = """name,address,port,platform,jump
good1,192.0.2.10,22,,
,192.0.2.11,22,,
noaddress,,22,,
badport,192.0.2.12,70000,,
badplatform,192.0.2.13,22,telnet,
good1,192.0.2.14,22,,
-oProxyCommand=id,192.0.2.15,22,,
evil,-oProxyCommand=id,22,,
toomany,192.0.2.16,22,,,,,
good2,192.0.2.17,22,,
"""


class Inventory(Scenario):
    def setUp(self):
        self.controller = Controller(folder())
        self.controller.start()
        self.api = self.controller.api

    def tearDown(self):
        self.controller.close()

    def hosts(self):
        return {host["name"]: host for host in self.api.get("/hosts")["hosts"] if host["platform"] != "local"}

    def test_a_dry_run_promises_what_the_import_does(self):
        dry = self.controller.cli_json("host", "import", "-", "--dry-run", stdin=TABLE.encode())
        self.assertEqual((dry["added"], dry["changed"], dry["unchanged"], dry["refused"]), (3, 0, 0, []))
        self.assertEqual(self.hosts(), {})
        self.assertEqual(self.controller.cli_json("host", "import", "-", stdin=TABLE.encode()), dry)
        hosts = self.hosts()
        self.assertEqual(set(hosts), {"web1", "web2", "db1"})
        web1 = hosts["web1"]
        self.assertEqual((web1["address"], web1["port"], web1["login"], web1["os"], web1["address_public"], web1["tags"], web1["apps"]),
                         ("192.0.2.1", 2222, "deploy", "Debian 12", "198.51.100.1", ["blue", "eu"], ["Linux.Web/shop"]))
        self.assertEqual(sorted(hosts["web2"]["apps"]), ["Linux.Web/shop", "Linux.Web/www.domain.com"])
        self.assertEqual((hosts["web2"]["port"], hosts["db1"]["address"]), (22, "2001:db8::7"))
        # Each filter finds its hosts.
        self.assertEqual({host["name"] for host in self.api.get("/hosts", tag="blue")["hosts"]}, {"web1", "db1"})
        [shop] = [app for app in self.api.get("/apps")["apps"] if app["name"] == "shop"]
        self.assertEqual({host["name"] for host in self.api.get("/hosts", app=shop["id"])["hosts"]}, {"web1", "web2"})
        self.assertEqual({host["name"] for host in self.api.get("/hosts", q="db")["hosts"]}, {"db1"})

    def test_importing_again_changes_only_what_differs(self):
        self.controller.cli("host", "import", "-", stdin=TABLE.encode())
        again = self.controller.cli_json("host", "import", "-", stdin=TABLE.replace("192.0.2.2", "192.0.2.99").encode())
        self.assertEqual((again["added"], again["changed"], again["unchanged"]), (0, 1, 2))
        self.assertEqual(self.hosts()["web2"]["address"], "192.0.2.99")

    def test_bad_rows_are_named_and_the_good_ones_come_in(self):
        answer = self.controller.cli("host", "import", "-", "--json", stdin=BAD.encode(), expect=1)
        report = json.loads(answer.stdout)
        self.assertEqual(report["added"], 2)
        self.assertEqual(sorted(row["line"] for row in report["refused"]), [3, 4, 5, 6, 7, 8, 9, 10], report)
        for row in report["refused"]:
            self.assertTrue(row["message"], row)
            self.assertIn(f"line {row['line']}: ", answer.stderr.decode())
        self.assertEqual(set(self.hosts()), {"good1", "good2"})
        self.assertEqual(self.hosts()["good1"]["address"], "192.0.2.10", "the second row of that name won")

    def test_a_table_without_its_columns_is_refused_whole(self):
        for table in (b"", b"web1,192.0.2.1\n", b"name\nweb1\n", b"name,address,colour\nweb1,192.0.2.1,red\n", b"name,address\nweb1,\xff\xfe\n",
                      b"name,name,address\na,b,192.0.2.1\n"):
            done = self.controller.cli("host", "import", "-", stdin=table, expect=2)
            self.assertTrue(done.stderr, table)
        self.assertEqual(self.hosts(), {})

    def test_other_separators_and_line_ends(self):
        self.controller.cli("host", "import", "-", stdin="\ufeffNAME\tAddress\r\nweb1\t192.0.2.1\r\n\r\nweb2\t192.0.2.2".encode())
        self.assertEqual(set(self.hosts()), {"web1", "web2"})

    def test_eight_hundred_hosts_come_in_at_once(self):
        rows = "".join(f"web{i:03},192.0.2.{i % 250},Linux.Web/www.domain.com\n" for i in range(800))
        report = self.controller.cli_json("host", "import", "-", stdin=("name,address,app\n" + rows).encode(), seconds=20)
        self.assertEqual((report["added"], report["refused"]), (800, []))
        self.assertEqual(len(self.hosts()), 800)
        [app] = [app for app in self.api.get("/apps")["apps"] if app["name"] == "www.domain.com"]
        self.assertEqual(app["host_count"], 800)

    def test_adding_by_hand(self):
        self.controller.cli("app", "add", "shop", "--category", "Linux.Web")
        self.controller.cli("host", "add", "web1", "--address", "192.0.2.1", "--app", "Linux.Web/shop", "--app", "Linux.Web/bbs.domain.com", "--tag", "a")
        self.assertEqual((self.hosts()["web1"]["port"], sorted(self.hosts()["web1"]["apps"])), (22, ["Linux.Web/bbs.domain.com", "Linux.Web/shop"]))
        for arguments in (["host", "add", "web1", "--address", "192.0.2.2"],  # the name is taken
                          ["host", "add", "web2", "--address", "192.0.2.2", "--app", "Linux.Web/none"],
                          ["host", "add", "web2", "--address", "192.0.2.2", "--key", "none"],
                          ["host", "add", "web2", "--address", "192.0.2.2", "--jump", "none"],
                          ["host", "add", "web2", "--address", "192.0.2.2", "--port", "0"],
                          ["host", "add", "a b", "--address", "192.0.2.2"], ["host", "add", "a,b", "--address", "192.0.2.2"],
                          ["host", "add", "a*b", "--address", "192.0.2.2"], ["host", "add", "a'b", "--address", "192.0.2.2"],
                          ["host", "add", "web2", "--address", "-oProxyCommand=id"], ["host", "add", "web2", "--address", "a b"],
                          ["app", "add", "shop", "--category", "Linux.Web"], ["app", "add", "x|y", "--category", "Linux.Web"],
                          ["app", "add", "new", "--category", "No.Such"]):
            self.controller.cli(*arguments, expect=2)
        self.assertEqual(set(self.hosts()), {"web1"})


if __name__ == "__main__":
    main(needs=())
