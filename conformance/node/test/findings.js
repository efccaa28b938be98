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
