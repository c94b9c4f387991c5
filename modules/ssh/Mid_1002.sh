#!/bin/sh
# SPDX-License-Identifier: MIT
# 1002 查看最新登录 / Latest logins: who logged in last.
#   sys_param_1   how many lines, 1 to 999
# The login records (last) where they are kept, else the latest login of each user (lastlog), else the lines about
# logins in the log of authentication: /var/log/secure, /var/log/auth.log, the journal, /var/log/messages.

om_count "${1:-50}"
looked=
events='Accepted [a-z/-]* for |Failed [a-z/-]* for |session opened for |ROOT LOGIN|LOGIN ON |logged in|New session |auth succeeded for '

# logins: the records, newest first, without the heading (busybox) and the closing `wtmp begins` line.
# -w: whole names; some versions do not know it.
logins() {
    if last -w -n 1 >/dev/null 2>&1; then last -w; else last; fi 2>/dev/null |
        awk -v limit="$1" 'NF && !/ begins / && !/^USER +TTY/ { print; if (++n == limit) exit }'
}

# latest COMMAND: one line a user, without the heading and those who never came.
latest() { "$1" 2>/dev/null | awk -v limit="$2" 'NR > 1 && NF && !/Never logged in/ { print; if (++n == limit) exit }'; }

if om_have last; then
    if [ -n "$(logins 1)" ]; then
        logins "$count"
        exit
    fi
    looked="$looked; last: no records$(om_as_root)"
fi

for command in lastlog2 lastlog; do
    if om_have "$command"; then
        if [ -n "$(latest "$command" 1)" ]; then
            latest "$command" "$count"
            exit
        fi
        looked="$looked; $command: no records"
    fi
done

for log in /var/log/secure /var/log/auth.log; do
    if [ -r "$log" ] && [ -n "$(grep -E "$events" "$log" | head -n 1)" ]; then
        grep -E "$events" "$log" | tail -n "$count"
        exit
    fi
    looked="$looked; $log: $(om_why "$log")"
done

if om_have journalctl; then
    journal() { journalctl --no-pager -q "$@" -t sshd -t sshd-session -t login -t systemd-logind -t su -t sudo 2>/dev/null | grep -E "$events"; }
    if [ -n "$(journal -n 2000 | head -n 1)" ]; then
        journal -n 20000 | tail -n "$count"
        exit
    fi
    looked="$looked; journalctl: no logins"
fi

log=/var/log/messages
if [ -r "$log" ] && [ -n "$(grep -E "$events" "$log" | head -n 1)" ]; then
    grep -E "$events" "$log" | tail -n "$count"
    exit
fi
if [ -r /var/log/wtmp ]; then
    echo "no login is recorded in /var/log/wtmp"
    exit 0
fi
om_die 1 "no record of logins found${looked}; $log: $(om_why "$log")"
