#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules that every source file keeps, and that no compiler checks.

A .cpp that no CMakeLists.txt lists is never compiled, so never tested; C++ files open with the
licence line; headers go on with a comment that says what they are, have `#pragma once` and no
`using namespace`; scripts name their licence too.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCE = "SPDX-License-Identifier: MIT"


def check_cpp(path, text):
    lines = text.splitlines()
    if not lines or lines[0] != f"// {LICENCE}":
        yield f"the first line is not '// {LICENCE}'"
    elif path.suffix == ".h" and not any(re.match(r"//\s*\S", line) for line in lines[1:4]):
        yield "no comment below the licence line says what this file is"
    if path.suffix == ".h":
        if "#pragma once" not in lines:
            yield "no #pragma once"
        if re.search(r"^\s*using namespace\b", text, re.MULTILINE):
            yield "using namespace in a header"
    elif not is_listed(path):
        yield f"not listed in {path.parent.relative_to(ROOT)}/CMakeLists.txt or above"


def is_listed(path):
    folder = path.parent
    while folder != ROOT:
        listing = folder / "CMakeLists.txt"
        if listing.exists():
            name = re.escape(path.relative_to(folder).as_posix())
            return re.search(rf"(^|[\s(]){name}([\s)]|$)", listing.read_text()) is not None
        folder = folder.parent
    return False


def check_script(text):
    if LICENCE not in "\n".join(text.splitlines()[:3]):
        yield "no licence line"
    if text.startswith("#!") and "bash" in text.splitlines()[0] and "set -euo pipefail" not in text:
        yield "no set -euo pipefail"


def main():
    faults = []
    for folder in ("include", "src", "tests", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if "node_modules" in path.parts or "artefacts" in path.parts or not path.is_file():
                continue
            name = path.relative_to(ROOT)
            if path.suffix in (".h", ".cpp"):
                faults += [f"{name}: {fault}" for fault in check_cpp(path, path.read_text())]
            elif path.suffix in (".sh", ".py"):
                faults += [f"{name}: {fault}" for fault in check_script(path.read_text())]
    for path in sorted((ROOT / "scripts").iterdir()):
        faults += [f"scripts/{path.name}: {fault}" for fault in check_script(path.read_text())]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
