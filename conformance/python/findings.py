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
    "net-reset": (
        "works",
        "Outside `livekit.cloud`, or where every region does it, the error is aiohttp's `ClientOSError` (ECONNRESET), not a `ServerError`.",
    ),
    "net-hang": (
        "wrong",
        "`LiveKitAPI(timeout=…)` has no effect, as with `deadline`: the call never ends, and no other region is asked. No upstream issue is known. "
        "`create_sip_participant` and `accept_whatsapp_call` take a `timeout` that works: under 5 s it is `0: TimeoutError`, which says nothing; from 5 s on it is "
        "`0 → 1, same id: answered`, so that a phone may be dialled twice. `transfer_sip_participant`, and a dial with `wait_until_answered`, wait for the ringing "
        "timeout and 2 s more, however short their `timeout` is. Where `/settings/regions` hangs, the SDK waits 2 s for it and asks region 0 again.",
    ),
    "net-truncate": (
        "works",
        "Outside `livekit.cloud` the error is aiohttp's `ClientPayloadError`, not a `ServerError`. Of half an error only the status is left: `ServerError` "
        "with code `unknown` and an empty message.",
    ),
    "net-garbage": (
        "works",
        "Outside `livekit.cloud` the error is aiohttp's `ClientResponseError`, not a `ServerError`, and its `status` is 400, which no server sent.",
    ),
    "net-html-502": (
        "works",
        "Outside `livekit.cloud` it is `ServerError` with status 502, code `unknown` and an empty message: the text is lost (python-sdks#427 asked for it). "
        "A proxy's JSON that is no object, even an empty body sent as JSON, is an `AttributeError`, and the status is lost too; no upstream issue is known. "
        "Of an answer with status 200 only the bytes count, not the `Content-Type`: HTML is protobuf's `DecodeError`, tried nowhere else, and an empty page is "
        "an empty room.",
    ),
    "net-429": ("works", "`Retry-After` is not waited for, and the application cannot read it: `ServerError` has no headers."),
    "net-fails-once": (
        "works",
        "Each further try is a warning of the logger `livekit`, with the cause. Every call has an id of its own, a random UUID; `/settings/regions` is asked "
        "without one. Outside `livekit.cloud`: `0: ServerError 503`. With a `LiveKitAPI(timeout=…)` under 5 s too: it ends failover, although it is not kept.",
    ),
    "net-fails-twice": (
        "works",
        "The SDK waits 0.2 s before the second try and 0.4 s before the third. Where the list has two regions, the third try asks region 1 again.",
    ),
    "net-fails-in-turn": (
        "works",
        "Three tries: region 3 is never asked. An application that tries again makes another call, with another id; it cannot give an id of its own.",
    ),
    "net-cloud-api": ("works", "Up to three tries, and `/settings/regions` is not asked (python-sdks#811)."),
}

# What it does when the network breaks: behaviour → the cell of the table.
DOES = {
    "net-reset": "0 → 1, same id: answered",
    "net-hang": "0: waits for ever, whatever `LiveKitAPI(timeout=…)` says",
    "net-truncate": "0 → 1, same id: answered",
    "net-garbage": "0 → 1, same id: answered",
    "net-html-502": "0 → 1, same id: answered",
    "net-429": "0: ServerError 429",
    "net-fails-once": "0 → 1, same id: answered",
    "net-fails-twice": "0 → 1 → 2, same id: answered",
    "net-fails-in-turn": "0 → 1 → 2, same id: ServerError 503",
    "net-cloud-api": "0 → 0, same id: answered",
}
