// Every method of every service once, with the grants that the SDK attaches by itself, against `--auth strict`.
import assert from 'node:assert/strict';
import {
  DataPacket_Kind,
  EncodedFileOutput,
  IngressInput,
  LiveKitAPI,
  ServerError,
  SessionDescription,
  SIPDispatchRuleInfo,
  SIPInboundTrunkInfo,
  SIPOutboundTrunkInfo,
  StartEgressRequest,
} from 'livekit-server-sdk';
import { API_KEY, API_SECRET, behaviour, controlKey, URLS, watch } from './mock.js';

const FILE = { file: new EncodedFileOutput({ filepath: 'out.mp4' }) };
const EGRESS = { egressId: 'MOCK_EGRESS_ID', roomId: 'MOCK_ROOM_ID' };
const IN_LOBBY = { ...EGRESS, roomName: 'lobby' };
const INGRESS = { name: 'cam', roomName: 'lobby', participantIdentity: 'ada' };
const TRUNK = { sipTrunkId: 'MOCK_SIP_TRUNK_ID' };
const RULE = { type: 'direct', roomName: 'lobby' };
const SDP = new SessionDescription({ type: 'offer', sdp: 'v=0' });
const WHATSAPP = { whatsappPhoneNumberId: '1', whatsappApiKey: 'key', whatsappCloudApiVersion: '23.0' };

// service → method → [arguments, what of the answer is known, RPC where its name is not the method's]
const CALLS = {
  room: {
    createRoom: [
      [{ name: 'lobby', emptyTimeout: 300, departureTimeout: 20, maxParticipants: 5, metadata: 'm' }],
      { sid: 'MOCK_SID', name: 'lobby', emptyTimeout: 300, departureTimeout: 20, maxParticipants: 5, metadata: 'm' },
    ],
    listRooms: [[['lobby']], [{ sid: 'MOCK_SID' }]],
    deleteRoom: [['lobby']],
    updateRoomMetadata: [['lobby', 'm'], { metadata: 'm', sid: 'MOCK_SID' }],
    listParticipants: [['lobby'], [{ sid: 'MOCK_SID' }]],
    getParticipant: [['lobby', 'ada'], { identity: 'ada', sid: 'MOCK_SID' }],
    removeParticipant: [['lobby', 'ada']],
    forwardParticipant: [['lobby', 'ada', 'hall']],
    moveParticipant: [['lobby', 'ada', 'hall']],
    mutePublishedTrack: [['lobby', 'ada', 'TR_1', true]],
    updateParticipant: [
      ['lobby', 'ada', { metadata: 'm', name: 'Ada' }],
      { identity: 'ada', metadata: 'm', name: 'Ada', sid: 'MOCK_SID' },
    ],
    updateSubscriptions: [['lobby', 'ada', ['TR_1'], true]],
    sendData: [['lobby', new TextEncoder().encode('hello'), DataPacket_Kind.RELIABLE, { topic: 't' }]],
  },
  egress: {
    startRoomCompositeEgress: [['lobby', FILE, { layout: 'grid' }], IN_LOBBY],
    startWebEgress: [['https://example.com', FILE], EGRESS],
    startParticipantEgress: [['lobby', 'ada', FILE], IN_LOBBY],
    startTrackCompositeEgress: [['lobby', FILE, { audioTrackId: 'TR_1' }], IN_LOBBY],
    startTrackEgress: [['lobby', 'wss://example.com', 'TR_1'], IN_LOBBY],
    startEgress: [[new StartEgressRequest({ roomName: 'lobby' })], IN_LOBBY],
    updateLayout: [['EG_1', 'grid'], { egressId: 'EG_1' }],
    updateStream: [['EG_1', ['rtmp://example.com/live']], { egressId: 'EG_1' }],
    listEgress: [[{ roomName: 'lobby' }], [EGRESS]],
    stopEgress: [['EG_1'], { egressId: 'EG_1' }],
  },
  ingress: {
    createIngress: [[IngressInput.WHIP_INPUT, INGRESS], { ...INGRESS, ingressId: 'MOCK_INGRESS_ID' }],
    updateIngress: [['IN_1', INGRESS], { ...INGRESS, ingressId: 'IN_1' }],
    listIngress: [[{ roomName: 'lobby' }], [{ ingressId: 'MOCK_INGRESS_ID' }]],
    deleteIngress: [['IN_1'], { ingressId: 'IN_1' }],
  },
  sip: {
    // An unknown method, which the mock answers with an empty message unless it is told to be strict: see below.
    createSipTrunk: [['+15550100', { name: 'trunk' }], { sipTrunkId: '', name: '' }],
    createSipInboundTrunk: [['in', ['+15550100']], TRUNK],
    createSipOutboundTrunk: [['out', 'sip.example.com', ['+15550101']], TRUNK],
    listSipTrunk: [[], [TRUNK]],
    listSipInboundTrunk: [[], [TRUNK]],
    listSipOutboundTrunk: [[], [TRUNK]],
    deleteSipTrunk: [['ST_1'], { sipTrunkId: 'ST_1' }],
    createSipDispatchRule: [
      [RULE, { name: 'rule', metadata: 'm' }],
      { sipDispatchRuleId: 'MOCK_SIP_DISPATCH_RULE_ID', name: 'rule', metadata: 'm' },
    ],
    updateSipDispatchRule: [['SDR_1', new SIPDispatchRuleInfo({ name: 'rule' })], { sipDispatchRuleId: 'SDR_1' }],
    updateSipDispatchRuleFields: [['SDR_1', { name: 'rule' }], { sipDispatchRuleId: 'SDR_1' }, 'UpdateSIPDispatchRule'],
    updateSipInboundTrunk: [['ST_1', new SIPInboundTrunkInfo({ name: 'in' })], { sipTrunkId: 'ST_1' }],
    updateSipInboundTrunkFields: [['ST_1', { name: 'in' }], { sipTrunkId: 'ST_1' }, 'UpdateSIPInboundTrunk'],
    updateSipOutboundTrunk: [['ST_1', new SIPOutboundTrunkInfo({ name: 'out' })], { sipTrunkId: 'ST_1' }],
    updateSipOutboundTrunkFields: [['ST_1', { name: 'out' }], { sipTrunkId: 'ST_1' }, 'UpdateSIPOutboundTrunk'],
    listSipDispatchRule: [[], [{ sipDispatchRuleId: 'MOCK_SIP_DISPATCH_RULE_ID' }]],
    deleteSipDispatchRule: [['SDR_1'], { sipDispatchRuleId: 'SDR_1' }],
    createSipParticipant: [
      ['ST_1', '+15550102', 'lobby', { participantIdentity: 'phone' }],
      { participantId: 'MOCK_PARTICIPANT_ID', participantIdentity: 'phone', roomName: 'lobby', sipCallId: 'MOCK_SIP_CALL_ID' },
    ],
    transferSipParticipant: [['lobby', 'phone', 'tel:+15550103']],
  },
  agentDispatch: {
    createDispatch: [
      ['lobby', 'helper', { metadata: 'm', deployment: 'd' }],
      { id: 'MOCK_ID', agentName: 'helper', room: 'lobby', metadata: 'm', deployment: 'd' },
    ],
    deleteDispatch: [['AD_1', 'lobby']],
    getDispatch: [['AD_1', 'lobby'], { id: 'MOCK_ID' }, 'ListDispatch'],
    listDispatch: [['lobby'], [{ id: 'MOCK_ID' }]],
  },
  connector: {
    dialWhatsAppCall: [
      [{ ...WHATSAPP, whatsappToPhoneNumber: '+15550104', roomName: 'lobby' }],
      { whatsappCallId: 'MOCK_WHATSAPP_CALL_ID', roomName: 'lobby' },
    ],
    acceptWhatsAppCall: [[{ ...WHATSAPP, whatsappCallId: 'W1', sdp: SDP, roomName: 'lobby' }], { roomName: 'lobby' }],
    connectWhatsAppCall: [['W1', SDP], {}],
    disconnectWhatsAppCall: [['W1', 'key'], {}],
    connectTwilioCall: [[{ twilioCallDirection: 0, roomName: 'lobby' }], {}],
  },
};

