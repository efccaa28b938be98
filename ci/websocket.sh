#!/usr/bin/env bash
# permessage-deflate against another make of it: Python's websockets, as a strict client and as a server to
# compare with. What needs no compression is compared with tungstenite by cargo test (tests/websocket_*.rs).
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need python3 "install Python 3.11 or newer"

environment "$scratch/python" -r ci/websocket/requirements.txt
# As cargo test builds it.
cargo build --quiet
LIVEKIT_MOCK_BIN="$CARGO_TARGET_DIR/debug/livekit-mock" PYTHONPATH=conformance \
    "$scratch/python/bin/python" -B -m unittest discover --start-directory ci/websocket
