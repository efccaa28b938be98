// How long `room.connect` takes, beside the same page connecting two peer connections of its own:
// LKM_URLS=http://127.0.0.1:9999 node measure.js, with a server of a release build there.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createHmac } from 'node:crypto';

const ROUNDS = 31;
const url = process.env.LKM_URLS.split(',')[0].replace(/^http/, 'ws');
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'devkey', sub: 'alice', exp: Date.now() / 1000 + 600, video: { room: 'studio', roomJoin: true } })}`;
const token = `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`;

const client = readFileSync(new URL('node_modules/livekit-client/dist/livekit-client.umd.js', import.meta.url));
const site = createServer((request, response) =>
  request.url === '/' ? response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><script src="/client.js"></script>') : response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(client),
);
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-proxy-server', '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection'],
});
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${site.address().port}/`);

const times = await page.evaluate(
  async ([to, bearer, rounds]) => {
    LivekitClient.setLogLevel('silent');
    const room = async (options) => {
      const joined = new LivekitClient.Room(options);
      const begun = performance.now();
      await joined.connect(to, bearer);
      const took = performance.now() - begun;
      await joined.disconnect();
      return took;
    };
    const pair = async () => {
      const begun = performance.now();
      const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
      one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
      other.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate);
      one.createDataChannel('_lossy', { ordered: true, maxRetransmits: 0 });
      const channel = one.createDataChannel('_reliable', { ordered: true });
      const open = new Promise((resolve) => (channel.onopen = resolve));
      for (let index = 0; index < 3; index += 1) for (const kind of ['audio', 'video']) one.addTransceiver(kind, { direction: 'recvonly' });
      await one.setLocalDescription();
      await other.setRemoteDescription(one.localDescription);
      await other.setLocalDescription();
      await one.setRemoteDescription(other.localDescription);
      await open;
      const took = performance.now() - begun;
      one.close();
      other.close();
      return took;
    };
    const measured = { v1: [], v0: [], pair: [] };
    for (let round = 0; round < rounds; round += 1) {
      measured.v1.push(await room({}));
      measured.v0.push(await room({ singlePeerConnection: false }));
      measured.pair.push(await pair());
    }
    return measured;
  },
  [url, token, ROUNDS],
);
await browser.close();
site.close();

const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];
const pair = median(times.pair);
for (const [name, values] of [['/rtc/v1', times.v1], ['/rtc', times.v0], ['two of the page', times.pair]]) {
  console.log(`${name.padEnd(16)} median ${median(values).toFixed(0)} ms, ${(median(values) / pair).toFixed(2)} of two peer connections in the page`);
}
