# SPDX-License-Identifier: MIT
"""Sshd: a real OpenSSH server of the test's own; the same idea as tests/peers/sshd_fixture.h, for scripts."""

import os
import pwd
import shutil
import signal
import socket
import subprocess

from harness import processes

# One server plays hosts with several login shells: what a real login shell gets is `SHELL -c COMMAND`.
LOGIN_SHELLS = {"127.2.0.1": "sh", "127.2.0.2": "bash", "127.2.0.3": "dash", "127.2.0.4": "csh", "127.2.0.5": "tcsh",
                "127.2.0.6": "fish", "127.2.0.7": "zsh", "127.2.0.8": "ksh", "127.2.0.9": "mksh"}


class Key:
    """A key pair made by ssh-keygen: `path` private, `line` public."""

    def __init__(self, path, kind="ed25519", bits=0, pem=False, passphrase=""):
        self.path, self.passphrase = path, passphrase
        argv = ["ssh-keygen", "-q", "-t", kind, "-f", path, "-N", passphrase, "-C", "test"]
        argv += ["-b", str(bits)] if bits else []
        argv += ["-m", "PEM"] if pem else []
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, timeout=120)
        with open(path + ".pub", encoding="ascii") as file:
            self.line = file.read().strip()


class Sshd:
    """Listens on 127.0.0.1, or with every_loopback on all addresses while letting in only who comes from 127/8."""

    def __init__(self, folder, config=(), host_key="ed25519", every_loopback=False, log_level="VERBOSE"):
        self.folder = os.path.join(folder, f"sshd-{os.urandom(4).hex()}")
        os.makedirs(self.folder, mode=0o755)
        self.config, self.every_loopback, self.log_level = list(config), every_loopback, log_level
        self.login = pwd.getpwuid(os.geteuid()).pw_name
        self.port = processes.free_port()
        self.process = None
        self.key_count = 0
        self.host_key = None
        self.change_host_key(host_key)
        self.authorized = self.path("authorized_keys")
        open(self.authorized, "w", encoding="ascii").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def new_key(self, authorized=True, **options):
        self.key_count += 1
        key = Key(self.path(f"user_key_{self.key_count}"), **options)
        if authorized:
            with open(self.authorized, "a", encoding="ascii") as file:
                file.write(key.line + "\n")
        return key

    def change_host_key(self, kind="ed25519"):
        """Takes effect at the next start()."""
        self.key_count += 1
        self.host_key = Key(self.path(f"host_key_{self.key_count}"), kind)

    def start(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        address = "0.0.0.0" if self.every_loopback else "127.0.0.1"
        lines = [f"ListenAddress {address}:{self.port}", f"HostKey {self.host_key.path}",
                 f"AllowUsers {self.login}@127.*",  f"AuthorizedKeysFile {self.authorized}",
                 f"PidFile {self.path('pid')}", f"LogLevel {self.log_level}", "UsePAM no", "StrictModes no", "UseDNS no",
                 "PermitRootLogin yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PrintMotd no",
                 "MaxStartups 2000", "PerSourcePenalties no"]
        matches = [line for line in self.config if line.startswith(("Match", " "))]
        # bash reads ~/.bashrc for a command over SSH unless it believes to be inside another shell. What root's starts
        # on this machine is not what is tested, and hundreds of logins at once would wait for it.
        matches += ["Match User root", "    SetEnv SHLVL=5"]
        lines = [line for line in self.config if line not in matches] + lines + matches
        self.write_config(lines)
        check = [processes.find_program("sshd"), "-t", "-f", self.path("config")]
        if b"PerSourcePenalties" in subprocess.run(check, capture_output=True, timeout=30).stderr:
            lines.remove("PerSourcePenalties no")  # sshd knows it from 9.8 on
            self.write_config(lines)
        with open(self.path("output"), "ab") as output:
            self.process = processes.start([check[0], "-D", "-f", self.path("config"), "-E", self.path("log")],
                                           stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        processes.wait_until("sshd listens", self.listens, 10)
        return self

    def write_config(self, lines):
        with open(self.path("config"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")

    def listens(self):
        if self.process.poll() is not None:
            with open(self.path("output"), encoding="utf-8") as file:
                raise AssertionError(f"sshd ended: {file.read()}{self.log()}")
        if not os.path.exists(self.path("pid")):
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self):
        try:
            with open(self.path("log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def connection_pids(self):
        """sshd's processes, one or two for each connection; not what they have started."""
        return [pid for pid in processes.descendants(self.process.pid)
                if processes.read_proc(pid, "comm").startswith(b"sshd")]

    def kill_connections(self):
        for pid in self.connection_pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)  # no connection slips in after the list was made
            self.kill_connections()
        processes.end(self.process, signal.SIGKILL)
        self.process = None
        try:
            os.remove(self.path("pid"))
        except FileNotFoundError:
            pass

    def known_hosts(self, addresses):
        kind_and_key = " ".join(self.host_key.line.split()[:2])
        return "".join(f"[{address}]:{self.port} {kind_and_key}\n" for address in addresses)


def login_shells():
    """{address: shell} of those installed, and the sshd lines that make them so."""
    shells = {address: shell for address, shell in LOGIN_SHELLS.items() if shutil.which(shell)}
    lines = []
    for address, shell in shells.items():
        lines += [f"Match LocalAddress {address}", f" ForceCommand exec {shutil.which(shell)} -c \"$SSH_ORIGINAL_COMMAND\""]
    return shells, lines
