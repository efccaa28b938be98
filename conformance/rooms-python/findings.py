"""What the tests found of this client that is more than "works": behaviour → (result, note). Written into docs/CLIENTS.md."""

FINDINGS = {
    "room-connects": ("works", "It takes `/rtc/v1`; `/rtc` with `RoomOptions(single_peer_connection=False)`."),
    "room-data-out": (
        "works",
        "The packet's `kind`, which is deprecated, is the wrong way round: `LOSSY` if it is sent reliably, `RELIABLE` if not. The channels are the right ones.",
    ),
    "room-leave-resume": (
        "works",
        "It takes 3 s. Until then the client sends no ping, and 3 s are also what the server's join gives it for one: without a pong that a script sends meanwhile, it may give up and join anew.",
    ),
    "room-no-answer": (
        "works",
        "It tries four times, for 15 s each, before `connect` raises `ConnectError`; `connect_timeout` is for the signalling alone.",
    ),
}
