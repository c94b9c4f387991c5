#!/bin/sh
# SPDX-License-Identifier: MIT
# 1001 查看系统日志 / System log: the last lines of the operating system's log.
#   sys_param_1   how many lines, 1 to 999
# The journal where there is one, else the log file of syslog, else busybox syslogd's memory, else the kernel's.

om_count "${1:-50}"
looked=

if om_have journalctl; then
    if [ -n "$(journalctl --no-pager -q -n 1 2>/dev/null)" ]; then
        exec journalctl --no-pager -q -n "$count"
    fi
    looked="$looked; journalctl: no entries$(om_as_root)"
fi

for log in /var/log/syslog /var/log/messages; do
    if [ -r "$log" ] && [ -s "$log" ]; then
        exec tail -n "$count" "$log"
    fi
    looked="$looked; $log: $(om_why "$log")"
done

if om_have logread; then
    if [ -n "$(logread 2>/dev/null | head -n 1)" ]; then
        logread | tail -n "$count"
        exit
    fi
    looked="$looked; logread: no entries"
fi

if om_have dmesg && [ -n "$(dmesg 2>/dev/null | head -n 1)" ]; then
    om_warn "only the kernel's messages are to be had here${looked}"
    dmesg | tail -n "$count"
    exit
fi
om_die 1 "no system log found${looked}; dmesg: no entries"
