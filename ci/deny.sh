#!/usr/bin/env bash
# What may come into the tree (deny.toml): licences, duplicate versions, sources; and advisories
# where their database can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=0.20.2
LKM_TOOLS="${LKM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/livekit-mock-ci/tools}"
export PATH="$LKM_TOOLS/bin:$PATH"

if [[ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $VERSION" ]]; then
    cargo install --quiet --locked --root "$LKM_TOOLS" --version "$VERSION" cargo-deny
fi
cargo deny check --show-stats licenses bans sources

# The database is a repository on the net: without it nothing is known, which is no failure.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if timeout 60 cargo deny fetch db >"$log" 2>&1; then
    cargo deny check --disable-fetch advisories
else
    echo "deny: advisories were NOT checked, their database could not be fetched: $(grep -m1 -iE 'error|failed' "$log" || echo 'no answer within 60 s')"
fi
