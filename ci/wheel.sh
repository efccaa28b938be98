#!/usr/bin/env bash
# Builds the wheel for this machine's system into the folder given: ci/wheel.sh FOLDER
# Needs the tools of ci/python-tools.txt on the PATH.
source "$(dirname "$0")/lib.sh"
need maturin "pip install -r ci/python-tools.txt"
need wheel "pip install -r ci/python-tools.txt"
[[ ${1-} ]] || fail "say which folder the wheel goes into"
mkdir -p "$1"
out=$(cd "$1" && pwd)

cd python
if [[ $(uname -s) != Linux ]]; then
    maturin build --release --locked --out "$out"
    exit
fi
# A static program needs no library of the system, so one wheel serves every Linux of this processor:
# maturin finds the oldest manylinux tag by itself, and musl's is added.
target="$(uname -m)-unknown-linux-gnu"
RUSTFLAGS="$STATIC_FLAGS" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/static" \
    maturin build --release --locked --target "$target" --out "$scratch/wheel"
wheel tags --remove --platform-tag="+musllinux_1_2_$(uname -m)" "$scratch"/wheel/*.whl
mv "$scratch"/wheel/*.whl "$out/"
