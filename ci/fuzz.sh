#!/usr/bin/env bash
# Runs every fuzz target for a few seconds: ci/fuzz.sh [SECONDS [TARGET…]]. A finding fails the run
# and is left in fuzz/artifacts/; ci/fuzz.sh --again TARGET FILE runs it once more.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=0.13.2
LKM_TOOLS="${LKM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/livekit-mock-ci/tools}"
export PATH="$LKM_TOOLS/bin:$PATH"
# Coverage needs flags that stable Rust hides; without a sanitizer it needs nothing else.
export RUSTC_BOOTSTRAP=1
# The dependencies, which are most of the build, outlive a clone.
FLAGS=(--sanitizer none --target-dir "${LKM_FUZZ_TARGET:-$(dirname "$LKM_TOOLS")/fuzz}")

if [[ "$(cargo fuzz --version 2>/dev/null)" != "cargo-fuzz $VERSION" ]]; then
    cargo install --quiet --locked --root "$LKM_TOOLS" --version "$VERSION" cargo-fuzz
fi
if [[ "${1-}" == --again ]]; then
    exec cargo fuzz run "${FLAGS[@]}" "$2" "$3"
fi
python3 fuzz/seed.py
cargo fuzz build "${FLAGS[@]}"

seconds=${1:-5}
if (($# > 1)); then targets=("${@:2}"); else mapfile -t targets < <(cargo fuzz list); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for target in "${targets[@]}"; do
    limits=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096)
    if ! cargo fuzz run "${FLAGS[@]}" "$target" -- "${limits[@]}" >"$log" 2>&1; then
        tail -n 60 "$log"
        echo "fuzz: $target failed; see fuzz/artifacts/$target/" >&2
        exit 1
    fi
    echo "fuzz: $target: $(grep -a '^Done ' "$log" || tail -n 1 "$log")"
done
