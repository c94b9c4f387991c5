#!/bin/sh
# SPDX-License-Identifier: MIT
# 1007 重启进程服务 / Restart a service: by systemctl, rc-service, service or its init script, whichever the host has.
#   sys_param_1   the application, as in om_services
# Every running service of the application is restarted (two versions of php-fpm: both); when none runs, the only
# installed one is started. A configuration that the program itself refuses is not restarted into: it runs on.

application=${1:-}
[ -n "$application" ] || om_die 2 "sys_param_1: the service to restart is missing"
om_services "$application" >/dev/null || om_die 2 "sys_param_1: '$application' is not a service that this module knows"

init=$(om_init)
om_select_services "$init" "$application"
om_check_config "$application" || om_die 1 "$application was not restarted: correct its configuration first"

failed=0
for service in $selected; do
    om_service_act "$init" "$service" restart || failed=1
done
exit $failed
