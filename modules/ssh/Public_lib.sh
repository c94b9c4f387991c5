# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Functions shared by the module scripts of this platform. The controller puts this text in front of every
# Mid_N.sh, right after its #! line, so it defines functions and does nothing else.
# POSIX sh as dash, bash, busybox ash and mksh agree on it: no `local`, no arrays. mksh has no printf of its
# own, so long text is never passed as an argument. What a function leaves for its caller is named in its comment.

om_warn() { printf '%s\n' "$*" >&2; }

# om_die STATUS MESSAGE...: 2 is a parameter that does not fit, 1 is a job that cannot be done here.
om_die() {
    om_status=$1
    shift
    om_warn "$@"
    exit "$om_status"
}

om_have() { command -v "$1" >/dev/null 2>&1; }

# om_is_root: whether this runs as uid 0. Most state-changing jobs need it, and many files are only readable so.
om_is_root() { [ "$(id -u)" = 0 ]; }

# om_as_root: what to add to a message about a refused permission.
om_as_root() { om_is_root || printf ' (running as %s: let the host become root)' "$(id -un 2>/dev/null || id -u)"; }

# om_count TEXT: leaves a number from 1 to 999 in $count. Digits only: the text goes on command lines.
om_count() {
    case $1 in
    '' | *[!0-9]*) om_die 2 "sys_param_1: a number of lines from 1 to 999 is needed" ;;
    esac
    count=$1
    while [ "${count#0}" != "$count" ]; do count=${count#0}; done
    case $count in
    ? | ?? | ???) ;;
    *) om_die 2 "sys_param_1: a number of lines from 1 to 999 is needed, not $1" ;;
    esac
}

# om_why FILE: why FILE gave nothing, in two or three words.
om_why() {
    if [ ! -e "$1" ]; then
        printf 'not there'
    elif [ ! -r "$1" ]; then
        printf 'not readable%s' "$(om_as_root)"
    else
        printf 'nothing in it'
    fi
}

# om_sha256 FILE: the checksum in hex on stdout; fails when the host has no tool for it.
om_sha256() {
    if om_have sha256sum; then
        sha256sum <"$1" | cut -c1-64
    elif om_have shasum; then
        shasum -a 256 <"$1" | cut -c1-64
    elif om_have openssl; then
        openssl dgst -sha256 <"$1" | sed 's/.*[ =]//'
    else
        return 1
    fi
}

# om_services APPLICATION: the names its service has on the distributions, one per line; patterns are allowed.
# Fails for an application that is not known.
om_services() {
    case $1 in
    apache | httpd | apache2) printf '%s\n' apache2 httpd ;;
    chrony | ntp) printf '%s\n' chronyd chrony ntpsec ntpd ntp systemd-timesyncd ;;
    containerd) printf '%s\n' containerd ;;
    cron) printf '%s\n' cron crond cronie dcron ;;
    dns | named | bind) printf '%s\n' named bind9 ;;
    dnsmasq) printf '%s\n' dnsmasq ;;
    docker) printf '%s\n' docker ;;
    elasticsearch) printf '%s\n' elasticsearch opensearch ;;
    haproxy) printf '%s\n' haproxy ;;
    keepalived) printf '%s\n' keepalived ;;
    kubelet) printf '%s\n' kubelet ;;
    lighttpd) printf '%s\n' lighttpd ;;
    memcached) printf '%s\n' memcached ;;
    mongodb) printf '%s\n' mongod mongodb ;;
    mysql | mariadb | mysqld) printf '%s\n' mysql mysqld mariadb ;;
    nginx) printf '%s\n' nginx openresty tengine ;;
    node_exporter) printf '%s\n' prometheus-node-exporter node_exporter node-exporter ;;
    php-fpm) printf '%s\n' php-fpm 'php[0-9]*-fpm' 'php-fpm[0-9]*' ;;
    postgresql) printf '%s\n' postgresql 'postgresql-[0-9]*' ;;
    rabbitmq) printf '%s\n' rabbitmq-server rabbitmq ;;
    redis) printf '%s\n' redis-server redis valkey-server valkey ;;
    resin) printf '%s\n' resin ;;
    rsyslog | syslog) printf '%s\n' rsyslog syslog-ng syslog sysklogd ;;
    snmp) printf '%s\n' snmpd ;;
    squid) printf '%s\n' squid squid3 ;;
    sshd | ssh) printf '%s\n' sshd ssh dropbear ;;
    supervisor) printf '%s\n' supervisor supervisord ;;
    tomcat) printf '%s\n' tomcat 'tomcat[0-9]*' ;;
    vsftpd) printf '%s\n' vsftpd ;;
    zabbix-agent) printf '%s\n' zabbix-agent2 zabbix-agent zabbix-agentd ;;
    *) return 1 ;;
    esac
}

