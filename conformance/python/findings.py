"""What the tests found of this client that is more than "works": behaviour → (result, note). Written into docs/CLIENTS.md."""

FINDINGS = {
    "methods": (
        "works",
        "It has no method for RoomService/PerformRpc, SIP/ListSIPTrunk, SIP/GetSIPInboundTrunk, SIP/GetSIPOutboundTrunk, nor for the services that it does not wrap "
        "(PhoneNumberService, CloudAgent, AgentSimulation, Replay).",
    ),
    "failover-all-down": ("works", "Three attempts: regions 0, 1 and 2. Region 3 is never asked."),
    "failover-drop": ("works", "Outside `livekit.cloud` the error is aiohttp's `ServerDisconnectedError`, not a `ServerError`."),
    "discovery-fails": (
        "works",
        "With no region list it asks region 0 again, three times in all, and then raises the server's error.",
    ),
    "pinned": (
        "lacks",
        "A 451 is final, as any 4xx. It is no Twirp error, so its text is lost: `ServerError` has status 451, code `unknown` and an empty message. "
        "A failover stays within the allowed regions, which are those of the list.",
    ),
    "deadline": (
        "wrong",
        "`LiveKitAPI(timeout=…)` and its default of 10 s have no effect: each request is sent with `timeout=None`, which for aiohttp means no timeout at all. "
        "No upstream issue is known. The timeouts of the methods that dial do work: `asyncio.TimeoutError`, not a `ServerError`; one under 5 s is tried once; "
        "from 5 s on it counts for each attempt, and under `livekit.cloud` the call is sent to three regions, so that it takes three deadlines to fail.",
    ),
    "unknown-field": ("works", "The field is kept among the message's unknown fields."),
}
