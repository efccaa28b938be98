// What the tests found of this client that is more than "works": behaviour → [result, note]. Written into docs/CLIENTS.md.
export const FINDINGS = {
  methods: [
    'wrong',
    '`SipClient.createSipTrunk` calls SIP/CreateSIPTrunk, which the protocol no longer has: 404 `bad_route` from a strict mock, an empty message otherwise. ' +
      'The method is deprecated (livekit/node-sdks#219); the Go SDK has removed its own (livekit/server-sdk-go#543). ' +
      'Every other method works. It has none for RoomService/PerformRpc, SIP/GetSIPInboundTrunk, SIP/GetSIPOutboundTrunk, nor for the services that it does not wrap ' +
      '(PhoneNumberService, CloudAgent, AgentSimulation, Replay).',
  ],
  'failover-all-down': ['works', 'Three attempts: regions 0, 1 and 2. Region 3 is never asked.'],
  'failover-drop': ['works', 'Outside `livekit.cloud` the error is the `TypeError` of `fetch`, not a `ServerError`.'],
  'discovery-fails': ['works', "With no region list it gives up at once with region 0's error; region 0 is not asked again."],
  pinned: [
    'lacks',
    'A 451 is final, as any 4xx. It is no Twirp error: `ServerError` has status 451, the text as its message and no code. ' +
      'A failover stays within the allowed regions, which are those of the list.',
  ],
  deadline: [
    'works',
    'A `TimeoutError` (DOMException), not a `ServerError`. A deadline under 5 s is tried once; from 5 s on it counts for each attempt, and under `livekit.cloud` ' +
      'the call is sent to three regions, so that it takes three deadlines to fail.',
  ],
  'unknown-field': ['works', 'The field is dropped.'],
};

const BROKEN =
  'Without another region the error is the `TypeError` of `fetch`, "fetch failed", not a `ServerError`; its `cause` says what broke. The region list comes from region 0 itself: ' +
  'where that breaks too, no other region is asked. Calls that are not idempotent are sent again too, `createSipParticipant` among them, though region 0 may have dialled; ' +
  'the id is there so that the server can tell (livekit/livekit#4694), which livekit/sip#750 says that SIP does not yet.';

// What the SDK does when the network breaks: behaviour → what stands in the table, and a note. The tests assert the former.
export const NETWORK = {
  'net-reset': { does: '0 → 1, same id: answered', note: BROKEN },
  'net-garbage': { does: '0 → 1, same id: answered', note: BROKEN },
  'net-hang': {
    does: '0 → 1, same id: answered; with a time-out under 5 s, 0: TimeoutError',
    note:
      '`requestTimeout` counts for each try, and is 10 s by default. The error is a DOMException, not a `ServerError`. ' +
      'The region list has 2 s of its own: where it hangs too, no other region is asked, and the application gets the error of the call. ' +
      "With `requestTimeout: 0` the SDK sets no time-out: Node's `fetch` gives up after 300 s, and then region 1 is asked.",
  },
  'net-truncate': {
    does: '0: TypeError',
    note:
      'Half an answer is never taken for a whole one, but no other region is asked once the status has come: `TypeError` "terminated", with the cause. A body that comes too slowly is final too: `TimeoutError`. ' +
      'Half a Twirp error is a `ServerError` with its status, no code and "Unknown internal error"; the cause goes to `console.debug` alone.',
  },
  'net-html-502': {
    does: '0 → 1, same id: answered',
    note:
      'Without another region it is a `ServerError` with status 502, no code, and the whole page as its message. A page with status 200 is a `SyntaxError` without a status. ' +
      'A Twirp error counts only under exactly `application/json`: with `; charset=utf-8` its JSON is the message, and there is no code.',
  },
  'net-429': { does: '0: ServerError 429', note: "`Retry-After` is not followed, and the application can't follow it either: `ServerError` has no headers." },
  'net-fails-once': {
    does: '0 → 1, same id: answered',
    note: "Outside `livekit.cloud` there is one try. The application can't set the id: when it calls again, that is another call to the server.",
  },
  'net-fails-twice': { does: '0 → 1 → 2, same id: answered' },
  'net-fails-in-turn': { does: '0 → 1 → 2, same id: ServerError 503', note: 'Three tries; region 3 is never asked, and region 0 not again.' },
  'net-cloud-api': {
    does: '0: ServerError 503',
    note: 'One try, as outside `livekit.cloud`. livekit/node-sdks#723, which tries the same host again, is not in this release.',
  },
};
