#!/usr/bin/env bash
# The crate as others get it: embedded beside a real client, packaged and built from a clean folder, as
# somebody's dependency, and vendored. In each of them the build script has to find livekit-protocol's
# .proto files.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need git "install git"
cloud_name

step "the examples: a real client fails over, and the tests of an application"
cargo run --quiet --locked --example failover
cargo test --quiet --locked --example application

step "cargo package, built from the package alone"
# What is not committed is packaged too, so that a change can be checked before its commit.
cargo package --quiet --locked --allow-dirty
version=$(cargo pkgid | sed 's/.*[#@]//')
mkdir "$scratch/source"
tar -xzf "$CARGO_TARGET_DIR/package/livekit-mock-$version.crate" -C "$scratch/source" --strip-components=1
for file in build/main.rs README.md LICENSE CHANGELOG.md Cargo.lock; do
    [[ -f "$scratch/source/$file" ]] || fail "the package lacks $file"
done

step "as a dependency, without the command line"
# From git, so that it lies where neither a registry nor the dependent is.
git -C "$scratch/source" init --quiet
git -C "$scratch/source" add --all --force
git -C "$scratch/source" -c user.name=ci -c user.email=ci@localhost commit --quiet --message package
mkdir -p "$scratch/dependent/src"
cd "$scratch/dependent"
cat >Cargo.toml <<END
[package]
name = "dependent"
version = "0.0.0"
edition = "2024"

[dependencies]
livekit-mock = { git = "file://$scratch/source", default-features = false }
END
cat >src/main.rs <<'END'
fn main() {
    let mock = livekit_mock::Mock::builder().regions(2).start_blocking().expect("a server");
    std::net::TcpStream::connect(mock.addresses()[1]).expect("a listening server");
    println!("{}", mock.url(1));
}
END
cp "$root/Cargo.lock" . # The versions that were built above.
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/dependent"
export CARGO_PROFILE_DEV_DEBUG=false
# A home with the registry of the usual one, so that the clone goes with this script.
usual_home="${CARGO_HOME:-$HOME/.cargo}"
mkdir "$scratch/home"
ln -s "$usual_home/registry" "$scratch/home/"
for file in config config.toml credentials.toml; do
    [[ ! -f "$usual_home/$file" ]] || cp -p "$usual_home/$file" "$scratch/home/"
done
export CARGO_HOME="$scratch/home"
cargo run --quiet
tree=$(cargo tree --edges normal --prefix none)
for unwanted in clap tracing-subscriber; do
    ! grep -q "^$unwanted v" <<<"$tree" || fail "without default features, $unwanted is still a dependency"
done

step "vendored, with no registry at hand"
cargo vendor third_party >"$scratch/config.toml" 2>"$scratch/vendor.log" || { cat "$scratch/vendor.log" >&2; exit 1; }
mkdir .cargo
mv "$scratch/config.toml" .cargo/
# Whether it runs depends on no folder's place, so that building every dependency once more would show nothing new.
CARGO_HOME="$scratch/empty-home" cargo check --quiet --frozen

step "with the .proto files nowhere, a sentence that says what to do"
rm -r third_party/livekit-protocol/protocol/protobufs
sed -i 's/"protocol[^"]*\.proto":"[0-9a-f]*",\?//g; s/,}/}/' third_party/livekit-protocol/.cargo-checksum.json
touch third_party/livekit-mock/build/main.rs
if CARGO_HOME="$scratch/empty-home" cargo check --quiet --frozen 2>"$scratch/error"; then
    fail "the build passed without the .proto files"
fi
grep -q 'set LIVEKIT_PROTOCOL_DIR' "$scratch/error" || { cat "$scratch/error" >&2; fail "the error says nothing of use"; }
echo "package: livekit-mock $version builds packaged, as a dependency and vendored"
