# Recipes for working on livekit-mock; `just` lists them.

default:
    @just --list

# Four regions on the default ports.
run *flags:
    cargo run --release -- {{flags}}

test:
    cargo test

lint:
    .ci/run format lint

# Everything that CI runs.
ci:
    .ci/run

# One client's suite, or all: just conformance python go
conformance *clients:
    conformance/run {{clients}}
