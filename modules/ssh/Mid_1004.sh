#!/bin/sh
# SPDX-License-Identifier: MIT
# 1004 查看内核模块 / Kernel modules: what lsmod prints, also where lsmod is not installed.

if [ ! -e /proc/modules ]; then
    if [ ! -e /proc/self ] && [ ! -e /proc/version ]; then om_die 1 "/proc is not mounted, so the kernel's modules cannot be listed"; fi
    echo "this kernel was built without loadable modules (no /proc/modules)"
    exit 0
fi
[ -r /proc/modules ] || om_die 1 "/proc/modules: $(om_why /proc/modules)"

if om_have lsmod && lsmod 2>/dev/null; then exit 0; fi

awk 'BEGIN { printf "%-23s %8s  %s\n", "Module", "Size", "Used by" }
     { sub(/,$/, "", $4); printf "%-23s %8s  %s%s\n", $1, $2, $3, ($4 == "-" ? "" : " " $4) }' /proc/modules ||
    om_die 1 "/proc/modules could not be read"
