#!/usr/bin/env bash
# What may come into the tree (deny.toml): licences, duplicate versions, sources; and advisories
# where their database can be reached.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
cargo_tool cargo-deny 0.20.2
cargo deny check --show-stats licenses bans sources

# The database is a repository on the net: without it nothing is known, which is no failure.
log="$scratch/log"
if timeout 60 cargo deny fetch db >"$log" 2>&1; then
    cargo deny check --disable-fetch advisories
else
    echo "deny: advisories were NOT checked, their database could not be fetched: $(grep -m1 -iE 'error|failed' "$log" || echo 'no answer within 60 s')"
fi
