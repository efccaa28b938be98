// What the SDK does when the network breaks: whom it asks, in what order, by which request id, and what the application gets.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { RoomServiceClient, ServerError, SipClient } from 'livekit-server-sdk';
import { NETWORK } from './findings.js';
import { API_SECRET, behaviour, CLOUD_API_URLS, CLOUD_URLS, codeOf, controlKey, URLS } from './mock.js';
import { does, watchTries } from './tries.js';

/** Creates a room under a control, by default where the SDK fails over. */
const create = (control, { url = CLOUD_URLS[0], ...options } = {}) =>
  watchTries(() => new RoomServiceClient(url, controlKey(control), API_SECRET, options).createRoom({ name: 'lobby' }));

/** The same where it does not. */
const createOnce = (control, options) => create(control, { url: URLS[0], ...options });

const PAGE = '<html><body>502 Bad Gateway</body></html>';
const page = (control) => ({ failStatus: 502, failBody: PAGE, ...control });

/** The list of tries if region 0 ends so, and region 1 answers. */
const failedOver = (end) => [`0 CreateRoom ${end}`, '0 regions 200', '1 CreateRoom 200, call 1, try 2'];

function assertAnswered(seen, tries) {
  assert.ifError(seen.error);
  assert.equal(seen.value.name, 'lobby');
  assert.deepEqual(seen.tries, tries);
}

/** docs/CLIENTS.md tells what was seen. */
const assertTold = (id, ...told) => assert.equal(told.join(''), NETWORK[id].does);

/** The call failed after these tries with the error of `fetch`, whose cause has the code. */
function assertBroken({ error, tries }, [message, code], expected) {
  assert.ok(error instanceof TypeError, String(error));
  assert.deepEqual([error.message, codeOf(error.cause, error.message !== 'fetch failed')], [message, code]);
  assert.deepEqual(tries, expected);
}

function assertLate({ error, tries }, expected) {
  assert.ok(error instanceof DOMException, String(error));
  assert.equal(error.name, 'TimeoutError');
  assert.deepEqual(tries, expected);
}

function assertFailed({ error, tries }, [status, code, message], expected) {
  assert.ok(error instanceof ServerError, String(error));
  assert.deepEqual([error.status, error.code, error.message], [status, code, message]);
  assert.deepEqual(tries, expected);
}

// Connections that break before there is an answer.
for (const [id, failMode, code] of [['net-reset', 'reset', 'ECONNRESET'], ['net-garbage', 'garbage', 'HPE_INVALID_CONSTANT']]) {
  const control = { failRegions: [0], failMode };
  behaviour(id, async (step) => {
    await step('region 1 answers', async () => {
      const seen = await create(control);
      assertAnswered(seen, failedOver(`${code}, call 1`));
      assertTold(id, does(seen));
    });

    await step('a dial is sent again too', async () => {
      const sip = new SipClient(CLOUD_URLS[0], controlKey(control), API_SECRET);
      const seen = await watchTries(() => sip.createSipParticipant('ST_1', '+15550102', 'lobby'));
      assert.ifError(seen.error);
      assert.deepEqual(seen.tries, [`0 CreateSIPParticipant ${code}, call 1`, '0 regions 200', '1 CreateSIPParticipant 200, call 1, try 2']);
    });

    await step('no other region where the region list breaks too', async () => {
      const seen = await create({ ...control, regionsMode: failMode });
      assertBroken(seen, ['fetch failed', code], [`0 CreateRoom ${code}, call 1`, `0 regions ${code}`]);
    });

    await step('the error outside livekit.cloud', async () => {
      assertBroken(await createOnce(control), ['fetch failed', code], [`0 CreateRoom ${code}, call 1`]);
    });
  });
}

behaviour('net-hang', async (step) => {
  const control = { failRegions: [0], failMode: 'hang' };

  await step('region 1 answers after a time-out of 5 s, and a shorter one is final', async () => {
    const long = await create(control, { requestTimeout: 5 });
    assertAnswered(long, failedOver('TimeoutError, call 1'));
    const short = await create(control, { requestTimeout: 1 });
    assertLate(short, ['0 CreateRoom TimeoutError, call 1']);
    assertTold('net-hang', does(long), '; with a time-out under 5 s, ', does(short));
  });

  await step('no other region where the region list hangs too', async () => {
    const seen = await create({ failRegions: [0], regionsMode: 'hang' });
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], ['0 CreateRoom 503, call 1, try 1', '0 regions TimeoutError']);
  });

  await step('the error outside livekit.cloud', async () => {
    assertLate(await createOnce(control, { requestTimeout: 1 }), ['0 CreateRoom TimeoutError, call 1']);
  });
});

