#!/usr/bin/env bash
# Prints the project's version, which Cargo.toml alone states, once nothing else disagrees with it.
# With a tag, as in `ci/version.sh v0.1.0`, that has to agree too, and the CHANGELOG to have it.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "version.sh: $*" >&2
    exit 1
}

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "Cargo.toml has no version"
locked=$(awk '/^name = "livekit-mock"$/ {getline; gsub(/version = |"/, ""); print}' Cargo.lock)
[[ $locked == "$version" ]] || fail "Cargo.lock says $locked, Cargo.toml $version; run cargo check"
# These take theirs from Cargo.toml when they are built.
grep -q '^dynamic = \["version"\]' python/pyproject.toml || fail "python/pyproject.toml states a version of its own"
! grep -q '"version"' npm/livekit-mock/package.json || fail "npm/livekit-mock/package.json states a version of its own"
if [[ ${1-} ]]; then
    [[ $1 == "v$version" ]] || fail "the tag is $1, Cargo.toml says $version"
    grep -q "^## $version\b" CHANGELOG.md || fail "CHANGELOG.md has no section \"## $version\""
fi
echo "$version"
