#!/usr/bin/env bash
# The gate as a machine sees it that has nothing: ci/bare.sh [STEP…], all of them if none is named; or one command:
# ci/bare.sh -- conformance/run rust
#
# A fresh clone of the current commit, with a home, a temporary folder and a cache of every tool that are empty. What
# stays are the toolchains, and the files and variables that say where registries are and how to reach them. As root,
# /etc/hosts and apt's lists are bare too; a Debian package that is installed stays, and one that the gate installs.
# Everything else lies in one folder, which goes in the end.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d "${TMPDIR:-/tmp}/livekit-mock-bare.XXXXXX")
remove() {
    chmod -R u+w "$work" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

home=$work/home
cargo_home=${CARGO_HOME:-$HOME/.cargo}
config_home=${XDG_CONFIG_HOME:-$HOME/.config}
mkdir -p "$home" "$work/tmp" "$work/apt/lists" "$work/apt/archives"

# keep FILE AS: a file of the user's, if there is one, under this name in the bare home.
keep() {
    [[ -f $1 ]] || return 0
    mkdir -p "$(dirname "$home/$2")"
    cp -p "$1" "$home/$2"
}

configuration() {
    local file
    for file in config config.toml credentials.toml; do keep "$cargo_home/$file" ".cargo/$file"; done
    for file in pip/pip.conf git/config git/credentials; do keep "$config_home/$file" ".config/$file"; done
    for file in .npmrc .netrc .gitconfig .git-credentials .mavenrc .pip/pip.conf \
        .m2/settings.xml .m2/settings-security.xml .m2/toolchains.xml; do
        keep "$HOME/$file" "$file"
    done
    ! command -v go >/dev/null || keep "$(go env GOENV)" .config/go/env
}

# rustup's programs without what `cargo install` has put beside them.
toolchain() {
    local program
    mkdir -p "$home/.cargo/bin"
    for program in cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt rustup; do
        [[ ! -x $cargo_home/bin/$program ]] || ln -s "$cargo_home/bin/$program" "$home/.cargo/bin/"
    done
    export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
    PATH="$home/.cargo/bin:$(tr : '\n' <<<"$PATH" | grep -vxF "$cargo_home/bin" | paste -sd :)"
    export PATH
}

# Drops the variables that name a cache, a build folder or a program; those about registries stay.
forget_caches() {
    local name
    for name in $(compgen -e); do
        case "$name" in
            CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTR* | CARGO_SOURCE_*) ;;
            CARGO* | RUSTC* | RUSTDOC* | RUSTFLAGS | SCCACHE_* | CCACHE_*) unset "$name" ;;
            XDG_*_HOME | XDG_RUNTIME_DIR) unset "$name" ;;
            GOPATH | GOBIN | GOCACHE | GOMODCACHE | GOTMPDIR | GOENV) unset "$name" ;;
            PYTHONPATH | PYTHONHOME | PYTHONUSERBASE | PIP_CACHE_DIR | PIP_TARGET | PIP_PREFIX) unset "$name" ;;
            NODE_PATH | [Nn][Pp][Mm]_[Cc][Oo][Nn][Ff][Ii][Gg]_[Cc][Aa][Cc][Hh][Ee]) unset "$name" ;;
            LKM_* | LK_* | LIVEKIT_* | GIT_DIR | GIT_WORK_TREE | GIT_INDEX_FILE) unset "$name" ;;
        esac
    done
}

# Where every tool is to look, whatever a configuration file says of it.
bare_places() {
    export HOME="$home" TMPDIR="$work/tmp" CI=true
    export CARGO_HOME="$home/.cargo" CARGO_BUILD_RUSTC_WRAPPER='' CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER=''
    export GOPATH="$home/go" GOMODCACHE="$home/go/pkg/mod" GOCACHE="$home/.cache/go-build" GOENV="$home/.config/go/env"
    export npm_config_cache="$home/.npm" PIP_CACHE_DIR="$home/.cache/pip"
    # Java asks the system where the home is, not HOME.
    export MAVEN_OPTS="-Duser.home=$home -Djava.io.tmpdir=$TMPDIR -Dmaven.repo.local=$home/.m2/repository ${MAVEN_OPTS-}"
}

# Runs a command where /etc/hosts does not know the name that the SDKs need and apt has fetched nothing, if it may.
on_a_bare_system() {
    if ! unshare --mount true 2>/dev/null; then
        echo "bare: this user has no mounts of its own: /etc/hosts and apt's lists stay as they are"
        "$@"
        return
    fi
    grep -v 'livekit\.cloud' /etc/hosts >"$work/hosts" || true
    # shellcheck disable=SC2016 # The inner shell's.
    unshare --mount bash -c '
        mount --bind "$0/hosts" /etc/hosts
        [[ ! -d /var/lib/apt/lists ]] || mount --bind "$0/apt/lists" /var/lib/apt/lists
        [[ ! -d /var/cache/apt/archives ]] || mount --bind "$0/apt/archives" /var/cache/apt/archives
        exec "$@"' "$work" "$@"
}

[[ -z $(git status --porcelain) ]] || echo "bare: what is not committed is left out"
git clone --quiet --no-checkout . "$work/clone"
git -C "$work/clone" checkout --quiet --detach "$(git rev-parse HEAD)"
configuration
toolchain
forget_caches
bare_places
cd "$work/clone"
if [[ ${1-} == -- ]]; then shift; else set -- .ci/run "$@"; fi
on_a_bare_system "$@" </dev/null
