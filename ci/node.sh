#!/usr/bin/env bash
# The npm packages: packed, installed from the tarballs into a clean folder, and used under
# `node --test` and vitest with the real livekit-server-sdk.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need node "install Node.js 20 or newer"
need npm "it comes with Node.js"
ci/programs.sh pgrep=procps
cloud_name
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false npm_config_loglevel=error

static_binary
step "the packages"
system=$(node --print 'process.platform + "-" + process.arch')
mkdir "$scratch/packed" "$scratch/built"
touch "$scratch/built/of-somebody-else"
node npm/build.mjs "$scratch/built" "$system=$static" | while read -r folder; do
    npm pack --pack-destination "$scratch/packed" "$folder" >/dev/null
done
[[ -f "$scratch/built/of-somebody-else" ]] || fail "npm/build.mjs removed a file that is not its own"
main=$(echo "$scratch"/packed/livekit-mock-[0-9]*.tgz)
platform=$(echo "$scratch"/packed/livekit-mock-"$system"-*.tgz)
[[ -f $main && -f $platform ]] || fail "npm pack made no tarballs"

step "in a clean folder, from the tarballs"
cp -r npm/tests "$scratch/tests"
cp -r npm/examples "$scratch/tests/examples"
cd "$scratch/tests"
# The platform's package is no release yet: the tarball stands for it.
npm pkg set "dependencies.livekit-mock=file:$main" "overrides.livekit-mock-$system=file:$platform"
npm install
npx --no-install tsc
step "node --test"
node --test --test-timeout=60000 .
step "vitest"
npx --no-install vitest run
