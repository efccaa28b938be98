# What the scripts beside this file share. Source it; it moves to the repository's root.
set -euo pipefail
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
    env -u CARGO_TARGET_DIR cargo install --quiet --locked --root "$tools" --version "$2" "$1"
}

# A Python environment in the folder given, with what pip is told to install.
environment() {
    local folder="$1"
    shift
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

# Installs Debian packages that are not there yet.
debian() {
    local missing=()
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    step "installing ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$scratch/apt.log" 2>&1 || { cat "$scratch/apt.log" >&2; fail "could not install ${missing[*]}"; }
}

# LiveKit's SDKs fail over only for hosts under livekit.cloud: this name has to lead to loopback.
cloud_name() {
    local name=mock.livekit.cloud
    grep -Eq "^127\.0\.0\.1[[:space:]]+(.*[[:space:]])?$name([[:space:]]|$)" /etc/hosts && return
    echo "127.0.0.1 $name" >>/etc/hosts || fail "add \"127.0.0.1 $name\" to /etc/hosts"
}

# The release binary that needs no library of the system, at $static. It is what every package holds.
static_binary() {
    local target
    target="$(uname -m)-unknown-linux-gnu"
    step "building the static binary for $target"
    # In a folder of its own: other flags mean other artifacts of every dependency.
    RUSTFLAGS="-C target-feature=+crt-static" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/static" \
        cargo build --quiet --locked --release --target "$target"
    static="$CARGO_TARGET_DIR/static/$target/release/livekit-mock"
    if ldd "$static" >/dev/null 2>&1 && ! ldd "$static" 2>&1 | grep -q 'statically linked'; then
        fail "$static is not static"
    fi
}
