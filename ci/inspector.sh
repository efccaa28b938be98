#!/usr/bin/env bash
# The inspector's page in a real Chromium, against the built program.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need node "install Node.js 20 or newer"
need npm "it comes with Node.js"
ci/programs.sh chromium curl
cloud_name
cargo build --quiet
export LIVEKIT_MOCK_BIN="$CARGO_TARGET_DIR/debug/livekit-mock"
cd inspector
npm ci --no-audit --no-fund --loglevel=error
npm test --silent
step "the pictures"
node pictures.js "$scratch/pictures"
