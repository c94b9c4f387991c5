#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The built-in module scripts, each under every shell found here and with GNU's and busybox's tools, on fake hosts
# (fake_host.py). Skipped (77) only when there is no shell but the system's to compare.

import contextlib
import json
import os
import platform
import re
import resource
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_host import (MODULES, SHELLS, SOURCE, FakeHost, available_shells, available_userlands, composed, init_script, unit, with_openrc,
                       with_systemd)

NUMBERS = range(1001, 1008)


class OnEveryHost(unittest.TestCase):
    """Run once for each shell and userland: load_tests makes a subclass for each."""

    shell = userland = None

    @contextlib.contextmanager
    def fresh_host(self):
        with tempfile.TemporaryDirectory(prefix="om-modules-") as folder:
            yield FakeHost(os.path.join(folder, "root"), self.shell, self.userland)

    def ok(self, answer):
        self.assertEqual(answer.status, 0, answer)
        return answer

    def fails(self, answer, status, words):
        """Failing is: the status, why on standard error, and nothing that looks like success."""
        self.assertEqual(answer.status, status, answer)
        self.assertIn(words, answer.err, answer)
        return answer


class SyntaxTest(unittest.TestCase):
    def test_every_shell_accepts_every_script(self):
        for shell in available_shells():
            for number in NUMBERS:
                with self.subTest(shell=shell, number=number):
                    done = subprocess.run([*SHELLS[shell], "-n"], input=composed(number), text=True, capture_output=True,
                                          check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_scripts_are_portable_in_the_small(self):
        for number in NUMBERS:
            text = composed(number)
            with self.subTest(number=number):
                self.assertTrue(text.startswith("#!/bin/sh\n"))
                self.assertNotIn("\r", text)
                # mawk 1.3.3 knows no character classes.
                for program in re.findall(r"awk (?:-v \S+ )?'([^']*)'", text):
                    self.assertNotIn("[:", program)


class SystemLogTest(OnEveryHost):
    def test_journal_first(self):
        with self.fresh_host() as host:
            host.stand_in("journalctl", 'while [ "$1" != -n ]; do shift; done; '
                                        'i=0; while [ $i -lt "$2" ]; do i=$((i+1)); echo "entry $i"; done')
            host.put("/var/log/syslog", "from the file\n")
            answer = self.ok(host.run(1001, "3"))
            self.assertEqual(answer.out, "entry 1\nentry 2\nentry 3\n")
            self.assertEqual(answer.err, "")

    def test_file_when_the_journal_is_empty(self):
        with self.fresh_host() as host:
            host.stand_in("journalctl", "exit 0")
            host.put("/var/log/messages", "".join(f"line {i}\n" for i in range(1, 101)))
            self.assertEqual(self.ok(host.run(1001, "2")).out, "line 99\nline 100\n")

    def test_leading_zeros_are_decimal(self):
        with self.fresh_host() as host:
            host.put("/var/log/syslog", "".join(f"line {i}\n" for i in range(1, 101)))
            self.assertEqual(len(self.ok(host.run(1001, "010")).out.splitlines()), 10)

    def test_memory_of_busybox_syslogd(self):
        with self.fresh_host() as host:
            host.stand_in("logread", "echo one; echo two; echo three")
            self.assertEqual(self.ok(host.run(1001, "2")).out, "two\nthree\n")

    def test_kernel_messages_are_named_as_such(self):
        with self.fresh_host() as host:
            host.stand_in("dmesg", "echo boot; echo disk")
            answer = self.ok(host.run(1001, "1"))
            self.assertEqual(answer.out, "disk\n")
            self.assertIn("only the kernel's messages", answer.err)
            self.assertIn("/var/log/syslog: not there", answer.err)

    def test_nothing_found_is_a_failure_that_says_where_it_looked(self):
        with self.fresh_host() as host:
            answer = self.fails(host.run(1001, "5"), 1, "no system log found")
            self.assertIn("/var/log/messages: not there", answer.err)
            self.assertEqual(answer.out, "")

    def test_only_digits_are_a_count(self):
        with self.fresh_host() as host:
            host.put("/var/log/syslog", "line\n")
            for value in ("0", "000", "1000", "-1", "5;id", "$(touch /tmp/x)", "1e2", " 5", "5\n6", "５"):
                with self.subTest(value=value):
                    self.fails(host.run(1001, value), 2, "from 1 to 999")
                    self.fails(host.run(1002, value), 2, "from 1 to 999")

    def test_no_parameter_means_fifty(self):
        with self.fresh_host() as host:
            host.put("/var/log/syslog", "".join(f"line {i}\n" for i in range(1, 101)))
            self.assertEqual(len(self.ok(host.run(1001)).out.splitlines()), 50)


LAST = """root     pts/0        10.0.0.1         Sun Nov 22 20:00   still logged in
deploy   pts/1        10.0.0.2         Sun Nov 22 19:00 - 19:30  (00:30)
reboot   system boot  6.1.0            Sun Nov 22 18:00   still running

wtmp begins Sun Nov  1 00:00:00 2026
"""


class LatestLoginsTest(OnEveryHost):
    def test_records_without_the_closing_line(self):
        with self.fresh_host() as host:
            host.put("/var/last", LAST)
            host.stand_in("last", "cat /var/last")
            self.assertEqual(self.ok(host.run(1002, "50")).out, "\n".join(LAST.splitlines()[:3]) + "\n")
            self.assertEqual(self.ok(host.run(1002, "1")).out, LAST.splitlines()[0] + "\n")

    def test_busybox_last_has_a_heading_and_no_options(self):
        with self.fresh_host() as host:
            host.put("/var/last", "USER       TTY            HOST               LOGIN        TIME\n" + LAST)
            host.stand_in("last", '[ $# -eq 0 ] || { echo usage >&2; exit 1; }; cat /var/last')
            self.assertEqual(self.ok(host.run(1002, "1")).out, LAST.splitlines()[0] + "\n")

    def test_lastlog_when_there_are_no_records(self):
        with self.fresh_host() as host:
            host.stand_in("last", 'echo; echo "wtmp begins Sun Nov  1 00:00:00 2026"')
            host.stand_in("lastlog", "echo 'Username Port From Latest'; echo 'root pts/0 10.0.0.1 Sun Nov 22'; "
                                     "echo 'daemon **Never logged in**'")
            self.assertEqual(self.ok(host.run(1002, "9")).out, "root pts/0 10.0.0.1 Sun Nov 22\n")

    def test_secure_and_auth_log_by_their_login_lines(self):
        accepted = "Nov 22 20:00:00 h sshd[1]: Accepted publickey for root from 10.0.0.1 port 5 ssh2"
        for path in ("/var/log/secure", "/var/log/auth.log", "/var/log/messages"):
            with self.fresh_host() as host:
                host.put(path, f"Nov 22 h cron[3]: something else\n{accepted}\n")
                self.assertEqual(self.ok(host.run(1002, "5")).out, accepted + "\n")

    def test_journal_of_sshd(self):
        with self.fresh_host() as host:
            host.stand_in("journalctl", 'echo "h sshd[1]: Accepted password for deploy from 10.0.0.9"; echo "h sshd[1]: noise"')
            self.assertEqual(self.ok(host.run(1002, "5")).out, "h sshd[1]: Accepted password for deploy from 10.0.0.9\n")

    def test_a_kept_record_without_a_login_is_an_answer(self):
        with self.fresh_host() as host:
            host.put("/var/log/wtmp", b"")
            self.assertEqual(self.ok(host.run(1002, "5")).out, "no login is recorded in /var/log/wtmp\n")

    def test_no_record_at_all_is_a_failure(self):
        with self.fresh_host() as host:
            self.fails(host.run(1002, "5"), 1, "no record of logins found")


class SystemVersionTest(OnEveryHost):
    CASES = {
        "Debian GNU/Linux 12 (bookworm)": {"/etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian"\n',
                                           "/etc/debian_version": "12.11\n"},
        "Ubuntu 24.04.1 LTS": {"/usr/lib/os-release": "PRETTY_NAME='Ubuntu 24.04.1 LTS'\n"},
        "Rocky Linux 9.4 (Blue Onyx)": {"/etc/os-release": 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\n',
                                        "/etc/redhat-release": "Rocky Linux release 9.4 (Blue Onyx)\n"},
        "Alpine Linux 3.20.3": {"/etc/alpine-release": "3.20.3\n"},
        "CentOS release 6.10 (Final)": {"/etc/redhat-release": "CentOS release 6.10 (Final)\n"},
        "Some Linux 7": {"/etc/issue": "Some Linux 7 \\n \\l\n\n"},
    }

    def test_first_line_names_the_system(self):
        for name, files in self.CASES.items():
            with self.fresh_host() as host:
                for path, text in files.items():
                    host.put(path, text)
                answer = self.ok(host.run(1003))
                lines = answer.out.splitlines()
                self.assertEqual(lines[0], name)
                self.assertTrue(any(line.startswith("kernel   ") for line in lines), answer)

    def test_exact_release_where_the_distribution_keeps_it_elsewhere(self):
        with self.fresh_host() as host:
            for path, text in self.CASES["Debian GNU/Linux 12 (bookworm)"].items():
                host.put(path, text)
            self.assertIn("release  12.11\n", self.ok(host.run(1003)).out)

    def test_an_unknown_system_has_a_kernel_at_least(self):
        with self.fresh_host() as host:
            host.stand_in("uname", 'case $1 in -s) echo Linux;; -sr) echo Linux 6.1;; -v) echo "#1 SMP";; -m) echo riscv64;; esac')
            self.assertEqual(self.ok(host.run(1003)).out, "Linux\nkernel   Linux 6.1\nbuild    #1 SMP\nmachine  riscv64\n")

    def test_without_a_kernel_version_it_fails(self):
        with self.fresh_host() as host:
            host.stand_in("uname", "exit 1")
            self.fails(host.run(1003), 1, "uname failed")


PROC_MODULES = """nf_tables 303104 2 nft_compat,nft_chain_nat, Live 0x0000000000000000
loop 32768 0 - Live 0x0000000000000000
"""


class KernelModulesTest(OnEveryHost):
    def test_lsmod_where_there_is_one(self):
        with self.fresh_host() as host:
            host.put("/proc/modules", PROC_MODULES)
            host.stand_in("lsmod", "echo 'Module Size Used by'; echo 'loop 32768 0'")
            self.assertEqual(self.ok(host.run(1004)).out, "Module Size Used by\nloop 32768 0\n")

    def test_the_same_table_without_lsmod(self):
        with self.fresh_host() as host:
            host.put("/proc/modules", PROC_MODULES)
            self.assertEqual(self.ok(host.run(1004)).out,
                             "Module                      Size  Used by\n"
                             "nf_tables                 303104  2 nft_compat,nft_chain_nat\n"
                             "loop                       32768  0\n")

    def test_a_kernel_without_loadable_modules(self):
        with self.fresh_host() as host:
            host.put("/proc/version", "Linux\n")
            self.assertIn("without loadable modules", self.ok(host.run(1004)).out)

    def test_without_proc_it_fails(self):
        with self.fresh_host() as host:
            self.fails(host.run(1004), 1, "/proc is not mounted")


class DistributeTest(OnEveryHost):
    def left_over(self, host, folder):
        return [name for name in os.listdir(host.path(folder)) if ".om-" in name]

    def test_replaces_keeping_mode_and_owner(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "old\n", 0o640)
            before = os.stat(host.path("/etc/motd"))
            answer = self.ok(host.run(1005, "motd", file="new\n"))
            after = os.stat(host.path("/etc/motd"))
            self.assertEqual(host.text("/etc/motd"), "new\n")
            self.assertEqual((before.st_mode, before.st_uid, before.st_gid), (after.st_mode, after.st_uid, after.st_gid))
            self.assertNotEqual(before.st_ino, after.st_ino, "it must be a rename, not a rewrite")
            self.assertIn("/etc/motd: replaced", answer.out)
            self.assertEqual(self.left_over(host, "/etc"), [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_keeps_a_foreign_owner(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "old\n", 0o600)
            os.chown(host.path("/etc/motd"), 1234, 4321)
            self.ok(host.run(1005, "motd", file="new\n"))
            after = os.stat(host.path("/etc/motd"))
            self.assertEqual((after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)), (1234, 4321, 0o600))

    def test_equal_is_left_alone(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "same\n")
            before = os.stat(host.path("/etc/motd"))
            answer = self.ok(host.run(1005, "motd", file="same\n"))
            after = os.stat(host.path("/etc/motd"))
            self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
            self.assertIn("already equal", answer.out)

    def test_a_new_file_gets_its_usual_mode(self):
        with self.fresh_host() as host:
            os.makedirs(host.path("/etc/logrotate.d"))
            answer = self.ok(host.run(1005, "logrotate", file="/var/log/x.log {\n    weekly\n}\n"))
            self.assertEqual(stat.S_IMODE(os.stat(host.path("/etc/logrotate.d/omserver")).st_mode), 0o644)
            self.assertIn("/etc/logrotate.d/omserver: created", answer.out)

    def test_the_link_stays_and_its_file_is_replaced(self):
        with self.fresh_host() as host:
            host.put("/run/motd.dynamic", "old\n")
            os.makedirs(host.path("/etc"))
            os.symlink(host.path("/run/motd.dynamic"), host.path("/etc/motd"))
            self.ok(host.run(1005, "motd", file="new\n"))
            self.assertTrue(os.path.islink(host.path("/etc/motd")))
            self.assertEqual(host.text("/run/motd.dynamic"), "new\n")

    def test_bytes_of_any_kind_arrive_equal(self):
        data = b"PK\x03\x04" + bytes(range(256)) * 200
        with self.fresh_host() as host:
            os.makedirs(host.path("/usr/local/resin/lib"))
            self.ok(host.run(1005, "resinjar", file=data))
            with open(host.path("/usr/local/resin/lib/resin.jar"), "rb") as file:
                self.assertEqual(file.read(), data)

    def test_a_damaged_file_is_refused(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "old\n")
            self.fails(host.run(1005, "motd", file="new\n", sha256="0" * 64), 1, "did not arrive whole")
            self.assertEqual(host.text("/etc/motd"), "old\n")

    def test_no_file_says_where_to_put_it(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "old\n")
            self.fails(host.run(1005, "motd"), 1, "files/motd")
            self.fails(host.run(1005, "motd", file=b""), 1, "files/motd is empty")

    def test_unknown_choices_are_refused(self):
        with self.fresh_host() as host:
            for choice in ("", "../../etc/passwd", "passwd", "motd x", "*"):
                with self.subTest(choice=choice):
                    self.fails(host.run(1005, choice, file="x\n"), 2, "sys_param_1")

    def test_not_installed_is_said(self):
        with self.fresh_host() as host:
            self.fails(host.run(1005, "haproxy", file="global\n"), 1, "haproxy is not installed here")

    def test_the_original_places_win_where_only_they_exist(self):
        places = {"nginx_config": "/usr/local/nginx/conf/nginx.conf", "haproxy": "/usr/local/haproxy/haproxy.cfg",
                  "syslog": "/etc/syslog.conf", "sysctl": "/etc/sysctl.conf", "resin": "/usr/java/resin-3.0.22/conf/resin.conf",
                  "resinhttpd": "/usr/java/resin-3.0.22/bin/httpd.sh", "nginx": "/etc/init.d/nginx"}
        for choice, path in places.items():
            with self.fresh_host() as host:
                host.put(path, "old\n")
                if choice == "syslog":
                    init_script(host, "syslog")
                host.stand_in("sysctl", "true")
                answer = self.ok(host.run(1005, choice, file="a = 1\n"))
                self.assertEqual(host.text(path), "a = 1\n", answer)

    def test_scripts_become_executable(self):
        with self.fresh_host() as host:
            host.put("/etc/init.d/nginx", "#!/bin/sh\nold\n", 0o644)
            self.ok(host.run(1005, "nginx", file="#!/bin/sh\necho new\n"))
            self.assertTrue(os.stat(host.path("/etc/init.d/nginx")).st_mode & 0o100)

    def test_a_script_with_a_syntax_error_stays_out(self):
        with self.fresh_host() as host:
            host.put("/etc/init.d/nginx", "#!/bin/sh\nold\n", 0o755)
            self.fails(host.run(1005, "nginx", file="#!/bin/sh\nif true; then\n"), 1, "files/nginx was refused")
            self.assertEqual(host.text("/etc/init.d/nginx"), "#!/bin/sh\nold\n")
            self.assertEqual(self.left_over(host, "/etc/init.d"), [])

    # choice, destination, the program that is asked, what it is asked with (up to the file's name)
    CHECKED = [
        ("nginx_config", "/etc/nginx/nginx.conf", "nginx", "-t -c "),
        ("haproxy", "/etc/haproxy/haproxy.cfg", "haproxy", "-c -f "),
        ("sshd_config", "/etc/ssh/sshd_config", "sshd", "-t -f "),
        ("sudoers", "/etc/sudoers.d/omserver", "visudo", "-c -f "),
        ("logrotate", "/etc/logrotate.d/omserver", "logrotate", "-d "),
        ("syslog", "/etc/rsyslog.conf", "rsyslogd", "-N1 -f "),
        ("keepalived", "/etc/keepalived/keepalived.conf", "keepalived", "-t -f "),
        ("docker", "/etc/docker/daemon.json", "dockerd", "--validate --config-file "),
        ("chrony", "/etc/chrony/chrony.conf", "chronyd", "-p -f "),
    ]

    def test_the_program_is_asked_before_its_configuration_goes_live(self):
        for choice, path, program, arguments in self.CHECKED:
            with self.fresh_host() as host:
                host.put(path, "old\n")
                # The last argument is the file; the destination must still hold what it held.
                host.stand_in(program, f'case $1 in --help) echo "  -p  --validate --config-test"; exit 0;; esac\n'
                                       f'echo "$*" >>/var/calls\nfor file; do :; done\n'
                                       f'grep -q broken "$file" && {{ echo "{program}: $file: line 1: broken" >&2; exit 1; }}\nexit 0')
                for name in ("sshd", "rsyslog", "keepalived", "chronyd"):
                    init_script(host, name)
                answer = self.fails(host.run(1005, choice, file="broken\n"), 1, f"{program}: files/{choice}: line 1: broken")
                self.assertIn("stays as it was", answer.err)
                self.assertEqual(host.text(path), "old\n")
                self.assertEqual(self.left_over(host, os.path.dirname(path)), [])
                folder, base = os.path.split(path)
                self.assertRegex(host.back(host.calls()[0].encode()), re.escape(f"{arguments}{folder}/.{base}.om-") + r"\d+")
                self.ok(host.run(1005, choice, file="good\n"))
                self.assertEqual(host.text(path), "good\n")

    # What this module checks by itself: a good text, then texts it refuses with the word that says why.
    SELF_CHECKED = [
        ("sysctl", "/etc/sysctl.conf", "# x\nnet.ipv4.ip_forward = 1\n-kernel.x=2\n; y\n\nnet/ipv4/conf/eth0.1/x = 1\n",
         [("net.ipv4.ip_forward 1\n", "line 1"), ("a = 1\n<html>\n", "line 2")]),
        ("hosts", "/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost # c\nfe80::1%eth0 x\n",
         [("127.0.0.1\n", "line 1"), ("10.0.0.1 web\n", "no line names localhost"), ("localhost 127.0.0.1\n", "line 1")]),
        ("cron", "/etc/cron.d/omserver", "MAILTO=\"\"\n# c\n*/5 * * * * root true\n@daily root true\n0 1 * jan mon-fri root x y\n",
         [("* * * * true\n", "line 1"), ("* * * * * root true", "does not end with a line end")]),
        ("limits", "/etc/security/limits.d/omserver.conf", "# c\n* soft nofile 65535\n@web - nproc 100\nftp -\n",
         [("* nofile 65535\n", "line 1")]),
    ]

    def test_plain_tables_are_checked_line_by_line(self):
        for choice, path, good, bad in self.SELF_CHECKED:
            with self.fresh_host() as host:
                os.makedirs(host.path(os.path.dirname(path)))
                host.stand_in("sysctl", "true")
                self.ok(host.run(1005, choice, file=good))
                for text, words in bad:
                    self.fails(host.run(1005, choice, file=text), 1, words)
                self.assertEqual(host.text(path), good)

    def test_sysctl_is_applied_and_its_refusal_is_a_failure(self):
        with self.fresh_host() as host:
            host.put("/etc/sysctl.conf", "old = 1\n")
            host.stand_in("sysctl", 'echo "sysctl $*" >>/var/calls; echo "sysctl: cannot stat x" >&2; exit 255')
            self.fails(host.run(1005, "sysctl", file="x = 1\n"), 1, "sysctl -p failed")
            # Once more: the file is equal now, and the setting still does not hold.
            self.fails(host.run(1005, "sysctl", file="x = 1\n"), 1, "sysctl -p failed")
            self.assertEqual(len(host.calls()), 2)

    def test_services_are_reloaded_or_restarted(self):
        for choice, path, service, action in [("sshd_config", "/etc/ssh/sshd_config", "ssh.service", "reload"),
                                              ("chrony", "/etc/chrony/chrony.conf", "chrony.service", "restart"),
                                              ("rsyslog", "/etc/rsyslog.d/omserver.conf", "rsyslog.service", "restart")]:
            with self.fresh_host() as host:
                with_systemd(host)
                unit(host, service)
                os.makedirs(host.path(os.path.dirname(path)))
                answer = self.ok(host.run(1005, choice, file="x\n"))
                self.assertEqual(host.calls(), [f"systemctl {action} {service}"], answer)

    def test_sshd_is_asked_even_where_none_was_started_since_the_boot(self):
        with self.fresh_host() as host:
            host.put("/etc/ssh/sshd_config", "old\n", 0o600)
            os.makedirs(host.path("/run"))
            init_script(host, "ssh")
            host.stand_in("sshd", '[ -d /run/sshd ] || { echo "Missing privilege separation directory: /run/sshd" >&2; exit 255; }\n'
                                  'for file; do :; done; grep -q broken "$file" && { echo "Bad option" >&2; exit 255; }; exit 0')
            self.fails(host.run(1005, "sshd_config", file="broken\n"), 1, "Bad option")
            self.ok(host.run(1005, "sshd_config", file="good\n"))
            self.assertFalse(os.path.exists(host.path("/run/sshd")))

    def test_sudoers_without_visudo_is_not_touched(self):
        with self.fresh_host() as host:
            os.makedirs(host.path("/etc/sudoers.d"))
            self.fails(host.run(1005, "sudoers", file="x ALL=(ALL) ALL\n"), 1, "visudo is not installed")
            self.assertEqual(os.listdir(host.path("/etc/sudoers.d")), [])

    def test_a_folder_that_cannot_be_written_is_said(self):
        with self.fresh_host() as host:
            host.put("/etc/motd", "old\n")
            host.become("deploy")
            os.chmod(host.path("/etc"), 0o500)
            self.fails(host.run(1005, "motd", file="new\n"), 1, "cannot be written (running as deploy")
            os.chmod(host.path("/etc"), 0o700)


class ConfigurationTest(OnEveryHost):
    def test_every_file_under_its_name(self):
        with self.fresh_host() as host:
            host.put("/etc/nginx/nginx.conf", "user www;")
            host.put("/etc/nginx/conf.d/a b.conf", "server { }\n")
            self.assertEqual(self.ok(host.run(1006, "nginx")).out,
                             "==> /etc/nginx/nginx.conf <==\nuser www;\n\n==> /etc/nginx/conf.d/a b.conf <==\nserver { }\n\n")

    def test_every_choice_of_the_form_is_known(self):
        forms = {module["id"]: module["form"] for module in seed()}
        choices = re.findall(r'value="([^"]+)"', forms[1006])
        self.assertIn("limits", choices)
        with self.fresh_host() as host:
            for choice in choices:
                if choice != "limits":
                    self.fails(host.run(1006, choice), 1, f"no configuration of {choice} found; looked for: /")

    def test_the_original_keys(self):
        places = {"nginx": "/etc/nginx/nginx.conf", "haproxy": "/usr/local/haproxy/haproxy.cfg",
                  "apache": "/usr/local/apache/conf/httpd.conf", "mysql": "/etc/my.cnf", "snmp": "/usr/local/etc/snmpd.conf",
                  "lighttpd": "/usr/local/lighttpd/etc/lighttpd.conf", "firewall": "/etc/firewall.sh",
                  "resin3.0.21": "/usr/java/resin-3.0.21/conf/resin.conf", "resin3.0.22": "/usr/java/resin-3.0.22/conf/resin.conf",
                  "resin": "/usr/java/resin-3.0.22/conf/resin.conf", "squid2.5": "/usr/local/squid/etc/squid.conf",
                  "squid2.6": "/usr/local/squid-2.6/etc/squid.conf"}
        for key, path in places.items():
            with self.fresh_host() as host:
                host.put(path, f"this is {key}\n")
                self.assertEqual(self.ok(host.run(1006, key)).out, f"==> {path} <==\nthis is {key}\n\n")

    def test_firewall_shows_what_is_in_force(self):
        with self.fresh_host() as host:
            host.stand_in("nft", 'echo "table inet filter { }"')
            self.assertEqual(self.ok(host.run(1006, "firewall")).out, "==> nft list ruleset <==\ntable inet filter { }\n\n")

    def test_limits_are_those_of_the_session(self):
        with self.fresh_host() as host:
            answer = self.ok(host.run(1006, "limits"))
            self.assertRegex(answer.out, r"==> ulimit -a <==\n(.*\n)*.*(nofile|open files|file descriptors)")

    def test_a_file_that_may_not_be_read_is_a_failure(self):
        with self.fresh_host() as host:
            host.become("deploy")
            host.put("/etc/redis/redis.conf", "requirepass x\n", 0)
            self.fails(host.run(1006, "redis"), 1, "/etc/redis/redis.conf: not readable (running as deploy")

    def test_unknown_applications_are_refused(self):
        with self.fresh_host() as host:
            for value in ("", "*", "../../etc/passwd", "nginx;id"):
                self.fails(host.run(1006, value), 2, "sys_param_1")


class RestartTest(OnEveryHost):
    def test_systemd_by_alias(self):
        cases = [("apache", "httpd.service", None), ("apache", "apache2.service", None), ("mysql", "mysqld.service", None),
                 ("mysql", "mariadb.service", "mysql.service"), ("cron", "crond.service", None), ("sshd", "ssh.service", None),
                 ("redis", "redis-server.service", None), ("php-fpm", "php8.2-fpm.service", None)]
        for application, name, alias in cases:
            with self.fresh_host() as host:
                with_systemd(host)
                unit(host, name)
                if alias:
                    unit(host, alias, identity=name)
                answer = self.ok(host.run(1007, application))
                self.assertEqual(host.calls(), [f"systemctl restart {name}"], answer)
                self.assertIn(f"{name}: restart done (systemd); was active (running), is active (running)", answer.out)

    def test_a_stopped_service_is_started(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "nginx.service", "inactive", "dead")
            self.assertIn("was inactive (dead), is active (running)", self.ok(host.run(1007, "nginx")).out)

    def test_every_running_version(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "php7.4-fpm.service")
            unit(host, "php8.2-fpm.service")
            unit(host, "php8.3-fpm.service", "inactive", "dead")
            self.ok(host.run(1007, "php-fpm"))
            self.assertEqual(sorted(host.calls()), ["systemctl restart php7.4-fpm.service", "systemctl restart php8.2-fpm.service"])

    def test_an_open_choice_is_not_made(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "php7.4-fpm.service", "inactive", "dead")
            unit(host, "php8.2-fpm.service", "inactive", "dead")
            self.fails(host.run(1007, "php-fpm"), 1, "not clear which is meant: php7.4-fpm.service php8.2-fpm.service")
            self.assertEqual(host.calls(), [])

    def test_a_service_that_does_not_come_up_is_a_failure_with_its_log(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "nginx.service", extra="Breaks=yes\n")
            host.stand_in("journalctl", 'echo "nginx: bind() to 0.0.0.0:80 failed"')
            answer = self.fails(host.run(1007, "nginx"), 1, "restart failed with status 1")
            self.assertIn("is failed (failed)", answer.err)
            self.assertIn("bind() to 0.0.0.0:80 failed", answer.err)
            self.assertNotIn("done", answer.out)

    def test_one_that_dies_at_once_is_a_failure(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "memcached.service", extra="Dies=yes\n")
            self.fails(host.run(1007, "memcached"), 1, "restart failed with status 0")

    def test_a_masked_service_is_named(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "nginx.service", load="masked", active="inactive")
            self.fails(host.run(1007, "nginx"), 1, "nginx.service is masked")

    def test_not_installed_is_refused_with_the_names_tried(self):
        with self.fresh_host() as host:
            with_systemd(host)
            self.fails(host.run(1007, "apache"), 1, "apache is not installed as a service here: looked for apache2 httpd with systemd")
            self.assertEqual(host.calls(), [])

    def test_a_refused_configuration_is_not_restarted_into(self):
        with self.fresh_host() as host:
            with_systemd(host)
            unit(host, "nginx.service")
            host.stand_in("nginx", 'echo "nginx: [emerg] unknown directive" >&2; exit 1')
            answer = self.fails(host.run(1007, "nginx"), 1, "nginx was not restarted: correct its configuration first")
            self.assertIn("unknown directive", answer.err)
            self.assertEqual(host.calls(), [])

    def test_openrc(self):
        with self.fresh_host() as host:
            with_openrc(host)
            init_script(host, "mariadb")
            answer = self.ok(host.run(1007, "mysql"))
            self.assertIn("mariadb restart", host.calls())
            self.assertIn("rc-service mariadb restart", host.calls())
            self.assertIn("mariadb: restart done (openrc); was running, is running", answer.out)

    def test_service_command(self):
        with self.fresh_host() as host:
            host.stand_in("service", 'name=$1; shift; echo "service $name $1" >>/var/calls; exec /etc/init.d/$name "$@"')
            init_script(host, "httpd", "down")
            answer = self.ok(host.run(1007, "apache"))
            self.assertIn("service httpd restart", host.calls())
            self.assertIn("httpd: restart done (sysv); was stopped, is running", answer.out)

    def test_plain_init_script(self):
        with self.fresh_host() as host:
            init_script(host, "resin")
            self.assertIn("resin: restart done (sysv)", self.ok(host.run(1007, "resin")).out)
            self.assertEqual(host.calls(), ["resin restart"])

    def test_an_init_script_without_status_is_believed_by_its_exit_status(self):
        with self.fresh_host() as host:
            init_script(host, "resin", body='case $1 in restart) echo "resin $1" >>/var/calls;; *) echo "Usage: resin start"; exit 1;; esac')
            answer = self.ok(host.run(1007, "resin"))
            self.assertIn("is unknown", answer.out)
            self.assertIn("no status action", answer.err)

    def test_a_failing_init_script_is_a_failure(self):
        with self.fresh_host() as host:
            init_script(host, "squid", body='[ "$1" = status ] && exit 3; echo "squid: FATAL" >&2; exit 7')
            answer = self.fails(host.run(1007, "squid"), 1, "restart failed with status 7")
            self.assertIn("squid: FATAL", answer.err)

    def test_a_daemon_that_keeps_the_output_open_delays_nothing(self):
        with self.fresh_host() as host:
            init_script(host, "resin", body='[ "$1" = status ] && exit 0; exec 3>&1; (exec /bin/sleep 600 3>&3) & echo $! >/var/daemon')
            host.stand_in("mark", "echo done >/var/mark")
            try:
                self.script_ends_while_the_daemon_lives(host)
            finally:
                if os.path.exists(host.path("/var/daemon")):
                    os.kill(int(host.text("/var/daemon")), 9)

    def script_ends_while_the_daemon_lives(self, host):
        host.put("/script", host.moved(composed(1007)))
        with open(host.path("/script"), "rb") as script, open(host.path("/out"), "wb") as out:
            done = subprocess.run([*host.absolute_shell(), "/dev/fd/0", "resin"], stdin=script, stdout=out, stderr=out, timeout=30,
                                  env={"PATH": host.bin}, check=False)
        self.assertEqual(done.returncode, 0, host.text("/out"))

    def test_every_choice_of_the_form_is_known(self):
        forms = {module["id"]: module["form"] for module in seed()}
        choices = re.findall(r'value="([^"]+)"', forms[1007])
        self.assertIn("lighttpd", choices)
        with self.fresh_host() as host:
            for choice in choices:
                self.fails(host.run(1007, choice), 1, "is not installed as a service here")

    def test_unknown_services_are_refused(self):
        with self.fresh_host() as host:
            for value in ("", "*", "nginx.service", "../x", "ssh;id"):
                self.fails(host.run(1007, value), 2, "sys_param_1")


class ThisMachineTest(unittest.TestCase):
    """The same scripts on the machine that runs the tests, nothing moved and nothing stood in for."""

    def run_here(self, shell, number, *parameters):
        with tempfile.TemporaryFile() as script:
            script.write(composed(number).encode())
            script.seek(0)
            return subprocess.run(["/bin/sh", "-c", 'exec "$@" 3<&0 </dev/null', "om", *SHELLS[shell], "/dev/fd/3", *parameters],
                                  stdin=script, capture_output=True, text=True, timeout=60, check=False)

    def test_the_system_is_the_one_that_python_sees(self):
        for shell in available_shells():
            done = self.run_here(shell, 1003)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout.splitlines()[0], platform.freedesktop_os_release()["PRETTY_NAME"])
            self.assertIn(f"kernel   {platform.system()} {platform.release()}\n", done.stdout)

    def test_the_limit_of_open_files_is_this_processs(self):
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        for shell in available_shells():
            done = self.run_here(shell, 1006, "limits")
            self.assertEqual(done.returncode, 0, done)
            self.assertRegex(done.stdout, rf"(?m)(files|descriptors).*\b{soft}$")

    def test_hosts_file_comes_out_byte_for_byte(self):
        with open("/etc/hosts", encoding="utf-8") as file:
            text = file.read()
        for shell in available_shells():
            self.assertIn(f"==> /etc/hosts <==\n{text}", self.run_here(shell, 1006, "hosts").stdout)


def seed():
    with open(os.path.join(SOURCE, "modules", "seed.json"), encoding="utf-8") as file:
        return json.load(file)


class SeedTest(unittest.TestCase):
    def test_the_seven_modules_of_the_original(self):
        names = {module["id"]: module["name"] for module in seed()}
        self.assertEqual(names, {1001: "查看系统日志", 1002: "查看最新登录", 1003: "查看系统版本", 1004: "查看内核模块",
                                 1005: "同步应用文件", 1006: "查看应用配置", 1007: "重启进程服务"})

    def test_keys_and_values(self):
        for module in seed():
            with self.subTest(number=module["id"]):
                self.assertEqual(sorted(module), sorted(["id", "name", "name_en", "caption", "caption_en", "form", "form_en",
                                                         "risk", "timeout_s", "concurrency"]))
                self.assertIn(module["risk"], ("read", "change", "danger"))
                self.assertGreater(module["timeout_s"], 0)
                self.assertTrue(module["caption"].startswith("[<b>功能说明</b>]<br> "))
                for key in ("caption", "caption_en", "form", "form_en"):
                    # What the original page evals and splits by: specs of the legacy page.
                    for character in "'\\\n\r|":
                        self.assertNotIn(character, module[key])
                    self.assertNotIn("@@", module[key])

    def test_both_languages_ask_for_the_same(self):
        for module in seed():
            with self.subTest(number=module["id"]):
                for attribute in ("value", "name", "id", "maxlength", "pattern", "selected"):
                    pattern = rf'{attribute}="([^"]*)"'
                    self.assertEqual(re.findall(pattern, module["form"]), re.findall(pattern, module["form_en"]))

    def test_choices_of_1005_are_files_the_script_knows(self):
        form = {module["id"]: module["form"] for module in seed()}[1005]
        choices = re.findall(r'<option value="([^"]+)"', form)
        with open(os.path.join(MODULES, "Mid_1005.sh"), encoding="utf-8") as file:
            known = re.findall(r"^([a-z_]+)\) candidates=", file.read(), re.M)
        self.assertEqual(sorted(choices), sorted(known))
        self.assertEqual(choices[:8], ["nginx", "nginx_config", "haproxy", "syslog", "sysctl", "resin", "resinhttpd", "resinjar"])


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for case in (SyntaxTest, SeedTest, ThisMachineTest):
        suite.addTests(loader.loadTestsFromTestCase(case))
    for case in OnEveryHost.__subclasses__():
        for shell in available_shells():
            for userland in available_userlands():
                variant = type(f"{case.__name__}_{shell}_{userland}", (case,), {"shell": shell, "userland": userland})
                suite.addTests(loader.loadTestsFromTestCase(variant))
    return suite


if __name__ == "__main__":
    if len(available_shells()) < 2:
        print("skipped: only one of dash, bash, busybox, mksh is installed here", file=sys.stderr)
        sys.exit(77)
    unittest.main()
