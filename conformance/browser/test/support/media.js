// A room that is really connected. The mock has no media, so a peer connection in the page plays the media server,
// and a script hands its session description to the client.
import { token, URL_0 } from './mock.js';

/** The older path, with one peer connection a direction: there the server offers, so that an offer can be made beforehand. */
export const V0 = { room: { singlePeerConnection: false } };

const JOIN = {
  room: { sid: 'RM_MOCK', name: 'studio' },
  participant: { sid: 'PA_MOCK', identity: 'alice', state: 'JOINED' },
  subscriberPrimary: true, // then an answered offer of the server is all that the client needs
  pingInterval: 1,
  pingTimeout: 3,
  serverInfo: { version: 'mock', protocol: 15 },
};

/** Connects a room up to `RoomEvent.Connected`; then, when `cue` is called, the steps follow; a resume plays `onReconnect`. */
export async function connectWithMedia(client, { steps = [], onReconnect = [{ greet: {} }], control = {} } = {}) {
  const sdp = await client.page.evaluate(() => window.offerMedia());
  const script = [
    { onReconnect },
    { send: { join: JOIN } },
    { send: { offer: { type: 'offer', sdp, id: 1 } } },
    { expect: 'updateMetadata' },
    ...steps,
  ];
  await client.start(URL_0, token({ mock: { ...control, script } }), V0);
  const answer = await client.until('an answer', () => client.sockets[0]?.sent.find((message) => message.case === 'answer'));
  await client.page.evaluate((answered) => window.peer.setRemoteDescription({ type: 'answer', sdp: answered }), answer.value.sdp);
  await client.event('connect resolved');
}

/** Makes the client send the message that the script waits for. */
export async function cue(client) {
  await client.page.evaluate(() => {
    window.room.localParticipant.setMetadata('now').catch(() => {}); // it gets no answer
  });
}
