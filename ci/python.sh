#!/usr/bin/env bash
# The Python package: its wheel in a fresh environment, with pytest and the real livekit-api.
source "$(dirname "$0")/lib.sh"
need cargo "install stable Rust"
need python3 "install Python 3.9 or newer"
cloud_name

step "the wheel"
environment "$scratch/tools" -r ci/python-tools.txt
PATH="$scratch/tools/bin:$PATH" ci/wheel.sh "$scratch/wheels" >"$scratch/wheel.log" 2>&1 ||
    { cat "$scratch/wheel.log" >&2; fail "the wheel could not be built"; }
wheel=$(echo "$scratch"/wheels/livekit_mock-*.whl)
basename "$wheel"
[[ $wheel == *manylinux* && $wheel == *musllinux* ]] || fail "the wheel's tag is not one for every Linux"

step "in a fresh environment, with the real client"
environment "$scratch/fresh" "$wheel" -r ci/python-requirements.txt
cp -r python/tests "$scratch/tests"
cp -r python/examples "$scratch/tests/examples"
cp python/pyproject.toml "$scratch/tests/"
cd "$scratch/tests"
"$scratch/fresh/bin/livekit-mock" --version
# The package as installed and its tests as a user would type them.
"$scratch/tools/bin/mypy" --python-executable "$scratch/fresh/bin/python" --strict -p livekit_mock
"$scratch/tools/bin/mypy" --python-executable "$scratch/fresh/bin/python" --strict ./*.py
"$scratch/fresh/bin/pytest" -p no:cacheprovider --quiet --ignore examples
step "the tests of an application"
cd examples
"$scratch/tools/bin/mypy" --python-executable "$scratch/fresh/bin/python" --strict ./*.py
"$scratch/fresh/bin/pytest" -p no:cacheprovider --quiet
