#!/bin/sh
# SPDX-License-Identifier: MIT
# 1006 查看应用配置 / Application configuration: every configuration file of one application, as it is on the host.
#   sys_param_1   the application
# Each file under a `==> path <==` line. Passwords in the files are shown: whoever may run this may read them.
# Paths: those of the original first, then Debian and Ubuntu, RHEL and its kin, Alpine, and the upstream defaults.

shown=0
failed=0
looked=

# show FILE...: those that exist; patterns that match nothing arrive as they are and count as not there.
show() {
    for file in "$@"; do
        if [ -d "$file" ]; then continue; fi
        if [ ! -e "$file" ]; then
            looked="$looked $file"
        elif [ ! -r "$file" ]; then
            om_warn "$file: $(om_why "$file")"
            failed=1
        else
            printf '==> %s <==\n' "$file"
            cat "$file" || failed=1
            # The next heading starts a line even if this file does not end in one.
            if [ -n "$(tail -c 1 "$file" | tr -d '\n')" ]; then echo; fi
            echo
            shown=$((shown + 1))
        fi
    done
}

# live TITLE COMMAND...: what is in force, where a command can tell.
live() {
    title=$1
    shift
    om_have "$1" || return 0
    if [ -n "$("$@" 2>/dev/null | head -n 1)" ]; then
        printf '==> %s <==\n' "$title"
        "$@" || failed=1
        echo
        shown=$((shown + 1))
    fi
}

application=${1:-}
case $application in
'') om_die 2 "sys_param_1: the application is missing" ;;
apache)
    show /usr/local/apache/conf/httpd.conf /usr/local/apache2/conf/httpd.conf \
        /etc/apache2/apache2.conf /etc/apache2/ports.conf /etc/apache2/conf-enabled/*.conf /etc/apache2/sites-enabled/* \
        /etc/httpd/conf/httpd.conf /etc/httpd/conf.d/*.conf /etc/apache2/httpd.conf /etc/apache2/conf.d/*.conf
    ;;
chrony) show /etc/chrony/chrony.conf /etc/chrony/conf.d/*.conf /etc/chrony/sources.d/*.sources /etc/chrony.conf /etc/chrony.d/*.conf /etc/ntp.conf /etc/ntpsec/ntp.conf /etc/systemd/timesyncd.conf ;;
cron) show /etc/crontab /etc/cron.d/* /etc/crontabs/* /var/spool/cron/crontabs/* /var/spool/cron/[!c]* ;;
dns) show /etc/resolv.conf /etc/nsswitch.conf /etc/systemd/resolved.conf /etc/named.conf /etc/bind/named.conf /etc/bind/named.conf.* /etc/dnsmasq.conf /etc/dnsmasq.d/*.conf ;;
docker) show /etc/docker/daemon.json /etc/sysconfig/docker /etc/default/docker /etc/conf.d/docker /etc/systemd/system/docker.service.d/*.conf /etc/containerd/config.toml ;;
elasticsearch) show /etc/elasticsearch/elasticsearch.yml /etc/elasticsearch/jvm.options /etc/opensearch/opensearch.yml ;;
firewall)
    show /etc/firewall.sh /etc/nftables.conf /etc/nftables.nft /etc/nftables/*.nft /etc/sysconfig/nftables.conf \
        /etc/sysconfig/iptables /etc/sysconfig/ip6tables /etc/iptables/rules.v4 /etc/iptables/rules.v6 /etc/iptables/rules-save \
        /etc/firewalld/firewalld.conf /etc/firewalld/zones/*.xml /etc/ufw/user.rules /etc/ufw/user6.rules
    live "nft list ruleset" nft list ruleset
    live "iptables-save" iptables-save
    ;;
fstab) show /etc/fstab /etc/exports /etc/exports.d/*.exports ;;
haproxy) show /usr/local/haproxy/haproxy.cfg /etc/haproxy/haproxy.cfg /etc/haproxy/conf.d/*.cfg /usr/local/etc/haproxy/haproxy.cfg ;;
hosts) show /etc/hosts /etc/hostname /etc/resolv.conf ;;
keepalived) show /etc/keepalived/keepalived.conf /etc/keepalived/conf.d/*.conf ;;
kubernetes) show /var/lib/kubelet/config.yaml /etc/kubernetes/manifests/*.yaml /etc/default/kubelet /etc/sysconfig/kubelet ;;
lighttpd) show /usr/local/lighttpd/etc/lighttpd.conf /etc/lighttpd/lighttpd.conf /etc/lighttpd/conf-enabled/*.conf /etc/lighttpd/conf.d/*.conf /etc/lighttpd/vhosts.d/*.conf ;;
limits)
    # The limits of this very session: what a login of this user gets.
    echo "==> ulimit -a <=="
    # shellcheck disable=SC3045
    ulimit -a || om_die 1 "ulimit -a failed"
    echo
    shown=1
    show /etc/security/limits.conf /etc/security/limits.d/*.conf
    ;;
logrotate) show /etc/logrotate.conf /etc/logrotate.d/* ;;
memcached) show /etc/memcached.conf /etc/sysconfig/memcached /etc/conf.d/memcached ;;
mongodb) show /etc/mongod.conf /etc/mongodb.conf ;;
mysql)
    show /etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/my.cnf /etc/mysql/conf.d/*.cnf /etc/mysql/mysql.conf.d/*.cnf \
        /etc/mysql/mariadb.conf.d/*.cnf /usr/local/mysql/my.cnf
    ;;
network) show /etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/*.yaml /etc/sysconfig/network-scripts/ifcfg-* /etc/NetworkManager/system-connections/* /etc/systemd/network/*.network ;;
nginx)
    show /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/http.d/*.conf /etc/nginx/sites-enabled/* \
        /usr/local/nginx/conf/nginx.conf /usr/local/nginx/conf/conf.d/*.conf /usr/local/openresty/nginx/conf/nginx.conf
    ;;
php-fpm) show /etc/php/*/fpm/php-fpm.conf /etc/php/*/fpm/pool.d/*.conf /etc/php-fpm.conf /etc/php-fpm.d/*.conf /etc/php[0-9]*/php-fpm.conf /etc/php[0-9]*/php-fpm.d/*.conf /usr/local/etc/php-fpm.conf /usr/local/etc/php-fpm.d/*.conf ;;
postgresql)
    show /etc/postgresql/*/*/postgresql.conf /etc/postgresql/*/*/pg_hba.conf /var/lib/pgsql/data/postgresql.conf \
        /var/lib/pgsql/data/pg_hba.conf /var/lib/pgsql/*/data/postgresql.conf /var/lib/pgsql/*/data/pg_hba.conf \
        /var/lib/postgresql/*/data/postgresql.conf /var/lib/postgresql/*/data/pg_hba.conf
    ;;
