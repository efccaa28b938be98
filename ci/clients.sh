#!/usr/bin/env bash
# Real clients from their package registries against the program that every package holds, two at once.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need python3 "install Python 3.11 or newer"

python3 -m unittest discover -s conformance/runner -t conformance
static_binary
export LIVEKIT_MOCK_BIN="$static"
unset CARGO_TARGET_DIR # The clients in Rust have folders of their own.
step "in plain text"
conformance/run --check --jobs 2
# Two that take little time: an SDK, which chooses HTTP/2, and a WebSocket.
step "over https"
conformance/run --check --jobs 2 --tls go frames
