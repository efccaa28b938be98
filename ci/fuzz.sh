#!/usr/bin/env bash
# Runs every fuzz target for a few seconds: ci/fuzz.sh [SECONDS [TARGET…]]. A finding fails the run
# and is left in fuzz/artifacts/; ci/fuzz.sh --again TARGET FILE runs it once more.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need python3 "install Python 3.9 or newer"
need c++ "install a C++ compiler (g++ on Debian): libFuzzer is built from source"
cargo_tool cargo-fuzz 0.13.2

# Coverage needs flags that stable Rust hides; without a sanitizer it needs nothing else.
export RUSTC_BOOTSTRAP=1
# The dependencies, which are most of the build, outlive a clone.
FLAGS=(--sanitizer none --target-dir "$(dirname "$tools")/fuzz")

if [[ "${1-}" == --again ]]; then
    cargo fuzz run "${FLAGS[@]}" "$2" "$3"
    exit
fi
python3 fuzz/seed.py
cargo fuzz build "${FLAGS[@]}"

seconds=${1:-5}
log="$scratch/log"
cargo fuzz list >"$log"
if (($# > 1)); then targets=("${@:2}"); else mapfile -t targets <"$log"; fi
((${#targets[@]})) || fail "cargo fuzz lists no target"
for target in "${targets[@]}"; do
    limits=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096)
    if ! cargo fuzz run "${FLAGS[@]}" "$target" -- "${limits[@]}" >"$log" 2>&1; then
        tail -n 60 "$log"
        fail "$target failed; see fuzz/artifacts/$target/"
    fi
    echo "fuzz: $target: $(grep -a '^Done ' "$log" || tail -n 1 "$log")"
done
