import test from 'ava';
import fc from 'fast-check';
import { progress, ResponseReader } from './response-reader.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const json = `${ok}content-type: application/json\r\n`;

/** Reads `text` in pieces cut at `cuts`; stops at the first piece that is not the middle of a response. */
function readIn(text: string, cuts: readonly number[], method = 'GET') {
  const reader = new ResponseReader();
  reader.expect(method);
  const ends = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...ends, text.length]) {
    if (to === from) continue;
    // A buffer of its own, spoilt after the read, as the socket's is.
    const piece = Buffer.from(text.slice(from, to), 'latin1');
    const state = reader.read(piece);
    piece.fill(0x21);
    if (state !== progress.more) return { reader, state, read: to };
    from = to;
  }
  return { reader, state: progress.more, read: text.length };
}

const complete: {
  text: string;
  method?: string;
  why: string;
  keepAlive?: boolean;
  intact?: boolean;
  status?: number;
}[] = [
  { text: `${ok}content-length: 5\r\n\r\nhello`, why: 'a length' },
  { text: `${ok}content-length: 0\r\n\r\n`, why: 'an empty body' },
  { text: `${json}content-length: 7\r\n\r\n{"a":1}`, why: 'JSON' },
  { text: `${json}content-length: 7\r\n\r\n:1}{"a"`, why: 'JSON spliced of two', intact: false },
  { text: `${json}content-length: 0\r\n\r\n`, why: 'JSON of no bytes', intact: false },
  {
    text: `${json}transfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\nfoo: bar\r\n\r\n`,
    why: 'JSON in chunks',
  },
  {
    text: `${ok}content-length: 5\r\n\r\n`,
    method: 'HEAD',
    why: 'HEAD has no body, whatever its length says',
  },
  { text: 'HTTP/1.1 204 No Content\r\n\r\n', why: '204 has no body', status: 204 },
  { text: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', why: '304 has no body', status: 304 },
  {
    text: `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok}content-length: 2\r\n\r\nhi`,
    why: 'the interim response is none',
  },
  { text: `${ok}connection: close\r\ncontent-length: 2\r\n\r\nhi`, why: 'the peer closes', keepAlive: false },
  { text: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi', why: 'HTTP/1.0 closes', keepAlive: false },
];

for (const { text, method, why, keepAlive = true, intact = true, status = 200 } of complete)
  test(`complete, however it is cut: ${why}`, (t) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 5 }), (cuts) => {
        const { reader, state, read } = readIn(text, cuts, method);
        t.deepEqual(
          { state, read, keepAlive: reader.keepAlive, intact: reader.intact, status: reader.status },
          { state: progress.complete, read: text.length, keepAlive, intact, status },
        );
      }),
      { numRuns: 50 },
    );
  });

for (const [text, why] of [
  ['SSH-2.0-OpenSSH\r\n', 'another protocol'],
  ['HTTP/1.1 20 OK\r\n\r\n', 'a status of two digits'],
  [`${ok}content-length: 5\r\ncontent-length: 6\r\n\r\n`, 'two lengths'],
  [`${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`, 'a length and chunks'],
  [`${ok}content-length: 0x5\r\n\r\n`, 'a length in hexadecimal'],
  [`${ok}content-length : 5\r\n\r\n`, 'a space before the colon'],
  [`${ok}transfer-encoding: chunked\r\n\r\nzz\r\n`, 'a chunk size that is none'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'an upgrade nobody asked for'],
  [`${ok}x: ${'y'.repeat(70_000)}`, 'a head without end'],
] as const)
  test(`malformed: ${why}`, (t) => {
    t.is(readIn(text, []).state, progress.malformed);
    t.is(readIn(text, [7, 20]).state, progress.malformed);
  });

test('bytes beyond the promised ones spoil the response and the connection', (t) => {
  const { reader, state } = readIn(`${ok}content-length: 2\r\n\r\nhi!`, []);
  t.is(state, progress.complete);
  t.false(reader.intact);
  t.false(reader.keepAlive);
});

test('a body of no stated length is complete with the FIN, and no other is', (t) => {
  t.true(readIn(`${ok}\r\nhello`, [3]).reader.end());
  t.false(readIn(`${ok}content-length: 9\r\n\r\nhello`, []).reader.end());
  t.false(readIn(`${ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`, []).reader.end());
  t.false(readIn('HTTP/1.1 200 OK\r\n', []).reader.end());
});

test('the backend and the attempts are read from their fields, in any case', (t) => {
  const { reader } = readIn(
    `${ok}Steelyard-Backend: app-3\r\nSTEELYARD-ATTEMPTS: 2\r\ncontent-length: 0\r\n\r\n`,
    [30],
  );
  t.is(reader.backend, 'app-3');
  t.is(reader.attempts, 2);
});

test('nothing of a response cut short has a part in the next', (t) => {
  const reader = new ResponseReader();
  for (const torn of [
    `${json}content-length: 100\r\n\r\n{"a"`,
    `${ok}content-le`,
    'HTTP/1.1 100 Continue\r\n\r\n',
  ]) {
    reader.expect('GET');
    t.is(reader.read(Buffer.from(torn)), progress.more);
    reader.expect('GET');
    t.is(reader.read(Buffer.from(`${json}content-length: 2\r\n\r\n{}`)), progress.complete);
    t.true(reader.intact);
  }
});
