#!/usr/bin/env bash
# HTTP/2 by its specification: h2spec, in plain text and over TLS. Every case must pass but the one below.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need go "install Go 1.26 or newer"

# In plain text, what is no preface of HTTP/2 is a request of HTTP/1 that is not valid, and is answered 400.
# h2spec waits for frames, or for the end.
PLAIN_EXCEPTION='Sends invalid connection preface'

step "building h2spec"
GOBIN="$scratch" go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible 2>"$scratch/go.log" ||
    { cat "$scratch/go.log" >&2; fail "h2spec can't be built"; }
# As cargo test builds it.
cargo build --quiet

# An answer that waits, so that a case can send its frames while the stream is open.
"$CARGO_TARGET_DIR/debug/livekit-mock" --ports 0 --log-level off --log-format json \
    --control '{"delayMs":500}' >"$scratch/ready" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in {1..100}; do
    [[ ! -s $scratch/ready ]] || break
    sleep 0.1
done
port=$(sed -E 's/.*"ports":\[([0-9]+).*/\1/' "$scratch/ready")

# The failures of one run, a line each.
failures() {
    local said
    said=$("$scratch/h2spec" --strict --host 127.0.0.1 --port "$port" --path /settings/regions "$@" || true)
    grep -Eq '^[0-9]+ tests, [0-9]+ passed, 0 skipped, ' <<<"$said" || fail "h2spec did not run to its end: $said"
    # Said as they happen, and once more in the end.
    grep -Eo '× [0-9]+: .*' <<<"${said##*Failures:}" || true
}

step "over TLS"
tls=$(failures --tls --insecure)
[[ -z $tls ]] || fail "over TLS: $tls"
step "in plain text"
plain=$(failures | grep -v "$PLAIN_EXCEPTION" || true)
[[ -z $plain ]] || fail "in plain text: $plain"
