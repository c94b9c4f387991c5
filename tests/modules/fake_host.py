# SPDX-License-Identifier: MIT
#
# FakeHost: a folder that stands for a host's root, and stand-in programs on its PATH. A module script is run as the
# carrier runs it (read from descriptor 3, standard input empty) with its absolute paths moved below that folder, so
# the scripts need no switch for tests and nothing outside the folder is touched. What comes back has the folder's
# name taken out again.

import hashlib
import os
import re
import shutil
import subprocess

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULES = os.path.join(SOURCE, "modules", "ssh")

# Every folder of a host that a module names. /usr/bin and the like are reached through PATH only.
MOVED = re.compile(r"(?<![\w.$}*])/(etc|var|run|proc|opt|usr/local|usr/java|usr/lib/os-release)(?=[/\s;:\])'\"*]|$)", re.M)

SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"], "mksh": ["mksh"]}

# What a script may call on any host: POSIX and the two or three beside it that every distribution has.
EVERYWHERE = """awk cat chmod cp cut dirname env expr false grep head id ls mkdir mv printf readlink rm rmdir sed sha256sum
    sh sleep sort tail test tr true uname wc""".split()


def available_shells():
    return [name for name, argv in SHELLS.items() if shutil.which(argv[0])]


def available_userlands():
    return ["gnu", "busybox"] if shutil.which("busybox") else ["gnu"]


def composed(number, folder=MODULES):
    """The script as it runs: #! line, shared functions, the rest."""
    with open(os.path.join(folder, f"Mid_{number}.sh"), encoding="utf-8") as file:
        first, rest = file.read().split("\n", 1)
    with open(os.path.join(folder, "Public_lib.sh"), encoding="utf-8") as file:
        return f"{first}\n{file.read()}{rest}"


