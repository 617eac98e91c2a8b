/** What a relay makes of a service's answer, byte for byte at the socket: a row for every verdict that breaks one. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'ava';
import { type Breaking, breakOff } from './broken.ts';

const body = Buffer.from('ten bytes.');
const answer = {
  status: 200,
  fields: ['X-Theirs', 'yes', 'Content-Length', '10', 'Connection', 'keep-alive'],
  body,
};

/** All that comes within 300 ms, and how the connection stands then. */
async function meets(verdict: Breaking): Promise<{ text: string; end: 'open' | 'fin' | 'reset' }> {
  const server = createServer((_, res) => {
    res.sendDate = false;
    breakOff(res, verdict, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  let end: 'open' | 'fin' | 'reset' = 'open';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.on('end', () => {
    end = 'fin';
  });
  socket.on('error', () => {
    end = 'reset';
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.destroy();
  server.closeAllConnections();
  server.close();
  return { text, end };
}

const rows: [verdict: Breaking, text: RegExp, end: 'open' | 'fin' | 'reset'][] = [
  [{ kind: 'error', status: 503, after: 0 }, /^HTTP\/1\.1 503 .*\r\n\r\n\{"error":.*\}$/s, 'open'],
  [{ kind: 'reset', sent: 0 }, /^$/, 'reset'],
  [{ kind: 'reset', sent: 0.5 }, /Content-Length: 10\r\n.*\r\nten b$/is, 'reset'],
  [{ kind: 'truncate', sent: 0.5 }, /Content-Length: 10\r\n.*\r\nten b$/is, 'fin'],
  [{ kind: 'hang' }, /^$/, 'open'],
  [{ kind: 'drip', every: 1 }, /\r\n\r\nten bytes\.$/, 'open'],
  [
    { kind: 'bad-length', how: 'differing' },
    /content-length: 10\r\ncontent-length: 11\r\n.*ten bytes\.$/s,
    'open',
  ],
  [
    { kind: 'bad-length', how: 'with-chunked' },
    /content-length: 10\r\ntransfer-encoding: chunked\r\n.*ten bytes\./s,
    'open',
  ],
  [{ kind: 'bad-length', how: 'malformed' }, /content-length: 10x\r\n.*ten bytes\.$/s, 'open'],
  [{ kind: 'bad-length', how: 'too-long' }, /content-length: 20\r\n.*ten bytes\.$/s, 'open'],
  [{ kind: 'extra-bytes', bytes: 3 }, /content-length: 10\r\n.*\r\nten bytes\.xxx$/is, 'open'],
];

for (const [verdict, text, end] of rows)
  test(`${JSON.stringify(verdict)} as it is met`, async (t) => {
    const met = await meets(verdict);
    t.regex(met.text, text);
    t.is(met.end, end);
    if (verdict.kind !== 'error' && met.text !== '')
      t.regex(met.text, /X-Theirs: yes/, 'the rest is as they said');
  });

test('no verdict that breaks an answer is without a row', (t) => {
  const kinds: Record<Breaking['kind'], true> = {
    ...{
      error: true,
      reset: true,
      hang: true,
      truncate: true,
      drip: true,
      'bad-length': true,
      'extra-bytes': true,
    },
  };
  t.deepEqual(Object.keys(kinds).sort(), [...new Set(rows.map(([{ kind }]) => kind))].sort());
});
