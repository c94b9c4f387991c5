# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the scripts share. Sourced from the project's root.

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }

# quietly LOG COMMAND...: the command's output goes to LOG, and is shown only when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        # The first error says more than what follows from it.
        grep -m 1 -n -A 25 -E '(error|Error|FAILED)[: ]' "$log" | cut -c 1-400 >&2 || true
        printf -- '--- the end of %s:\n' "$log" >&2
        tail -n 40 "$log" | cut -c 1-400 >&2
        say "failed: $*" >&2
        return 1
    fi
}

# build_preset PRESET TARGET [CMAKE ARGUMENT...]
build_preset() {
    local preset=$1 target=$2
    shift 2
    say "building $target ($preset; log in build/log/$preset.log)"
    quietly "build/log/$preset-configure.log" cmake --preset "$preset" "$@"
    quietly "build/log/$preset.log" cmake --build --preset "$preset" --target "$target" -j "$(nproc)"
}