behaviour('net-truncate', async (step) => {
  const control = { failRegions: [0], failMode: 'truncate' };
  const half = ['0 CreateRoom 200, UND_ERR_SOCKET, call 1, try 1'];

  await step('half an answer is an error, and final', async () => {
    const seen = await create(control);
    assertBroken(seen, ['terminated', 'UND_ERR_SOCKET'], half);
    assertTold('net-truncate', does(seen));
  });

  await step('the same outside livekit.cloud', async () => {
    assertBroken(await createOnce(control), ['terminated', 'UND_ERR_SOCKET'], half);
  });

  await step('half an answer that has no fields', async () => {
    const rooms = new RoomServiceClient(CLOUD_URLS[0], controlKey(control), API_SECRET);
    const seen = await watchTries(() => rooms.deleteRoom('lobby'));
    assertBroken(seen, ['terminated', 'UND_ERR_SOCKET'], ['0 DeleteRoom 200, UND_ERR_SOCKET, call 1, try 1']);
  });

  await step('half an error has its status alone', async () => {
    const debug = mock.method(console, 'debug', () => {});
    const seen = await createOnce({ ...control, failStatus: 503 });
    debug.mock.restore();
    assert.deepEqual(debug.mock.calls.map(({ arguments: [, reason] }) => reason.cause.code), ['UND_ERR_SOCKET']);
    assertFailed(seen, [503, undefined, 'Unknown internal error'], ['0 CreateRoom 503, UND_ERR_SOCKET, call 1, try 1']);
  });

  await step('a body that comes too slowly is final, though a time-out of 5 s is not elsewhere', async () => {
    const seen = await create({ failRegions: [0], failMode: 'drip', dripMs: 60_000 }, { requestTimeout: 5 });
    assertLate(seen, ['0 CreateRoom 200, TimeoutError, call 1, try 1']);
  });
});

behaviour('net-html-502', async (step) => {
  await step('region 1 answers', async () => {
    const seen = await create(page({ failRegions: [0] }));
    assertAnswered(seen, failedOver('502, call 1, try 1'));
    assertTold('net-html-502', does(seen));
  });

  await step('the page is the message', async () => {
    const seen = await create(page({ failRegions: [0, 1, 2, 3] }));
    const tries = ['0 CreateRoom 502, call 1, try 1', '0 regions 200', '1 CreateRoom 502, call 1, try 2', '2 CreateRoom 502, call 1, try 3'];
    assertFailed(seen, [502, undefined, PAGE], tries);
    assert.equal(seen.error.name, 'Bad Gateway');
  });

  await step('the error outside livekit.cloud', async () => {
    assertFailed(await createOnce(page({ failRegions: [0] })), [502, undefined, PAGE], ['0 CreateRoom 502, call 1, try 1']);
  });

  await step('a page with status 200', async () => {
    const seen = await create(page({ failRegions: [0], failStatus: 200 }));
    assert.ok(seen.error instanceof SyntaxError, String(seen.error));
    assert.deepEqual(seen.tries, ['0 CreateRoom 200, call 1, try 1']);
  });

  await step('a Twirp error whose Content-Type has a parameter', async () => {
    const failBody = '{"code":"unavailable","msg":"later"}';
    const seen = await createOnce(page({ failRegions: [0], failBody, failContentType: 'application/json; charset=utf-8' }));
    assertFailed(seen, [502, undefined, failBody], ['0 CreateRoom 502, call 1, try 1']);
  });
});

behaviour('net-429', async (step) => {
  const control = { failRegions: [0], failStatus: 429, failHeaders: { 'Retry-After': '1' } };
  for (const [name, call] of [['under livekit.cloud', create], ['outside', createOnce]]) {
    await step(`${name} it is final, and no one learns when to call again`, async () => {
      const seen = await call(control);
      assertFailed(seen, [429, 'resource_exhausted', 'mock failure (status 429)'], ['0 CreateRoom 429, call 1, try 1']);
      assertTold('net-429', does(seen));
      assert.deepEqual({ ...seen.error }, { name: 'Too Many Requests', status: 429, code: 'resource_exhausted', metadata: undefined });
    });
  }
});

behaviour('net-fails-once', async (step) => {
  await step('region 1 answers', async () => {
    const seen = await create({ failTimes: 1 });
    assertAnswered(seen, failedOver('503, call 1, try 1'));
    assertTold('net-fails-once', does(seen));
    assert.match(seen.ids[0], /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  await step('outside livekit.cloud the application has to call again, and that is another call', async () => {
    const rooms = new RoomServiceClient(URLS[0], controlKey({ failTimes: 1 }), API_SECRET);
    const seen = await watchTries(async () => {
      await assert.rejects(rooms.createRoom({ name: 'lobby' }), ServerError);
      return rooms.createRoom({ name: 'lobby' });
    });
    const tries = ['0 CreateRoom 503, call 1, try 1', '0 CreateRoom 503, call 2, try 1'];
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], tries);
  });
});

behaviour('net-fails-twice', async (step) => {
  await step('region 2 answers', async () => {
    const seen = await create({ failTimes: 2 });
    assertAnswered(seen, ['0 CreateRoom 503, call 1, try 1', '0 regions 200', '1 CreateRoom 503, call 1, try 2', '2 CreateRoom 200, call 1, try 3']);
    assertTold('net-fails-twice', does(seen));
  });
});

behaviour('net-fails-in-turn', async (step) => {
  await step('three tries', async () => {
    const seen = await create({ failTimes: 4 });
    const tries = ['0 CreateRoom 503, call 1, try 1', '0 regions 200', '1 CreateRoom 503, call 1, try 2', '2 CreateRoom 503, call 1, try 3'];
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], tries);
    assertTold('net-fails-in-turn', does(seen));
  });
});

behaviour('net-cloud-api', async (step) => {
  const url = CLOUD_API_URLS[0];

  await step('one try', async () => {
    const seen = await create({ failTimes: 1 }, { url });
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], ['0 CreateRoom 503, call 1, try 1']);
    assertTold('net-cloud-api', does(seen));
  });

  await step('one try of a connection that is reset', async () => {
    const seen = await create({ failTimes: 1, failMode: 'reset' }, { url });
    assertBroken(seen, ['fetch failed', 'ECONNRESET'], ['0 CreateRoom ECONNRESET, call 1']);
  });
});
