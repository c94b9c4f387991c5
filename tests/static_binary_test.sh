#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The release binary is one file that needs nothing: static, stripped, at most 15 MB, and it works in
# an empty root directory.
set -euo pipefail

binary=${OMSERVER_BINARY:-${1:?usage: static_binary_test.sh BINARY}}
limit=$((15 * 1000 * 1000))

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

# --- what the file is
linked=$(LC_ALL=C ldd "$binary" 2>&1 || true)
grep -qE 'statically linked|not a dynamic executable' <<<"$linked" ||
    fail "not static: $linked"
LC_ALL=C readelf -l "$binary" | grep -q 'Requesting program interpreter' &&
    fail "it asks for a program interpreter"
[ -z "$(LC_ALL=C readelf -S "$binary" | grep -F '.symtab' || true)" ] || fail "not stripped"
size=$(stat -c %s "$binary")
[ "$size" -le "$limit" ] || fail "$size bytes, more than $limit"
echo "static, stripped, $size bytes"

# --- how it does where there is nothing else
if [ "$(id -u)" != 0 ]; then
    echo "skipped: chroot needs root"
    exit 77
fi
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cp "$binary" "$empty/omserver"

version=$(env -i "$(command -v chroot)" "$empty" /omserver version) || fail "omserver version does not start"
grep -qE '^omserver [0-9]+\.[0-9]+\.[0-9]+' <<<"$version" || fail "odd version: $version"
echo "in an empty root: $version"

# More that must work in an empty root goes here: each a command in `chroot "$empty"`.
