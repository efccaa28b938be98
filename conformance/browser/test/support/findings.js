// What the tests found of this client that is more than "works": behaviour → [result, note].
export const FINDINGS = {
  'signal-join': [
    'works',
    'It takes `/rtc/v1` with a gzipped `join_request` that holds its offer; `/rtc` with `singlePeerConnection: false`. The mock has no media, so without more it stays at `connecting` and gives up after its own ' +
      '`peerConnectionTimeout` (15 s) with `InternalError`, "could not establish pc connection".',
  ],
  'signal-connected': ['works', 'On `/rtc`, where the server offers: a script sends the offer of a peer connection that the test has. On `/rtc/v1` the client offers, so a script can\'t have the answer.'],
  'signal-ping-timeout': ['works', 'It closes 1000, then resumes, or joins anew if there was no media yet.'],
  'signal-ping-at-once': ['lacks', 'Its first ping comes an interval, 1 s, after the join.'],
  'signal-leave-resume': ['works', 'Only with media under way; before that a RESUME is a new join. `/rtc` says `reconnect=1`, `/rtc/v1` says so in its `join_request`.'],
  'signal-leave-disconnect': ['works', 'Before there is media, it does not reject `room.connect`: that happens only after `peerConnectionTimeout`, with `InternalError`.'],
  'signal-leave-first': ['wrong', '`LeaveRequest` is reported as it should be, but the WebSocket is not closed and stays open.'],
  'signal-no-first-message': ['works', '`Timeout` after 5 s, whatever `websocketTimeout` says.'],
  'signal-lost': ['works', 'It resumes if it was connected, and joins anew if there was no media yet.'],
  'signal-refused-500': ['works', '`WebSocket`, without the status and without the text of validate.'],
  'signal-refused-service-not-found': [
    'wrong',
    'A 404 on `/rtc/v1` falls back to `/rtc` as it should, but a 404 there is tried again without end and without a pause, until the application disconnects. ' +
      'livekit/client-sdk-js#1883 describes the same loop; its fix is for "requested room does not exist" alone.',
  ],
  'signal-failover-0-1': ['works', 'Region 0 is asked twice: once by the URL given, once as the first of the region list.'],
  'signal-failover-429': ['wrong', 'After a 429 it tries the next region, as after a 5xx, although a quota is that of the whole project (livekit/client-sdk-flutter#1204 keeps it final).'],
  'signal-failover-drop': ['works', 'Outside `livekit.cloud` the error is `ServerUnreachable`, of the validate request.'],
  'signal-failover-pinned': ['works', 'By a 403 (livekit/client-sdk-js#2097). The client asks for the region list with its token, so a pin in the API key shortens that list; one in `lk.mock` does not.'],
  'signal-control-by-key': ['works', 'It has no API key of its own: this is the `iss` of the token that the application brings.'],
};
