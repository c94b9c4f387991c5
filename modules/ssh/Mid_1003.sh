#!/bin/sh
# SPDX-License-Identifier: MIT
# 1003 查看系统版本 / System version: the operating system, its exact release, kernel and machine.
# Nothing in the answer differs between equal hosts, so that equal hosts fold into one group.

# os_release: the name in os-release, whose lines are shell assignments by its specification.
os_release() (
    for file in /etc/os-release /usr/lib/os-release; do
        if [ -r "$file" ]; then
            PRETTY_NAME='' NAME='' VERSION=''
            # shellcheck disable=SC1090
            . "$file" 2>/dev/null
            printf '%s\n' "${PRETTY_NAME:-$NAME${VERSION:+ $VERSION}}"
            exit
        fi
    done
)

# first_line FILE: without the \n \l escapes that /etc/issue has for getty.
first_line() { sed -n -e 's/\\[a-zA-Z]//g' -e 's/[[:space:]]*$//' -e '/./{p;q;}' "$1"; }

system=$(os_release)
release=
for file in /etc/redhat-release /etc/alpine-release /etc/debian_version /etc/SuSE-release /etc/issue; do
    if [ -r "$file" ] && [ -s "$file" ]; then
        text=$(first_line "$file")
        case $file in
        */alpine-release) : "${system:=Alpine Linux $text}" ;;
        */debian_version) : "${system:=Debian $text}" ;;
        *) : "${system:=$text}" ;;
        esac
        if [ "$file" != /etc/issue ]; then release=$text; fi
        break
    fi
done
: "${system:=$(uname -s)}"

printf '%s\n' "$system"
if [ -n "$release" ] && [ "$release" != "$system" ]; then printf 'release  %s\n' "$release"; fi
kernel=$(uname -sr) || om_die 1 "uname failed, so the kernel is not known"
printf 'kernel   %s\n' "$kernel"
printf 'build    %s\n' "$(uname -v)"
printf 'machine  %s\n' "$(uname -m)"