const lkapi = (control) =>
  new LiveKitAPI({ host: URLS[0], apiKey: control ? controlKey(control) : API_KEY, secret: API_SECRET });

/** The part of `answer` that `expected` speaks of. */
function partOf(answer, expected) {
  if (Array.isArray(expected)) return answer.map((item, i) => partOf(item, expected[i] ?? {}));
  return Object.fromEntries(Object.keys(expected).map((key) => [key, answer[key]]));
}

const methodsOf = (client) =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(client)).filter(
    (name) => client[name].constructor.name === 'AsyncFunction',
  );

behaviour('methods', async (step) => {
  for (const [service, methods] of Object.entries(CALLS)) {
    for (const [method, [args, expected, rpc = method]] of Object.entries(methods)) {
      await step(`${service}.${method}`, async () => {
        const client = lkapi(method === 'transferSipParticipant' ? { delayMs: 0 } : undefined);
        const seen = await watch(() => client[service][method](...args));
        assert.ifError(seen.error);
        assert.equal(seen.requests.length, 1);
        assert.match(seen.requests[0], new RegExp(`^0 ${rpc} 200$`, 'i'));
        if (method !== 'createSipTrunk') assert.deepEqual(seen.warnings, []);
        if (expected) assert.deepEqual(partOf(seen.value, expected), expected);
      });
    }
  }

  await step('createSipTrunk asks for a method that does not exist', async () => {
    const seen = await watch(() => lkapi({ strict: true }).sip.createSipTrunk('+15550100'));
    assert.ok(seen.error instanceof ServerError, String(seen.error));
    assert.deepEqual([seen.error.status, seen.error.code], [404, 'bad_route']);
  });

  await step('no method is left out', () => {
    const client = lkapi();
    const services = Object.getOwnPropertyNames(LiveKitAPI.prototype).filter((name) => name !== 'constructor');
    assert.deepEqual(services.sort(), Object.keys(CALLS).sort());
    for (const service of services) {
      assert.deepEqual(methodsOf(client[service]).sort(), Object.keys(CALLS[service]).sort());
    }
  });

  await step('dialling outlasts the default deadline', async () => {
    // A call that rings takes the mock 11 s, and the SDK's deadline for it is longer than its usual 10 s.
    const { sip } = lkapi();
    const seen = await watch(() =>
      Promise.all([
        sip.createSipParticipant('ST_1', '+15550102', 'lobby', { participantIdentity: 'phone', waitUntilAnswered: true }),
        sip.transferSipParticipant('lobby', 'phone', 'tel:+15550103'),
      ]),
    );
    assert.ifError(seen.error);
    assert.deepEqual(seen.requests.sort(), ['0 CreateSIPParticipant 200', '0 TransferSIPParticipant 200']);
  });
});
