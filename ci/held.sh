#!/usr/bin/env bash
# The server under load, shortened: the program that every package holds.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
static_binary
step "the load"
# What loads it need not be as fast as the server, so it is the build that cargo test has made.
cargo run --quiet --package bench -- hold --quick --soak 10 --binary "$static"