# om_init: who looks after services here: systemd, openrc or sysv.
om_init() {
    if [ -d /run/systemd/system ] && om_have systemctl; then
        echo systemd
    elif om_have rc-service; then
        echo openrc
    else
        echo sysv
    fi
}

# om_unit_property UNIT PROPERTY: `systemctl show --value` is too new for systemd 219 (CentOS 7).
om_unit_property() { systemctl show -p "$2" "$1" 2>/dev/null | sed -n "s/^$2=//p"; }

# om_installed INIT NAME-OR-PATTERN: the installed services of that name, one per line.
om_installed() {
    if [ "$1" = systemd ]; then
        case $2 in
        *'*'*) systemctl list-unit-files --no-legend --no-pager "$2.service" 2>/dev/null | sed 's/[[:space:]].*//' ;;
        *) echo "$2.service" ;;
        esac | while read -r om_unit; do
            case $(om_unit_property "$om_unit" LoadState) in
            loaded | masked) om_unit_property "$om_unit" Id ;;
            esac
        done
    else
        # The pattern must expand here: it is a list of file names.
        # shellcheck disable=SC2086
        for om_file in /etc/init.d/$2; do
            if [ -f "$om_file" ] && [ -x "$om_file" ]; then echo "${om_file##*/}"; fi
        done
    fi
}

# om_service_call INIT NAME ACTION: the output is not captured: a daemon may keep it open for ever.
om_service_call() {
    case $1 in
    systemd) systemctl "$3" "$2" ;;
    openrc) rc-service "$2" "$3" ;;
    *) if om_have service; then service "$2" "$3"; else "/etc/init.d/$2" "$3"; fi ;;
    esac
}

# om_service_state INIT NAME: one line such as `active (running)` or `stopped`; 0 it runs, 3 it does not,
# 4 it cannot be told (an init script without a status action).
om_service_state() {
    if [ "$1" = systemd ]; then
        om_active=$(om_unit_property "$2" ActiveState)
        printf '%s (%s)\n' "$om_active" "$(om_unit_property "$2" SubState)"
        case $om_active in
        active | reloading) return 0 ;;
        *) return 3 ;;
        esac
    fi
    if om_text=$(om_service_call "$1" "$2" status 2>&1 </dev/null); then
        echo running
        return 0
    else
        om_status=$?
    fi
    case $om_text in
    *[Uu]sage*)
        echo unknown
        return 4
        ;;
    esac
    case $om_status in
    1 | 2 | 3)
        echo stopped
        return 3
        ;;
    32)
        echo crashed
        return 3
        ;;
    *)
        echo unknown
        return 4
        ;;
    esac
}

# om_sshd_test ARGUMENT...: sshd -t. Where no sshd has been started since the boot it asks for a folder before it looks
# at the configuration; the folder is made for the question and taken away again.
om_sshd_test() {
    om_sshd=$(command -v sshd)
    case $("$om_sshd" -t "$@" 2>&1 </dev/null) in
    *'privilege separation directory: /run/sshd'*)
        mkdir -m 0755 /run/sshd 2>/dev/null
        "$om_sshd" -t "$@" </dev/null
        set -- $?
        rmdir /run/sshd 2>/dev/null
        return "$1"
        ;;
    esac
    "$om_sshd" -t "$@" </dev/null
}

