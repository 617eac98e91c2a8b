import test from 'ava';
import { rawServer } from '../proxy/raw-server.test-support.ts';
import { hasClientAddresses, loopbackAddress } from './client-address.ts';
import { drive, loadOf } from './drive.test-support.ts';

for (const [client, expected] of [
  ['10.1.2.3', '127.1.2.3'],
  ['10.0.0.1', '127.0.0.1'],
  ['192.168.255.254', '127.168.255.254'],
  ['10.0.0.0', '127.0.0.1'],
  ['10.255.255.255', '127.0.0.1'],
] as const)
  test(`${client} stands at ${expected}`, (t) => t.is(loopbackAddress(client), expected));

test('an IPv6 client has one, too, and always the same', (t) => {
  const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8::1'].map(loopbackAddress);
  for (const it of addresses) t.regex(it, /^127\.\d+\.\d+\.\d+$/);
  t.is(addresses[0], addresses[2]);
  t.not(addresses[0], addresses[1]);
});

const length = { warmup: '50ms', duration: '400ms', clients: 50 };
for (const [kind, load] of Object.entries({
  open: loadOf({ open: { rate: '200/s', connections: 20 }, ...length }),
  closed: loadOf({ closed: { connections: 4, requestsPerConnection: 5 }, ...length }),
}))
  (hasClientAddresses ? test.serial : test.skip)(
    `${kind} load: a connection comes from the client whose request is the first on it`,
    async (t) => {
      const first = new Map<string, Set<string>>();
      const { port } = await rawServer(t, (socket) => {
        socket.on('data', (chunk) => {
          const [, client = ''] = /steelyard-client: (\S+)/.exec(chunk.toString('latin1')) ?? [];
          const from = socket.remoteAddress!;
          if (socket.bytesRead === chunk.length)
            first.set(from, (first.get(from) ?? new Set()).add(loopbackAddress(client)));
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 20);
        });
      });
      const { result } = await drive(port, load, undefined, { clientAddresses: true });
      t.is(result.counts.ok, result.counts.sent - result.counts.inFlightAtEnd);
      t.true(first.size > 2, `${first.size} addresses`);
      for (const [from, clients] of first) t.deepEqual([...clients], [from]);
    },
  );
