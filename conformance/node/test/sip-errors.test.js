// A call that fails with a SIP status, dialled and transferred.
import assert from 'node:assert/strict';
import { SipCallError, SipClient } from 'livekit-server-sdk';
import { API_SECRET, behaviour, CLOUD_URLS, controlKey, watch } from './mock.js';

const METHODS = {
  createSipParticipant: (sip) => sip.createSipParticipant('ST_1', '+15550102', 'lobby', { waitUntilAnswered: true }),
  transferSipParticipant: (sip) => sip.transferSipParticipant('lobby', 'phone', 'tel:+15550103'),
};

// SIP status, HTTP status, Twirp code and the enum's name.
const STATUSES = [
  [486, 412, 'failed_precondition', 'SIP_STATUS_BUSY_HERE'],
  [603, 403, 'permission_denied', 'SIP_STATUS_GLOBAL_DECLINE'],
  [408, 408, 'deadline_exceeded', 'SIP_STATUS_REQUEST_TIMEOUT'],
];

async function fails(method, sipStatus) {
  const sip = new SipClient(CLOUD_URLS[0], controlKey({ sipStatus, delayMs: 0 }), API_SECRET);
  const seen = await watch(() => METHODS[method](sip));
  assert.ok(seen.error instanceof SipCallError, String(seen.error));
  assert.equal(seen.requests.length, 1);
  return seen.error;
}

behaviour('sip-errors', async (step) => {
  for (const method of Object.keys(METHODS)) {
    for (const [code, status, twirp, name] of STATUSES) {
      await step(`${method} ${code}`, async () => {
        const error = await fails(method, { code });
        assert.deepEqual(
          [error.status, error.code, error.sipStatusCode, error.sipStatus],
          [status, twirp, code, name],
        );
        const details = Buffer.from(error.metadata.error_details, 'base64').toString('latin1');
        assert.match(details, /type\.googleapis\.com\/livekit\.SIPStatus/);
      });
    }
  }

  await step('a status text', async () => {
    const error = await fails('createSipParticipant', { code: 486, status: 'On the phone' });
    assert.equal(error.sipStatus, 'On the phone');
    assert.equal(error.message, 'SIP call failed: 486 On the phone (failed_precondition)');
  });
});