# om_check_config APPLICATION: asks the program itself whether its configuration is sound, where it can be asked.
# Fails, with the program's words on stderr, when it is not. Only root can ask most of them.
om_check_config() {
    om_is_root || return 0
    set -- "$1" ''
    case $1 in
    nginx)
        if om_have nginx; then
            set -- "$1" nginx -t
        elif [ -x /usr/local/nginx/sbin/nginx ]; then
            set -- "$1" /usr/local/nginx/sbin/nginx -t
        fi
        ;;
    apache | httpd | apache2)
        if om_have apachectl; then
            set -- "$1" apachectl configtest
        elif om_have apache2ctl; then
            set -- "$1" apache2ctl configtest
        elif om_have httpd; then
            set -- "$1" httpd -t
        fi
        ;;
    haproxy) if om_have haproxy && [ -f /etc/haproxy/haproxy.cfg ]; then set -- "$1" haproxy -c -f /etc/haproxy/haproxy.cfg; fi ;;
    lighttpd) if om_have lighttpd && [ -f /etc/lighttpd/lighttpd.conf ]; then set -- "$1" lighttpd -tt -f /etc/lighttpd/lighttpd.conf; fi ;;
    squid) if om_have squid; then set -- "$1" squid -k parse; fi ;;
    sshd | ssh) if om_have sshd && [ -f /etc/ssh/sshd_config ]; then set -- "$1" om_sshd_test; fi ;;
    rsyslog | syslog) if om_have rsyslogd && [ -f /etc/rsyslog.conf ]; then set -- "$1" rsyslogd -N1; fi ;;
    dns | named | bind) if om_have named-checkconf; then set -- "$1" named-checkconf; fi ;;
    esac
    om_application=$1
    shift
    [ -n "$1" ] || return 0
    # A checker talks even when all is well; keep that out of the answer. Its words are worth having when it fails.
    if "$@" >/dev/null 2>&1 </dev/null; then return 0; fi
    om_warn "the configuration of $om_application is refused by: $*"
    "$@" >&2 </dev/null
    return 1
}

# om_select_services INIT APPLICATION: leaves in $selected the services to act on: every one that runs, else the only
# one that is installed. Dies, saying why, when there is none or the choice is open.
om_select_services() {
    om_candidates=$(om_services "$2" | while read -r om_name; do om_installed "$1" "$om_name"; done | awk '!seen[$0]++')
    [ -n "$om_candidates" ] || om_die 1 "$2 is not installed as a service here: looked for $(om_services "$2" | tr '\n' ' ')with $1"
    selected=
    om_idle=
    om_idle_count=0
    for om_name in $om_candidates; do
        if [ "$1" = systemd ] && [ "$(om_unit_property "$om_name" LoadState)" = masked ]; then
            om_masked=$om_name
        elif om_service_state "$1" "$om_name" >/dev/null; then
            selected="$selected $om_name"
        else
            om_idle="$om_idle $om_name"
            om_idle_count=$((om_idle_count + 1))
        fi
    done
    [ -z "$selected" ] || return 0
    case $om_idle_count in
    0) om_die 1 "$2: $om_masked is masked: systemctl unmask it first" ;;
    1) selected=$om_idle ;;
    *) om_die 1 "$2: none of these services runs, so it is not clear which is meant:$om_idle" ;;
    esac
}

# om_service_act INIT NAME restart|reload: does it, says what became of it, and fails when the service does not run
# afterwards. An action that returns at once may still die: it is looked at again after a second.
om_service_act() {
    om_before=$(om_service_state "$1" "$2")
    # A service that does not run cannot be reloaded; leaving it stopped would make the new configuration a rumour.
    om_action=$3
    if [ "$om_action" = reload ]; then
        if [ "$1" = systemd ] && [ "$(om_unit_property "$2" CanReload)" = no ]; then om_action=restart; fi
        om_service_state "$1" "$2" >/dev/null || om_action=restart
    fi
    if om_service_call "$1" "$2" "$om_action" </dev/null; then
        om_result=0
    else
        om_result=$?
    fi
    sleep 1
    om_turns=0
    while om_after=$(om_service_state "$1" "$2"); [ "$om_turns" -lt 10 ]; do
        case $om_after in
        activating* | deactivating* | reloading*) sleep 1 ;;
        *) break ;;
        esac
        om_turns=$((om_turns + 1))
    done
    om_service_state "$1" "$2" >/dev/null
    case $? in
    0) om_runs=yes ;;
    4) om_runs=unknown ;;
    *) om_runs=no ;;
    esac
    if [ "$om_result" -eq 0 ] && [ "$om_runs" != no ]; then
        printf '%s: %s done (%s); was %s, is %s\n' "$2" "$om_action" "$1" "$om_before" "$om_after"
        [ "$om_runs" = yes ] || om_warn "$2: its init script has no status action, so only the exit status says that it worked"
        return 0
    fi
    om_warn "$2: $om_action failed with status $om_result ($1); was $om_before, is $om_after$(om_as_root)"
    if [ "$1" = systemd ] && om_have journalctl; then journalctl --no-pager -q -n 10 -u "$2" >&2; fi
    return 1
}
