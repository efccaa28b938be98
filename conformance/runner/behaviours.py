"""What is asked of every client, and who is asked. The only list of either."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

# The order is that of the table in docs/CLIENTS.md.
BEHAVIOURS = {
    "methods": "every API method once, `--auth strict`, with the grants that the client attaches by itself; echoed fields checked",
    "wrong-secret": "a token signed with another secret: 401",
    "missing-grant": "a token without the grant: 403",
    "failover-0-1": "region 0 fails, region 1 answers",
    "failover-01-2": "regions 0 and 1 fail, region 2 answers",
    "failover-all-down": "every region fails: the client gives up, with the server's error",
    "no-retry-4xx": "a 4xx is final: no other region is asked",
    "failover-drop": "region 0 closes the connection without an answer, region 1 answers",
    "discovery-fails": "region 0 fails and `/settings/regions` fails too",
    "pinned": "a region that the project is not allowed in answers 451: the client goes on to one that is allowed",
    "deadline": "an answer later than the client's deadline",
    "sip-errors": "SIP 486, 603 and 408, with code and metadata",
    "response-override": "an answer given by the control's `response`",
    "unknown-field": "an answer with a field that the client's schema does not know",
    "control-by-key": "the control in the API key, as JSON and as base64url",
}

# What networks do to a call, and what the client does about it: told in words, in a table of their own.
NETWORK = {
    "net-reset": "region 0 ends TCP by a RST (`reset`)",
    "net-hang": "region 0 never says a byte (`hang`): the client's own time-out",
    "net-truncate": "region 0 sends half of the answer (`truncate`)",
    "net-garbage": "region 0 sends what is no HTTP (`garbage`)",
    "net-html-502": "a proxy's HTML in place of a Twirp error, with status 502 (`failBody`)",
    "net-429": "429 with `Retry-After: 1`",
    "net-fails-once": "one try fails with 503, then the call is answered (`failTimes: 1`)",
    "net-fails-twice": "two tries fail with 503, then the call is answered (`failTimes: 2`)",
    "net-fails-in-turn": "every region fails once with 503, and region 0 answers after them (`failTimes: 4`)",
    "net-cloud-api": "a host under `cloud-api.*.livekit.io` fails once with 503",
}

# The same for an upgrade of the signalling and its validation.
SIGNALLING_NETWORK = {
    "net-reset": "region 0 ends TCP by a RST (`reset`)",
    "net-hang": "region 0 never says a byte (`hang`): the client's own time-out",
    "net-garbage": "region 0 sends what is no HTTP (`garbage`)",
    "net-html-502": "a proxy's HTML in place of an answer, with status 502 (`failBody`)",
    "net-fails-once": "one try of the upgrade fails with 503, then it is made (`failTimes: 1`)",
    "net-fails-in-turn": "every region refuses one try with 503 (`failTimes: 4`)",
}

# What is asked of clients of the signalling; a file of its own, since the browser's tests read it too.
SIGNALLING: dict[str, str] = json.loads((Path(__file__).parent.parent / "signalling.json").read_text(encoding="utf-8"))

# What is asked of clients whose rooms connect; a file of its own for the same reason.
ROOMS: dict[str, str] = json.loads((Path(__file__).parent.parent / "rooms.json").read_text(encoding="utf-8"))

# What the application sees after `room.simulateScenario`, in words.
SIMULATED = {
    "simulate-signal-reconnect": "`signal-reconnect`",
    "simulate-resume-reconnect": "`resume-reconnect`",
    "simulate-full-reconnect": "`full-reconnect`",
    "simulate-migration": "`migration`",
    "simulate-node-failure": "`node-failure`",
    "simulate-leave-full-reconnect": "`leave-full-reconnect`",
    "simulate-force-tcp": "`force-tcp`",
    "simulate-force-tls": "`force-tls`",
    "simulate-server-leave": "`server-leave`",
    "simulate-disconnect-signal-on-resume": "`disconnect-signal-on-resume`",
    "simulate-disconnect-signal-on-resume-no-messages": "`disconnect-signal-on-resume-no-messages`",
    "simulate-speaker": "`speaker`",
    "simulate-subscriber-bandwidth": "`subscriber-bandwidth`",
    "simulate-fail-on-v1-path": "`fail-on-v1-path`",
}

# What is asked of a client that writes its frames itself, and pings the moment that it has joined.
FRAMES = {
    "ping-close": "`close_when_connected`: no ping is answered; the close frame comes after 200 ms, then the end",
    "ping-drop": "`drop_when_connected`: no ping is answered; TCP ends after 200 ms, without a close frame",
    "ping-leave": "`leave_when_connected`: the leave comes first, after 200 ms, then the answers to what has arrived in the meantime, in the order of its arrival",
    "ping-pause": "a script's `pause` does not read, its `wait` answers",
}


@dataclass(frozen=True)
class Client:
    id: str
    title: str
    # What must be on the machine before `conformance/<id>/run` can do anything.
    needs: tuple[str, ...]
    # What it must report, id and title; the order is that of its table.
    behaviours: dict[str, str] = field(default_factory=lambda: BEHAVIOURS, hash=False)
    # Those of them that it must tell in words.
    network: dict[str, str] = field(default_factory=lambda: NETWORK, hash=False)
    # How it is told over https what to trust.
    trust: str = "`SSL_CERT_FILE`"
    # What it is not asked over https: there it speaks HTTP/2, where a connection breaks in other words, or its tests read
    # bytes on the wire, which say nothing there.
    not_over_https: frozenset[str] = frozenset()
    # Whose packages and tests it shares, if not its own: the two can't run at once.
    beside: str | None = None

    @property
    def asked(self) -> dict[str, str]:
        """All that it must report."""
        return {**self.behaviours, **self.network}

    @property
    def over_https(self) -> "Client":
        """The same client, without what it is not asked there."""
        left_out = self.not_over_https
        behaviours, network = ({id: what for id, what in asked.items() if id not in left_out} for asked in (self.behaviours, self.network))
        return replace(self, behaviours=behaviours, network=network)


# How a connection breaks, where HTTP/2 has words of its own for it.
BROKEN = frozenset({"net-reset", "net-truncate", "net-garbage"})
NODE_TRUST = "`NODE_EXTRA_CA_CERTS`"
RUST_TRUST = "`SSL_CERT_FILE`, with the feature `rustls-tls-native-roots`"
CHROMIUM_TRUST = "the NSS database of its home: `certutil`"

# `conformance/run` without arguments runs all of these, and a folder that is missing is a failure.
CLIENTS = (
    Client("python", "Python", ("python3",)),
    Client("node", "Node", ("node", "npm"), trust=NODE_TRUST),
    Client("go", "Go", ("go",), not_over_https=BROKEN),
    Client("rust", "Rust", ("cargo",), trust=RUST_TRUST, not_over_https=frozenset(NETWORK)),
    Client("java", "Kotlin/Java", ("java", "mvn"), trust="a trust store: `-Djavax.net.ssl.trustStore`", not_over_https=BROKEN | {"net-hang", "failover-drop"}),
    Client("curl", "plain Twirp", ("bash", "curl", "jq", "openssl", "xxd"), trust="`CURL_CA_BUNDLE`, with `--http1.1`"),
    Client("browser", "Browser", ("node", "npm", "chromium"), SIGNALLING, SIGNALLING_NETWORK, CHROMIUM_TRUST),
    Client("rust-signalling", "Rust", ("cargo",), SIGNALLING, SIGNALLING_NETWORK, RUST_TRUST, not_over_https=frozenset(SIGNALLING_NETWORK), beside="rust"),
    Client("rooms-browser", "Browser", ("node", "npm", "chromium"), ROOMS, SIMULATED, CHROMIUM_TRUST, beside="browser"),
    Client("rooms-python", "Python", ("python3",), ROOMS, {}),
    Client("rooms-node", "Node", ("node", "npm"), ROOMS, {}, f"`SSL_CERT_FILE`, and {NODE_TRUST} for the requests of Node itself"),
    Client("frames", "plain WebSocket", ("python3",), FRAMES, {}),
)

# Clients that cannot be run where this project's CI runs, and why. They stand in the document all the same.
NOT_RUN = {
    "Ruby": "`livekit-server-sdk` comes from RubyGems, which this project's CI does not reach, so nothing is known about it here.",
    "`lk`": "LiveKit's command line, `github.com/livekit/livekit-cli/v2`, is not served by the Go module proxy that this project's CI reaches. "
    "The Go client calls the methods that its `agent` and `number` commands call, and checks the nested messages that they read.",
}
