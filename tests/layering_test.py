#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on an include that the table of parts (tests/layering.txt) does not allow.

Reads every file of include/om/ and src/, and complains about: a part that includes one not in its
row, a private header of another part, a public header that includes a private one, a project header
not named in full from the root, a cycle of headers, and third-party headers in the wrong place.
`--self-test` shows on small made-up trees that each of these is caught.
"""

import re
import sys
import tempfile
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# Headers that stay out of public headers, and the only part that may see each.
THIRD_PARTY = {
    "httplib.h": {"http"},
    "sqlite3.h": {"store"},
    "libssh2.h": {"ssh"},
    "libssh2_sftp.h": {"ssh"},
}


class Table:
    """The parts of tests/layering.txt: floors, and what each part may include."""

    def __init__(self, text):
        self.floor = {}
        self.allowed = {}
        self.faults = []
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if words:
                self.floor[words[0]] = int(words[1])
                self.allowed[words[0]] = set(words[2:])
        for part, allowed in self.allowed.items():
            if "*" in allowed:
                allowed.discard("*")
                allowed.update(set(self.floor) - {part})
            for other in allowed:
                if other not in self.floor:
                    self.faults.append(f"layering.txt: {part} names {other}, which is no part")
                elif self.floor[other] >= self.floor[part]:
                    self.faults.append(f"layering.txt: {part} names {other}, which is not below it")
            allowed.update({part, "base"})
            if part != "base":
                allowed.add("model")


class Tree:
    """The project's own files, by their path from the root, and what they include."""

    def __init__(self, root):
        self.root = root
        self.includes = {}  # path -> [(line, quote, name)]
        for folder in ("include/om", "src"):
            for path in sorted((root / folder).rglob("*")):
                if path.suffix in (".h", ".cpp", ".hpp", ".cc", ".inc"):
                    self.includes[path.relative_to(root).as_posix()] = self._read(path)

    @staticmethod
    def _read(path):
        text = path.read_text(encoding="utf-8")
        return [
            (text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2))
            for match in INCLUDE.finditer(text)
        ]

    def resolve(self, name):
        """The project's path of an included name, or None for somebody else's header."""
        for path in (f"include/{name}", f"src/{name}"):
            if path in self.includes:
                return path
        return None


def part_of(path):
    words = path.split("/")
    return words[2] if words[0] == "include" else words[1]


def is_public(path):
    return path.startswith("include/")


def check_include(table, tree, path, quote, name):
    """What is wrong with one include, or None."""
    part = part_of(path)
    base = name.rsplit("/", 1)[-1]
    if base in THIRD_PARTY and quote == "<" or name in THIRD_PARTY:
        if is_public(path):
            return f"{name} in a public header"
        if part not in THIRD_PARTY[base]:
            return f"{name} is for {', '.join(THIRD_PARTY[base])} only"
        if base == "httplib.h" and not path.endswith(".cpp"):
            return "httplib.h in a header: exactly one .cpp sees it"
        return None
    target = tree.resolve(name)
    if target is None:
        if quote == '"' or name.startswith("om/"):
            return f'"{name}" is no file of the project (write it in full from the root)'
        return None
    other = part_of(target)
    if is_public(target):
        if other not in table.allowed[part]:
            return f'{part} may not include "{name}"'
    elif is_public(path):
        return f'"{name}" is private, and this header is public'
    elif other != part:
        return f'"{name}" is private to {other}'
    return None


def find_cycle(tree):
    """One cycle of files that include each other, as a list of paths, or None."""
    done = set()

    def visit(path, trail):
        if path in trail:
            return trail[trail.index(path):] + [path]
        if path in done:
            return None
        for _, _, name in tree.includes[path]:
            target = tree.resolve(name)
            if target:
                cycle = visit(target, trail + [path])
                if cycle:
                    return cycle
        done.add(path)
        return None

    for path in tree.includes:
        cycle = visit(path, [])
        if cycle:
            return cycle
    return None