rabbitmq) show /etc/rabbitmq/rabbitmq.conf /etc/rabbitmq/rabbitmq-env.conf /etc/rabbitmq/conf.d/*.conf /etc/rabbitmq/advanced.config ;;
redis) show /etc/redis/*.conf /etc/redis.conf /etc/redis-sentinel.conf /etc/valkey/*.conf /usr/local/etc/redis.conf ;;
resin) show /usr/java/resin*/conf/resin.conf /usr/java/resin*/conf/resin.xml /usr/local/resin*/conf/resin.conf /usr/local/resin*/conf/resin.xml /etc/resin/resin.xml /etc/resin/resin.properties ;;
resin3.0.21 | resin3.0.22) show "/usr/java/resin-${application#resin}/conf/resin.conf" ;;
snmp) show /usr/local/etc/snmpd.conf /etc/snmp/snmpd.conf /etc/snmp/snmpd.conf.d/*.conf ;;
squid) show /usr/local/squid/etc/squid.conf /usr/local/squid-2.6/etc/squid.conf /etc/squid/squid.conf /etc/squid/conf.d/*.conf /etc/squid3/squid.conf ;;
squid2.5) show /usr/local/squid/etc/squid.conf ;;
squid2.6) show /usr/local/squid-2.6/etc/squid.conf ;;
sshd) show /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf ;;
sudo) show /etc/sudoers /etc/sudoers.d/* ;;
supervisor) show /etc/supervisor/supervisord.conf /etc/supervisor/conf.d/*.conf /etc/supervisord.conf /etc/supervisord.d/*.ini ;;
sysctl) show /etc/sysctl.conf /etc/sysctl.d/*.conf ;;
syslog) show /etc/syslog.conf /etc/rsyslog.conf /etc/rsyslog.d/*.conf /etc/syslog-ng/syslog-ng.conf /etc/syslog-ng/conf.d/*.conf /etc/conf.d/syslog /etc/systemd/journald.conf ;;
systemd) show /etc/systemd/system.conf /etc/systemd/journald.conf /etc/systemd/logind.conf /etc/systemd/system/*.service ;;
tomcat) show /etc/tomcat*/server.xml /etc/tomcat*/tomcat-users.xml /etc/default/tomcat* /usr/local/tomcat*/conf/server.xml /opt/tomcat*/conf/server.xml ;;
vsftpd) show /etc/vsftpd.conf /etc/vsftpd/vsftpd.conf ;;
zabbix-agent) show /etc/zabbix/zabbix_agent2.conf /etc/zabbix/zabbix_agent2.d/*.conf /etc/zabbix/zabbix_agentd.conf /etc/zabbix/zabbix_agentd.d/*.conf /etc/zabbix/zabbix_agentd.conf.d/*.conf ;;
*) om_die 2 "sys_param_1: '$application' is not an application that this module knows" ;;
esac

[ $failed -eq 0 ] || exit 1
[ $shown -gt 0 ] || om_die 1 "no configuration of $application found; looked for:$looked"
