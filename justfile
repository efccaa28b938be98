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

# The same, or some of its steps, as a machine sees it that has nothing: a fresh clone, empty homes and caches.
bare *steps:
    ci/bare.sh {{steps}}

# One client's suite, or all: just conformance python go
conformance *clients:
    conformance/run {{clients}}

# Whether a package of LiveKit's that is pinned here has a newer release; exits 1 if one has.
outdated:
    conformance/outdated

# What it costs beside a bare hyper server: the table of docs/PERFORMANCE.md.
bench *flags:
    cargo run --release --package bench -- {{flags}}

# The plots of docs/performance.
curves:
    cargo run --release --package bench -- curves

# The server under load; an hour's soak.
hold *flags:
    cargo run --release --package bench -- hold {{flags}}

# Clients whose rooms are connected, and what they lose and cost.
rooms *flags:
    cargo run --release --package bench -- rooms {{flags}}

# The pictures of docs/inspector, from the page in Chromium.
pictures:
    cargo build
    cd inspector && npm ci && npm run pictures
