#!/bin/sh
# SPDX-License-Identifier: MIT
# om-file: sys_param_1
# 1005 同步应用文件 / Distribute an application file: puts files/<choice> of the data directory where that file belongs.
#   sys_param_1       the choice
#   OM_FILE           where the carrier has put a copy of the file; OM_FILE_SHA256 what it must be; OM_FILE_NAME its name
# The copy is checked, then the program that will read it is asked whether it is sound (where it can be asked), then it
# replaces the destination in one step, with the mode and owner that were there. An equal destination is left alone.
# The follow-up runs either way: after a follow-up that failed, running again must not end in a false success.

choice=${1:-}
candidates=
mode=0644
check=
follow=list
service=

# Where the file goes: the first candidate that exists, else the first whose directory exists. The original's place is
# among them.
case $choice in
'') om_die 2 "sys_param_1: the file to distribute is missing" ;;
nginx) candidates='/etc/init.d/nginx' mode=0755 check=check_shell follow=chmod ;;
nginx_config) candidates='/etc/nginx/nginx.conf /usr/local/nginx/conf/nginx.conf /usr/local/openresty/nginx/conf/nginx.conf' check=check_nginx ;;
haproxy) candidates='/etc/haproxy/haproxy.cfg /usr/local/haproxy/haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg' check=check_haproxy ;;
syslog) candidates='/etc/rsyslog.conf /etc/syslog-ng/syslog-ng.conf /etc/syslog.conf' check=check_rsyslog follow=restart service=syslog ;;
sysctl) candidates='/etc/sysctl.conf' check=check_sysctl follow=sysctl ;;
resin) candidates='/usr/java/resin-3.0.22/conf/resin.conf /usr/local/resin/conf/resin.conf /etc/resin/resin.xml' check=check_xml ;;
resinhttpd) candidates='/usr/java/resin-3.0.22/bin/httpd.sh /usr/local/resin/bin/httpd.sh' mode=0755 check=check_shell follow=chmod ;;
resinjar) candidates='/usr/java/resin-3.0.22/lib/resin.jar /usr/local/resin/lib/resin.jar' check=check_jar ;;
chrony) candidates='/etc/chrony/chrony.conf /etc/chrony.conf' check=check_chrony follow=restart service=chrony ;;
cron) candidates='/etc/cron.d/omserver' check=check_cron ;;
docker) candidates='/etc/docker/daemon.json' check=check_docker ;;
hosts) candidates='/etc/hosts' check=check_hosts ;;
keepalived) candidates='/etc/keepalived/keepalived.conf' check=check_keepalived follow=reload service=keepalived ;;
limits) candidates='/etc/security/limits.d/omserver.conf' check=check_limits ;;
logrotate) candidates='/etc/logrotate.d/omserver' check=check_logrotate ;;
motd) candidates='/etc/motd' ;;
profile) candidates='/etc/profile.d/omserver.sh' check=check_shell ;;
rsyslog) candidates='/etc/rsyslog.d/omserver.conf' check=check_rsyslog follow=restart service=syslog ;;
sshd_config) candidates='/etc/ssh/sshd_config' mode=0600 check=check_sshd follow=reload service=sshd ;;
sudoers) candidates='/etc/sudoers.d/omserver' mode=0440 check=check_sudoers ;;
*) om_die 2 "sys_param_1: '$choice' is not a file that this module knows" ;;
esac

