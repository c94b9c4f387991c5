#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whoever adds a reason why a target fails decides what an operator can paste: each has an entry in src/run/remedy.cpp."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/run/remedy.cpp"


def reasons(files):
    pattern = re.compile(r'"((?:ssh|backend)\.[a-z_]*[a-z])"')
    return {reason: path for path in files
            for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("//")
            for reason in pattern.findall(line)}


def main():
    sources = [path for path in (*ROOT.glob("src/**/*.cpp"), *ROOT.glob("src/**/*.h")) if path != TABLE]
    given, known = reasons(sources), reasons([TABLE])
    missing = sorted(f"{reason} ({given[reason].relative_to(ROOT)})" for reason in given.keys() - known.keys())
    left_over = sorted(known.keys() - given.keys())
    for reason in missing:
        print(f"{reason}: what could somebody paste? Add it to {TABLE.relative_to(ROOT)}, be it with Cure::none")
    for reason in left_over:
        print(f"{reason}: nothing gives this reason any more; remove it from {TABLE.relative_to(ROOT)}")
    if len(given) < 30:
        sys.exit(f"only {len(given)} reasons were found in src")
    sys.exit(1 if missing or left_over else 0)


if __name__ == "__main__":
    main()
