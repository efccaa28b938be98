#!/usr/bin/env bash
# What of the release workflow can be checked without running it: its form, and that one version is
# stated everywhere.
source "$(dirname "$0")/lib.sh"
need python3 "install Python 3.9 or newer"
need go "install Go 1.24 or newer"
step "the version"
ci/version.sh
step "the workflow"
environment "$scratch/tools" --constraint ci/container-tools.txt check-jsonschema
"$scratch/tools/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
# Without the linters that it would ask if they happened to be here.
GOBIN="$scratch" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.8
"$scratch/actionlint" -no-color -shellcheck= -pyflakes= .github/workflows/*.yml
echo "release: the workflow is sound"
