#!/usr/bin/env bash
# Makes sure of programs, by Debian's packages where one is missing: ci/programs.sh PROGRAM[=PACKAGE]…
set -euo pipefail

missing=()
for program in "$@"; do
    command -v "${program%=*}" >/dev/null || missing+=("${program#*=}")
done
((${#missing[@]})) || exit 0

fail() {
    echo "programs.sh: ${missing[*]} missing: $*" >&2
    exit 1
}

command -v apt-get >/dev/null || fail "install them by hand, there is no apt-get here"
((EUID == 0)) || fail "install them by hand, or run this as root"
echo "-- installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# Another apt may be at work, and a mirror may stumble.
options=(-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
{ apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 || { cat "$log" >&2; fail "apt-get could not install them"; }
