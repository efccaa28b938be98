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

const UNREACHABLE =
  'Region 0 is asked twice: once by the URL given, once as the first of the region list. Before each further region it waits, 0.5 s and then twice as long each time. Outside `livekit.cloud` ' +
  'the error is `ServerUnreachable`, "Failed to fetch": it is that of validate, and says nothing of the upgrade. `maxRetries: 3` means three tries in all, of each region, so that its default 1 means none again; ' +
  'it counts for such errors alone.';

// What livekit-client does when the network breaks: behaviour → what stands in the table, and a note. The tests assert the former.
export const NETWORK = {
  'net-reset': { does: '0 → 0 → 1, no id: joined', note: UNREACHABLE },
  'net-garbage': { does: '0 → 0 → 1, no id: joined', note: UNREACHABLE },
  'net-hang': {
    result: 'wrong',
    does: '0 → 0 → 1, no id: joined; never, where the region list hangs too',
    note:
      'After `websocketTimeout`, 15 s by default, it goes on to the next region without asking validate; outside `livekit.cloud` the error is `Timeout`, and `maxRetries` has no effect. ' +
      'But the request for the region list has no time-out: where it hangs, `room.connect` neither ends nor asks another region, whatever the time-outs say, and only `room.disconnect` ends it. Even then no other room of ' +
      'the page can fail over, until the page is loaded anew, since all wait for the one lock around that request (livekit/client-sdk-js#1711). No upstream issue is known.',
  },
  'net-html-502': { does: '0 → 0 → 1, no id: joined', note: 'Outside `livekit.cloud` the error is `WebSocket`: the application gets neither the status nor the page.' },
  'net-fails-once': {
    does: '0 → 0, no id: joined',
    note:
      'Under `livekit.cloud` the second try is of region 0 again, as the first of the region list. Outside there is one try, whatever `maxRetries` says. ' +
      'Whoever counts tries: when a connection that was kept is reset, Chromium itself sends the validation again. The page then sees one try and the server two, and `failTimes: 1` looks as if nothing had failed.',
  },
  'net-fails-in-turn': {
    does: '0 → 0 → 1 → 2 → 3, no id: joined',
    note:
      'Region 0 takes two of the four refusals. After a 5xx it does not wait before the next region. When all have failed it goes on asking for the region list as long as the page is there, after `room.disconnect` too: ' +
      'here every 5 s, since `max-age=0` counts as none given. livekit/client-sdk-js#1955 asks about the same while connected.',
  },
};

const SIMULATED = {
  'signal-reconnect': { does: 'signalReconnecting → connected; 2 connections', note: 'The client closes its own signalling.' },
  'resume-reconnect': { does: 'signalReconnecting → reconnecting → connected; 3 connections', note: 'The client gives its own resume up, and joins anew.' },
  'full-reconnect': { does: 'reconnecting → connected; 2 connections', note: 'The client joins anew by itself.' },
  migration: { does: 'signalReconnecting → connected; 2 connections' },
  'node-failure': { does: 'signalReconnecting → reconnecting → connected; 3 connections' },
  'leave-full-reconnect': { does: 'reconnecting → connected; 2 connections' },
  'force-tcp': { does: 'reconnecting → connected; 2 connections', note: 'The client joins anew by itself; over UDP, as there is nothing else here.' },
  'force-tls': { does: 'reconnecting → connected; 2 connections', note: 'The client joins anew by itself; over UDP, as there is nothing else here.' },
  'server-leave': { does: 'disconnected; 1 connection', note: 'The reason is `SERVER_SHUTDOWN`.' },
  'disconnect-signal-on-resume': { does: 'signalReconnecting → connected; 3 connections' },
  'disconnect-signal-on-resume-no-messages': { does: 'signalReconnecting → connected; 3 connections' },
  speaker: { does: 'activeSpeakersChanged: itself, and 3 s later nobody' },
  'subscriber-bandwidth': { does: 'nothing: it is not limited here', note: 'The server says in its log that it can\'t do it.' },
  'fail-on-v1-path': { does: 'nothing; the next join falls back to /rtc' },
};
for (const [name, found] of Object.entries(SIMULATED)) NETWORK[`simulate-${name}`] = found;