# Each check gets a file that is not in force yet; it fails with the reason on stderr. A host without the program that
# could check has nothing that reads the file either.
quietly() {
    # All is well: no words. Else the program's own, about the file's name here rather than a temporary one.
    if "$@" >/dev/null 2>&1 </dev/null; then return 0; fi
    "$@" 2>&1 </dev/null | sed "s|${temporary:-$destination}|files/$choice|g" >&2
    return 1
}
program() { command -v "$1" 2>/dev/null || { [ -x "$2" ] && echo "$2"; }; }
check_shell() {
    case $(head -n 1 "$1") in
    '#!'*bash*) shell=bash ;;
    '#!'*/sh | '#!'*/sh[[:space:]]* | '#!'*dash* | '#!'*openrc-run* | '#!'*runscript* | [!#]* | '# '* | '') shell='sh' ;;
    *) return 0 ;;
    esac
    om_have $shell || return 0
    quietly $shell -n "$1"
}
check_nginx() { if tool=$(program nginx /usr/local/nginx/sbin/nginx); then quietly "$tool" -t -c "$1"; fi; }
check_haproxy() { if tool=$(program haproxy /usr/local/haproxy/sbin/haproxy); then quietly "$tool" -c -f "$1"; fi; }
check_rsyslog() {
    case $destination in
    */rsyslog*) if om_have rsyslogd; then quietly rsyslogd -N1 -f "$1"; fi ;;
    *) if om_have syslog-ng && [ "$destination" != /etc/syslog.conf ]; then quietly syslog-ng -s -f "$1"; fi ;;
    esac
}
check_sysctl() {
    awk '/^[ \t]*($|[#;])/ { next }
         /^[ \t]*-?[A-Za-z0-9_.*\/-]+[ \t]*=/ { next }
         /^[ \t]*-[A-Za-z0-9_.*\/-]+[ \t]*$/ { next }
         { printf "line %d is not `name = value`: %s\n", NR, $0; bad = 1 }
         END { exit bad }' "$1" >&2
}
check_xml() { if om_have xmllint; then quietly xmllint --noout --nonet "$1"; fi; }
check_jar() {
    [ "$(head -c 2 "$1")" = PK ] || { om_warn "it is not a jar: a zip archive starts with PK"; return 1; }
    if om_have unzip; then quietly unzip -tqq "$1"; fi
}
check_chrony() { if om_have chronyd && chronyd --help 2>&1 | grep -q -e ' -p'; then quietly chronyd -p -f "$1"; fi; }
check_cron() {
    awk '/^[ \t]*($|#)/ { next }
         /^[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*=/ { next }
         /^[ \t]*@[a-z]+[ \t]+[^ \t]+[ \t]+[^ \t]/ { next }
         NF >= 7 && $1 ~ /^[0-9*,\/-]+$/ && $2 ~ /^[0-9*,\/-]+$/ && $3 ~ /^[0-9*,\/-]+$/ && $4 ~ /^[0-9A-Za-z*,\/-]+$/ && $5 ~ /^[0-9A-Za-z*,\/-]+$/ { next }
         { printf "line %d has not the form `minute hour day month weekday user command`: %s\n", NR, $0; bad = 1 }
         END { exit bad }' "$1" >&2 || return 1
    # cron ignores a last line without its end.
    [ -z "$(tail -c 1 "$1" | tr -d '\n')" ] || { om_warn "the last line does not end with a line end, cron would ignore it"; return 1; }
}
check_docker() { if om_have dockerd && dockerd --help 2>&1 | grep -q -e --validate; then quietly dockerd --validate --config-file "$1"; fi; }
check_hosts() {
    awk '{ sub(/#.*/, "") }
         NF == 0 { next }
         NF < 2 || $1 !~ /^[0-9A-Fa-f.:%a-z]+$/ || $1 !~ /[.:]/ { printf "line %d is not `address name`: %s\n", NR, $0; bad = 1; next }
         { for (i = 2; i <= NF; i++) if ($i == "localhost") found = 1 }
         END { if (!bad && !found) { print "no line names localhost"; bad = 1 } exit bad }' "$1" >&2
}
check_keepalived() { if om_have keepalived && keepalived --help 2>&1 | grep -q -e --config-test; then quietly keepalived -t -f "$1"; fi; }
check_limits() {
    awk '{ sub(/#.*/, "") }
         NF == 0 { next }
         NF == 4 && $2 ~ /^(soft|hard|-)$/ { next }
         NF == 2 && $2 == "-" { next }
         { printf "line %d is not `who soft|hard|- item value`: %s\n", NR, $0; bad = 1 }
         END { exit bad }' "$1" >&2
}
check_logrotate() { if om_have logrotate; then quietly logrotate -d "$1"; fi; }
check_sshd() { if om_have sshd; then quietly om_sshd_test -f "$1"; fi; }
check_sudoers() {
    om_have visudo || om_die 1 "visudo is not installed, and an unchecked sudoers file could end every sudo here"
    quietly visudo -c -f "$1"
}

if [ -z "${OM_FILE:-}" ] || [ ! -f "$OM_FILE" ]; then
    om_die 1 "no file came with this run: put it in the controller's data directory as files/$choice"
fi
expected=${OM_FILE_SHA256:-}
[ -n "$expected" ] || om_die 1 "the file came without its checksum"
actual=$(om_sha256 "$OM_FILE") || om_die 1 "no sha256sum, shasum or openssl here, so the file cannot be checked"
[ "$actual" = "$expected" ] || om_die 1 "the file did not arrive whole: sha256 is $actual, should be $expected"
[ -s "$OM_FILE" ] || om_die 1 "files/$choice is empty: an empty file is not distributed"

destination=
for path in $candidates; do
    if [ -f "$path" ]; then
        destination=$path
        break
    fi
done
if [ -z "$destination" ]; then
    for path in $candidates; do
        if [ -d "${path%/*}" ]; then
            destination=$path
            break
        fi
    done
fi
[ -n "$destination" ] || om_die 1 "$choice is not installed here: none of these can be written: $candidates"
# Replace what a link points to, not the link.
if [ -L "$destination" ]; then
    destination=$(readlink -f "$destination") || om_die 1 "$destination is a link to nowhere"
fi
directory=${destination%/*}

temporary=
put_away() { if [ -n "$temporary" ]; then rm -f "$temporary"; fi; }
trap put_away EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -f "$destination" ] && [ "$(om_sha256 "$destination")" = "$expected" ]; then
    if [ -n "$check" ] && ! $check "$destination"; then
        om_die 1 "$destination is already equal to files/$choice, but it is refused: correct files/$choice"
    fi
    printf '%s: already equal to files/%s (sha256 %s)\n' "$destination" "$choice" "$expected"
else
    umask 077
    # A leading dot and no known ending: nothing that reads a whole directory takes it for one of its own.
    temporary=$directory/.${destination##*/}.om-$$
    if [ -f "$destination" ]; then
        # cp -p brings mode and owner along, and is the same everywhere; the content is then overwritten.
        cp -p "$destination" "$temporary" || om_die 1 "$directory cannot be written$(om_as_root)"
        cat "$OM_FILE" >"$temporary" || om_die 1 "$temporary could not be written"
        what=replaced
    else
        cat "$OM_FILE" >"$temporary" || om_die 1 "$directory cannot be written$(om_as_root)"
        chmod "$mode" "$temporary" || om_die 1 "$temporary: chmod $mode failed"
        what=created
    fi
    [ "$(om_sha256 "$temporary")" = "$expected" ] || om_die 1 "$temporary was not written whole: is the disk full?"
    if [ -n "$check" ] && ! $check "$temporary"; then
        om_die 1 "files/$choice was refused, $destination stays as it was"
    fi
    mv -f "$temporary" "$destination" || om_die 1 "$destination could not be replaced$(om_as_root)"
    temporary=
    if om_have restorecon; then restorecon "$destination" >/dev/null 2>&1; fi
    printf '%s: %s (sha256 %s)\n' "$destination" "$what" "$expected"
fi

case $follow in
chmod)
    chmod u+x "$destination" || om_die 1 "$destination is in place, but chmod u+x failed$(om_as_root)"
    ls -l "$destination"
    ;;
list) ls -l "$destination" ;;
sysctl) sysctl -p "$destination" || om_die 1 "$destination is in place, but sysctl -p failed: see above for the setting" ;;
restart | reload)
    init=$(om_init)
    om_select_services "$init" "$service"
    for name in $selected; do
        om_service_act "$init" "$name" "$follow" || om_die 1 "$destination is in place, but $name did not take it"
    done
    ;;
esac
