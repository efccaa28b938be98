#!/usr/bin/env bash
# The tests of docs/ROOMS.md, as they stand there: vitest in a browser, Playwright, pytest, with what they install.
# LIVEKIT_MOCK_PROGRAM names another server than the one built here.
source "$(dirname "$0")/lib.sh"
need node "install Node.js 20 or newer"
need npm "it comes with Node.js"
need python3 "install Python 3.9 or newer"
ci/programs.sh chromium
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false npm_config_loglevel=error
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1 PYTHONDONTWRITEBYTECODE=1

if [[ ! ${LIVEKIT_MOCK_PROGRAM-} ]]; then
    need cargo "install stable Rust"
    cargo build --quiet
    LIVEKIT_MOCK_PROGRAM="$CARGO_TARGET_DIR/debug/livekit-mock"
fi
LIVEKIT_MOCK_PROGRAM=$(realpath "$LIVEKIT_MOCK_PROGRAM")
export LIVEKIT_MOCK_PROGRAM

# The packages from here stand for those of a release. Their own tests build and install them as users do.
node npm/build.mjs "$scratch/packages" "linux-x64=$LIVEKIT_MOCK_PROGRAM" >/dev/null
package="$scratch/packages/livekit-mock"
(cd "$package" && npm pkg delete optionalDependencies)
export PYTHONPATH="$root/python" PYTEST_ADDOPTS="-p livekit_mock.pytest_plugin -p no:cacheprovider"

mkdir "$scratch/tests"
node ci/rooms.mjs "$scratch/tests"
environment "$scratch/python" pip
export PATH="$scratch/python/bin:$PATH"
cd "$scratch/tests"
npm init --yes --init-type=module >/dev/null
while read -r command; do
    step "$command"
    case $command in
        "npm install "*) command=${command/livekit-mock/"'$package'"} ;;
        "pip install "*) command=${command/livekit-mock/} ;;
    esac
    bash -c "$command" </dev/null
done <commands.sh

step "the conference page"
diff control.json "$root/examples/conference/control.json" || fail "docs/ROOMS.md has another control than the page's test"
cp -r "$root/examples/conference" "$scratch/conference"
cd "$scratch/conference"
npm ci
npm install --no-save "$package"
node --test --test-timeout=60000
