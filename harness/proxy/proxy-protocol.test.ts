import test from 'ava';
import { eventually } from './proxy.test-support.ts';
import { type Ends, proxyHeader } from './proxy-protocol.ts';
import { setUpTcp } from './tcp.test-support.ts';

const v4: Ends = { source: '192.0.2.7', sourcePort: 50_000, target: '198.51.100.1', targetPort: 443 };
const v6: Ends = { source: '2001:db8::7', sourcePort: 1, target: '::1', targetPort: 65_535 };
const gone: Ends = { source: '', sourcePort: 0, target: '', targetPort: 0 };
const signature = '0d0a0d0a000d0a515549540a';

for (const [sentence, version, ends, expected] of [
  ['v1 is a line', 'v1', v4, 'PROXY TCP4 192.0.2.7 198.51.100.1 50000 443\r\n'],
  ['v1 over IPv6', 'v1', v6, 'PROXY TCP6 2001:db8::7 ::1 1 65535\r\n'],
  ['v1 of a client that has left', 'v1', gone, 'PROXY UNKNOWN\r\n'],
  ['v1 of two families', 'v1', { ...v4, target: '::1' }, 'PROXY UNKNOWN\r\n'],
] as const)
  test(`PROXY protocol: ${sentence}`, (t) => t.is(proxyHeader(version, ends).toString(), expected));

for (const [sentence, ends, expected] of [
  ['v2 over IPv4', v4, `${signature}2111000cc0000207c6336401c35001bb`],
  [
    'v2 over IPv6',
    v6,
    `${signature}2121002420010db800000000000000000000000700000000000000000000000000000001${'0001'}ffff`,
  ],
  ['v2 of a client that has left', gone, `${signature}20000000`],
  [
    'v2 of an address that ends in an IPv4 one, with a scope',
    { ...v6, source: '64:ff9b::192.0.2.7%eth0' },
    `${signature}212100240064ff9b0000000000000000c0000207${'0'.repeat(31)}1${'0001'}ffff`,
  ],
] as const)
  test(`PROXY protocol: ${sentence}`, (t) => t.is(proxyHeader('v2', ends).toString('hex'), expected));

test('PROXY protocol: a backend gets the header once, before all else, whether or not the client speaks first', async (t) => {
  const stand = await setUpTcp(t, [() => undefined], { balancer: { tcp: { proxyProtocol: 'v1' } } });
  const client = await stand.connect();
  const { localPort } = client.socket;
  const header = `PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${stand.port}\r\n`;
  await eventually('the header', () => stand.backend.received[0] === header);
  client.send('hello');
  await eventually('what the client says', () => stand.backend.received[0] !== header);
  t.is(stand.backend.received[0], `${header}hello`);
});