class FakeHost:
    """`userland` is gnu (this machine's tools) or busybox (its applets alone, as on Alpine)."""

    def __init__(self, folder, shell, userland):
        self.root = str(folder)
        self.shell = SHELLS[shell]
        self.bin = self.path("/om-bin")
        self.uid = os.geteuid()
        os.makedirs(self.bin)
        os.makedirs(self.path("/var"))
        os.chmod(os.path.dirname(self.root), 0o755)
        for name in EVERYWHERE:
            target = shutil.which("busybox") if userland == "busybox" else shutil.which(name)
            os.symlink(target, os.path.join(self.bin, name))
        self.become("root")

    def path(self, path):
        return self.root + path

    def put(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        with open(self.path(path), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.path(path), mode)

    def text(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def moved(self, text):
        # Nothing here needs a second to settle, and mksh's own sleep cannot be stood in for.
        return MOVED.sub(lambda found: self.root + found.group(0), text).replace("sleep 1\n", "sleep 0\n")

    def stand_in(self, name, body):
        """A program of that name; absolute paths in it are moved as those in a script are."""
        self.put(f"/om-bin/{name}", f"#!/bin/sh\n{self.moved(body)}\n", 0o755)

    def become(self, user):
        """Scripts run as root (or as who runs the tests, whom they take for root) or as somebody else."""
        if os.geteuid() == 0:
            self.uid = 0 if user == "root" else 65534
        uid = 0 if user == "root" else 1000
        self.stand_in("id", f'if [ "$1" = -u ] && [ $# -eq 1 ]; then echo {uid}; else echo {user}; fi')

    def calls(self):
        """What stand-ins that write to /var/calls were asked to do."""
        return self.text("/var/calls").splitlines() if os.path.exists(self.path("/var/calls")) else []

    def run(self, number, *parameters, file=None, sha256=None, name=None):
        environment = {"PATH": self.bin, "LC_ALL": "C", "HOME": "/"}
        for index, value in enumerate(parameters, 1):
            environment[f"SYS_PARAM_{index}"] = value
        if file is not None:
            self.put("/delivered", file)
            data = file if isinstance(file, bytes) else file.encode()
            environment["OM_FILE"] = self.path("/delivered")
            environment["OM_FILE_SHA256"] = sha256 or hashlib.sha256(data).hexdigest()
            environment["OM_FILE_NAME"] = name or (parameters[0] if parameters else "")
        self.put("/script", self.moved(composed(number)))
        with open(self.path("/script"), "rb") as script:
            done = subprocess.run(
                ["/bin/sh", "-c", 'exec "$@" 3<&0 </dev/null', "om", *self.absolute_shell(), "/dev/fd/3", *parameters],
                stdin=script, capture_output=True, env=environment, timeout=60, check=False,
                user=self.uid)
        return Answer(done.returncode, self.back(done.stdout), self.back(done.stderr))

    def absolute_shell(self):
        return [shutil.which(self.shell[0]), *self.shell[1:]]

    def back(self, data):
        return data.decode("utf-8", "replace").replace(self.root, "")


class Answer:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


# systemctl with units kept as files /var/units/NAME of lines PROPERTY=value. A unit with
# Breaks=yes fails to start; one with Dies=yes starts and is gone at the next look.
SYSTEMCTL = r"""
units=/var/units
case $1 in
show)
    shift
    properties=
    while [ "$1" = -p ]; do properties="$properties $2"; shift 2; done
    unit=$1
    for property in $properties; do
        if [ -f "$units/$unit" ]; then
            sed -n "s/^\($property=\)/\1/p" "$units/$unit"
        elif [ "$property" = LoadState ]; then
            echo LoadState=not-found
        else
            echo "$property=inactive"
        fi
    done
    ;;
list-unit-files)
    for pattern; do :; done
    for file in $units/$pattern; do [ -f "$file" ] && echo "${file##*/} enabled enabled"; done
    exit 0
    ;;
restart | reload | start)
    echo "systemctl $1 $2" >>/var/calls
    real=$(sed -n 's/^Id=//p' "$units/$2")
    if grep -q '^Breaks=yes' "$units/$real"; then
        sed -e 's/^ActiveState=.*/ActiveState=failed/' -e 's/^SubState=.*/SubState=failed/' "$units/$real" >$units/.new
        mv $units/.new "$units/$real"
        echo "Job for $2 failed." >&2
        exit 1
    fi
    if grep -q '^Dies=yes' "$units/$real"; then
        sed -e 's/^ActiveState=.*/ActiveState=failed/' "$units/$real" >$units/.new
        mv $units/.new "$units/$real"
        exit 0
    fi
    sed -e 's/^ActiveState=.*/ActiveState=active/' -e 's/^SubState=.*/SubState=running/' "$units/$real" >$units/.new
    mv $units/.new "$units/$real"
    ;;
esac
"""


def with_systemd(host):
    os.makedirs(host.path("/run/systemd/system"))
    os.makedirs(host.path("/var/units"))
    host.stand_in("systemctl", SYSTEMCTL)


def unit(host, name, active="active", sub="running", identity=None, load="loaded", reloads="yes", extra=""):
    host.put(f"/var/units/{name}",
             f"LoadState={load}\nId={identity or name}\nActiveState={active}\nSubState={sub}\nCanReload={reloads}\n{extra}")


# An init script as sysv and openrc call them; its state is in /var/state/NAME.
INIT_SCRIPT = r"""
name=${0##*/}
state=/var/state/$name
case $1 in
status) [ "$(cat $state)" = up ] || exit 3 ;;
restart | start | reload) echo "$name $1" >>/var/calls; echo up >$state ;;
*) echo "Usage: $0 {start|stop|restart|status}"; exit 1 ;;
esac
"""


def init_script(host, name, state="up", body=INIT_SCRIPT):
    os.makedirs(host.path("/var/state"), exist_ok=True)
    host.put(f"/var/state/{name}", state + "\n")
    host.put(f"/etc/init.d/{name}", "#!/bin/sh\n" + host.moved(body), 0o755)


def with_openrc(host):
    host.stand_in("rc-service", 'name=$1; shift; echo "rc-service $name $1" >>/var/calls; exec /etc/init.d/$name "$@"')
