# What the scripts beside this file share. Source it; it moves to the repository's root.
set -Eeuo pipefail
# Every command that fails is named, whatever it said itself.
trap 'echo "${0##*/}: line $LINENO: this ended with exit code $?: $BASH_COMMAND" >&2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}"
export CARGO_TERM_COLOR=never
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "$1 is missing: $2"
}

step() {
    printf -- '-- %s\n' "$*"
}

# A cargo subcommand of exactly this version, such as cargo-deny 0.20.2; built from source, it outlives a
# clone.
cargo_tool() {
    tools="${LKM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/livekit-mock-ci/tools}"
    export PATH="$tools/bin:$PATH"
    [[ "$(cargo "${1#cargo-}" --version 2>/dev/null)" != "$1 $2" ]] || return 0
    # Unoptimized: it works for seconds, and with all optimizations it is built for minutes.
    env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=false \
        cargo install --quiet --debug --locked --root "$tools" --version "$2" "$1"
}

# A Python environment in the folder given, with what pip is told to install.
environment() {
    local folder="$1"
    shift
    python3 -m venv "$folder" || fail "python3 can make no environment: install its module venv (python3-venv on Debian)"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# LiveKit's SDKs fail over only for hosts under livekit.cloud: this name has to lead to loopback.
cloud_name() {
    local name=mock.livekit.cloud
    grep -Eq "^127\.0\.0\.1[[:space:]]+(.*[[:space:]])?$name([[:space:]]|$)" /etc/hosts && return
    local line="127.0.0.1 $name" before=
    [[ -z $(tail -c 1 /etc/hosts) ]] || before=$'\n' # The last line may have no end.
    printf '%s%s\n' "$before" "$line" >>/etc/hosts || fail "add \"$line\" to /etc/hosts"
}

# How a program is built that needs no library of the system, at a fixed address as build/main.rs has others.
STATIC_FLAGS="-C target-feature=+crt-static -C relocation-model=static"

# The release binary that needs no library of the system, at $static. It is what every package holds.
static_binary() {
    local target
    target="$(uname -m)-unknown-linux-gnu"
    step "building the static binary for $target"
    # In a folder of its own: other flags mean other artifacts of every dependency.
    RUSTFLAGS="$STATIC_FLAGS" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/static" \
        cargo build --quiet --locked --release --target "$target"
    static="$CARGO_TARGET_DIR/static/$target/release/livekit-mock"
    if ldd "$static" >/dev/null 2>&1 && ! ldd "$static" 2>&1 | grep -q 'statically linked'; then
        fail "$static is not static"
    fi
}