def check(root, table_text):
    """Every fault in the tree, one line each."""
    table = Table(table_text)
    tree = Tree(root)
    faults = list(table.faults)
    httplib = set()
    for path, includes in tree.includes.items():
        if part_of(path) not in table.floor:
            faults.append(f"{path}: {part_of(path)} is no part of layering.txt")
            continue
        for line, quote, name in includes:
            if name.endswith("httplib.h"):
                httplib.add(path)
            fault = check_include(table, tree, path, quote, name)
            if fault:
                faults.append(f"{path}:{line}: {fault}")
    if len(httplib) > 1:
        faults.append(f"httplib.h is included {len(httplib)} times: {', '.join(sorted(httplib))}")
    cycle = find_cycle(tree)
    if cycle:
        faults.append("a cycle of includes: " + " -> ".join(cycle))
    return faults


SELF_TEST_TABLE = "main 3 *\nhttp 2 store\nstore 1\nmodel 1\nbase 0\n"

# What it shows, the files, and a word of the fault that is expected (None: no fault).
SELF_TESTS = [
    ("a clean tree", {
        "include/om/base/a.h": "#include <string>\n",
        "include/om/store/s.h": '#include "om/base/a.h"\n',
        "src/store/private.h": '#include "om/store/s.h"\n',
        "src/store/s.cpp": '#include "store/private.h"\n#include <sqlite3.h>\n',
        "src/http/front.cpp": '#include <httplib.h>\n#include "om/store/s.h"\n',
        "src/main/main.cpp": '#include "om/store/s.h"\n',
    }, None),
    ("an include upward", {
        "include/om/http/h.h": "", "src/store/s.cpp": '#include "om/http/h.h"\n',
    }, "store may not include"),
    ("an include upward in angle brackets", {
        "include/om/http/h.h": "", "src/store/s.cpp": "#  include <om/http/h.h>\n",
    }, "store may not include"),
    ("base including model", {
        "include/om/model/m.h": "", "src/base/b.cpp": '#include "om/model/m.h"\n',
    }, "base may not include"),
    ("another part's private header", {
        "src/store/private.h": "", "src/http/h.cpp": '#include "store/private.h"\n',
    }, "private to store"),
    ("a private header in a public one", {
        "src/store/private.h": "", "include/om/store/s.h": '#include "store/private.h"\n',
    }, "this header is public"),
    ("a header named without its folder", {
        "src/store/private.h": "", "src/store/s.cpp": '#include "private.h"\n',
    }, "in full from the root"),
    ("a cycle of headers", {
        "include/om/base/a.h": '#include "om/base/b.h"\n',
        "include/om/base/b.h": '#include "om/base/a.h"\n',
    }, "a cycle of includes"),
    ("httplib.h twice", {
        "src/http/a.cpp": "#include <httplib.h>\n", "src/http/b.cpp": '#include "httplib.h"\n',
    }, "included 2 times"),
    ("httplib.h in a header", {"src/http/a.h": "#include <httplib.h>\n"}, "exactly one .cpp"),
    ("httplib.h outside http", {"src/main/m.cpp": "#include <httplib.h>\n"}, "for http only"),
    ("sqlite3.h in a public header", {
        "include/om/store/s.h": "#include <sqlite3.h>\n",
    }, "in a public header"),
    ("libssh2.h in a public header", {
        "include/om/store/s.h": "#include <libssh2.h>\n",
    }, "in a public header"),
    ("a folder that is no part", {"src/misc/m.cpp": ""}, "is no part"),
    ("a missing header", {"src/base/b.cpp": '#include "om/base/gone.h"\n'}, "no file of the project"),
]


def self_test():
    failed = 0
    for title, files, expected in SELF_TESTS:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            faults = check(Path(folder), SELF_TEST_TABLE)
        caught = not faults if expected is None else any(expected in fault for fault in faults)
        if not caught:
            failed += 1
            print(f"self-test: {title}: expected {expected!r}, got {faults}")
    for text, expected in (("a 1 b\nb 1\n", "not below"), ("a 1 c\n", "is no part")):
        if not any(expected in fault for fault in Table(text).faults):
            failed += 1
            print(f"self-test: the table {text!r} should say {expected!r}")
    return 1 if failed else 0


def main():
    if "--self-test" in sys.argv[1:]:
        return self_test()
    tests = Path(__file__).resolve().parent
    faults = check(tests.parent, (tests / "layering.txt").read_text(encoding="utf-8"))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
