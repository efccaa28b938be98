#!/usr/bin/env bash
# The container image, built and started by buildah, which needs no engine; and the files that deploy it.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need python3 "install Python 3.9 or newer"
need unshare "install util-linux"
ci/programs.sh buildah curl ip=iproute2 ss=iproute2 pgrep=procps

step "compose and Kubernetes files against their schemas"
environment "$scratch/tools" -r ci/container-tools.txt
"$scratch/tools/bin/check-jsonschema" --builtin-schema vendor.compose-spec docker/compose.yaml
"$scratch/tools/bin/kubernetes-validate" --strict docker/kubernetes*.yaml

step "the files that .dockerignore lets through are enough for a build"
mkdir "$scratch/context"
sed -n 's/^!//p' .dockerignore | grep -v '^target/' | xargs -I{} cp -r {} "$scratch/context/"
(cd "$scratch/context" && cargo check --quiet --locked)

static_binary
step "the image"
case "$(uname -m)" in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "no image for $(uname -m)" ;;
esac
install -D "$static" "target/image/$architecture/livekit-mock"
storage=(--root "$scratch/storage" --runroot "$scratch/run" --storage-driver vfs)
# --format docker: the OCI format has no place for a health check.
buildah "${storage[@]}" build --isolation chroot --format docker --target image --quiet \
    --build-arg PROGRAM=prebuilt --build-arg VERSION="$(ci/version.sh)" \
    -f docker/Dockerfile -t livekit-mock . >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2; fail "buildah"; }

buildah "${storage[@]}" inspect --type image livekit-mock >"$scratch/image.json"
python3 - "$scratch/image.json" "$static" <<'END'
import json, os, sys
config = json.load(open(sys.argv[1]))["Docker"]["config"]
assert config["User"] == "65532:65532", config
assert sorted(config["ExposedPorts"]) == ["10000/tcp", "10001/tcp", "10002/tcp", "7882/udp", "9999/tcp"], config
assert config["Healthcheck"]["Test"] == ["CMD", "/livekit-mock", "healthcheck"], config
assert config["Entrypoint"] == ["/livekit-mock"] and not config.get("Cmd"), config
labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
assert {"title", "description", "licenses", "source", "version", "revision"} <= labels.keys(), labels
size = os.path.getsize(sys.argv[2])
assert size < 10 << 20, f"{size} bytes are 10 MiB or more"
print(f"one file of {size / (1 << 20):.2f} MiB, user {config['User']}, version {labels['version']}")
END

step "the image in a network of its own"
cat >"$scratch/inside.sh" <<'END'
set -Eeuo pipefail
trap 'echo "container.sh, inside: this ended with exit code $?: $BASH_COMMAND" >&2' ERR
say() { echo "container.sh: $*" >&2; cat "$scratch/container.log" >&2; exit 1; }
inside() { buildah "${storage[@]}" run --isolation chroot "$container" -- "$@"; }
# The server among the processes that a job has started.
under() {
    local pid
    for pid in $(pgrep -P "$1"); do
        [[ $(<"/proc/$pid/comm") == livekit-mock ]] && echo "$pid" || under "$pid"
    done
}
trap '[[ ! ${job-} ]] || { under "$job" | xargs --no-run-if-empty kill -KILL; wait "$job"; }' EXIT

ip link set lo up
container=$(buildah "${storage[@]}" from localhost/livekit-mock)
inside /livekit-mock >"$scratch/container.log" 2>&1 &
job=$!
for _ in $(seq 100); do
    grep -q '^ready: 4 regions' "$scratch/container.log" && break
    kill -0 "$job" 2>/dev/null || say "the container ended"
    sleep 0.1
done
for port in 9999 10000 10001 10002; do
    [[ $(curl -sS --max-time 5 "http://127.0.0.1:$port/_test/health") == ok ]] || say "port $port does not answer"
done
inside /livekit-mock healthcheck || say "the health check finds no healthy server"

server=$(under "$job") # Not before: while it starts, it is still buildah's.
[[ $server ]] || say "no process of the container"
[[ $(awk '/^Uid:/ {print $2}' "/proc/$server/status") == 65532 ]] || say "the server does not run as user 65532"

# A call that is in flight at the signal is still answered.
curl -sS --max-time 10 "http://127.0.0.1:9999/twirp/livekit.RoomService/CreateRoom" \
    -H 'Content-Type: application/json' -H 'X-Lk-Mock: {"delayMs":2000}' -d '{"name":"lobby"}' >"$scratch/answer" &
call=$!
arrived=
for _ in $(seq 100); do
    arrived=$(ss -Htn state established 'sport = :9999') || say "ss failed"
    [[ ! $arrived ]] || break
    sleep 0.05
done
[[ $arrived ]] || say "the call did not arrive within 5 s"
sleep 0.2
kill -TERM "$server"
wait "$call" || say "the call in flight was cut off"
grep -q '"name":"lobby"' "$scratch/answer" || say "the call in flight was answered $(cat "$scratch/answer")"
wait "$job" || say "the container's exit code is $?"
job= # Its number may be another process's from now on.
! inside /livekit-mock healthcheck 2>/dev/null || say "the health check finds a stopped server healthy"
echo "four ports answer, the health check tells up from down, SIGTERM answers what is in flight and exits 0"
END
export scratch
storage_line=$(printf 'storage=('; printf '%q ' "${storage[@]}"; printf ')')
unshare --net bash -c "$storage_line; source $(printf %q "$scratch/inside.sh")"
