/** faults.md rows 15, 18, 27: upgrades become tunnels, FINs pass, broken sides break the other; h2c ends at the proxy. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const upgrade = (fields: string) =>
  `GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n${fields}steelyard-request: 1\r\n\r\n`;
const websocket = upgrade('Upgrade: websocket\r\nSec-WebSocket-Key: abc\r\n');
const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** Switches, then sends back in capitals what it gets. */
const shouting = {
  respond: (_: unknown, socket: import('node:net').Socket) => {
    socket.removeAllListeners('data');
    socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
    return `${switching}hello`;
  },
};

test('27: an upgrade becomes a tunnel; FIN passes; it counts as one request, in flight while it lasts', async (t) => {
  const stand = await setUp(t, shouting, { balancer: { tryTimeout: '100ms' } });
  const client = await stand.connect(websocket);
  const response = await client.response();
  t.is(response.status, 101);
  t.is(fieldOf(response.fields, 'upgrade'), 'websocket');
  t.is(fieldOf(response.fields, 'connection'), 'Upgrade');
  t.is(fieldOf(response.fields, 'steelyard-attempts'), '1');
  const seen = stand.backend.seen[0]!;
  t.is(fieldOf(seen.fields, 'upgrade'), 'websocket');
  t.is(fieldOf(seen.fields, 'connection'), 'Upgrade');
  await client.until('what came with the head', () => client.text === 'hello');
  await new Promise((resolve) => setTimeout(resolve, 250));
  client.send('anybody there');
  await client.until('an echo', () => client.text === 'helloANYBODY THERE');
  t.is(inFlight(stand), 1, 'the try timeout does not end a tunnel');
  client.socket.end();
  t.is(await client.closed(), 'end');
  await eventually('the backend has seen FIN', () => stand.backend.endings[0] === 'end');
  await eventually('nothing in flight', () => inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 ok 101']);
});

test('27: a tunnel whose backend breaks is reset; whose client breaks, cancelled', async (t) => {
  const stand = await setUp(t, shouting);
  const first = await stand.connect(websocket);
  await first.response();
  for (const socket of stand.backend.sockets) socket.resetAndDestroy();
  t.is(await first.closed(), 'reset');
  const second = await stand.connect(websocket);
  await second.response();
  second.socket.resetAndDestroy();
  await eventually('the backend side is closed', () => stand.backend.sockets.size === 0);
  t.deepEqual(stand.attempts, ['app-0 reset 0', 'app-0 cancelled 0']);
  t.is(inFlight(stand), 0);
});

test('27: silence ends a tunnel', async (t) => {
  const stand = await setUp(t, shouting, { limits: { tunnelIdleMs: 100 } });
  const client = await stand.connect(websocket);
  await client.response();
  t.is(await client.closed(), 'end');
  await eventually('nothing in flight', () => inFlight(stand) === 0);
});

test('an upgrade that the backend declines is an ordinary request', async (t) => {
  const stand = await setUp(t, () => ok('no'));
  const client = await stand.connect(websocket + websocket);
  for (let i = 0; i < 2; i++) t.is((await client.response()).body, 'no');
  t.is(stand.backend.connections, 1);
});

const stripped: [why: string, request: string][] = [
  ['h2c', upgrade('Upgrade: h2c\r\nHTTP2-Settings: AAA\r\n')],
  ['h2c among others', upgrade('Upgrade: websocket, h2c\r\n')],
  ['an upgrade that Connection does not name', websocket.replace('keep-alive, Upgrade', 'keep-alive')],
  ['an upgrade in HTTP/1.0', websocket.replace('HTTP/1.1', 'HTTP/1.0')],
];
for (const [why, request] of stripped)
  test(`27: ${why} is not passed on`, async (t) => {
    const stand = await setUp(t, () => ok());
    const client = await stand.connect(request);
    t.is((await client.response()).status, 200);
    const { fields } = stand.backend.seen[0]!;
    for (const name of ['upgrade', 'connection', 'http2-settings']) t.is(fieldOf(fields, name), undefined);
  });
