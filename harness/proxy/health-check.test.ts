import type { Socket } from 'node:net';
import test from 'ava';
import { checkHealth, judge } from './health-check.ts';
import { answering, page, rawServer } from './raw-server.test-support.ts';

const http = { host: '127.0.0.1', type: 'http' as const, statuses: [200] };

const path = '/health';

for (const [sentence, onConnection, expected] of [
  ['200 and {"status":"ok"}', answering(page(200, '{"status":"ok"}')), ''],
  ['200 and JSON without a status', answering(page(200, '{"load":0.3}')), ''],
  ['200 and text', answering(page(200, 'fine')), ''],
  ['200 and nothing', answering(page(200, '')), ''],
  ['200 and {"status":"failing"}', answering(page(200, '{"status":"failing"}')), 'status "failing"'],
  ['500, though the body says ok', answering(page(500, '{"status":"ok"}')), 'HTTP 500'],
  ['a redirect', answering('HTTP/1.1 302 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'), 'HTTP 302'],
  ['a reset', (socket: Socket) => void socket.on('data', () => socket.resetAndDestroy()), 'ECONNRESET'],
  ['a close without a word', (socket: Socket) => void socket.on('data', () => socket.end()), 'ECONNRESET'],
  [
    'a truncated body',
    (socket: Socket) =>
      void socket.on('data', () => socket.end('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{')),
    'ECONNRESET',
  ],
  ['something that is not HTTP', answering('SSH-2.0-OpenSSH_9.9\r\n\r\n'), 'HPE_INVALID_CONSTANT'],
  [
    'a protocol switch nobody asked for',
    answering('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    'expected a response, got an upgrade',
  ],
  ['a huge body', answering(page(200, 'x'.repeat(1_000_000))), 'body of more than 65536 bytes'],
  ['huge headers', answering(`HTTP/1.1 200 X\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`), 'HPE_HEADER_OVERFLOW'],
] as const) {
  test(`a backend that answers ${sentence} ${expected === '' ? 'passes' : 'fails'}`, async (t) => {
    const { port } = await rawServer(t, onConnection);
    t.is(await checkHealth({ ...http, port, path, timeout: 5_000 }), expected);
  });
}

test('a backend that refuses fails at once, long before the timeout', async (t) => {
  const { port, close } = await rawServer(t, () => undefined);
  await close();
  const before = performance.now();
  t.is(await checkHealth({ ...http, port, path, timeout: 10_000 }), 'ECONNREFUSED');
  t.true(performance.now() - before < 5_000);
});

for (const [sentence, onConnection] of [
  ['accepts and never answers, as a frozen process does', (socket: Socket) => void socket.resume()],
  ['sends its headers and then nothing', answering('HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\n')],
  [
    'drips a byte at a time',
    (socket: Socket) => {
      socket.write('HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => clearInterval(timer));
    },
  ],
] as const) {
  test(`a backend that ${sentence} fails at the timeout, and its connection is closed`, async (t) => {
    let closed: Promise<void> | undefined;
    const { port } = await rawServer(t, (socket) => {
      closed = new Promise((resolve) => socket.on('close', () => resolve()));
      onConnection(socket);
    });
    const before = performance.now();
    t.is(await checkHealth({ ...http, port, path, timeout: 150 }), 'no answer within 150 ms');
    t.true(performance.now() - before >= 149);
    await closed;
  });
}

test('it asks for the path, by GET, on a connection of its own', async (t) => {
  const seen: string[] = [];
  const { port } = await rawServer(t, (socket) => {
    socket.on('data', (bytes) => {
      seen.push(bytes.toString('latin1'));
      socket.end(page(200, ''));
    });
  });
  for (let i = 0; i < 2; i++) await checkHealth({ ...http, port, path: '/up?x=1', timeout: 5_000 });
  t.is(seen.length, 2);
  t.regex(seen[0]!, /^GET \/up\?x=1 HTTP\/1\.1\r\n/);
  t.regex(seen[0]!, /\r\nconnection: close\r\n/i);
});

test('a status that is not a word fails, and its echo is cut short', (t) => {
  t.is(judge(200, '{"status":null}'), 'status null');
  t.is(judge(200, `{"status":"${'x'.repeat(500)}"}`).length, 'status '.length + 80);
  t.is(judge(200, '["status"]'), '');
  t.is(judge(200, 'null'), '');
});

test('where other statuses are asked for, those pass and 200 does not', (t) => {
  t.is(judge(204, '', [204, 301]), '');
  t.is(judge(200, '', [204, 301]), 'HTTP 200');
  t.is(judge(301, '{"status":"failing"}', [204, 301]), 'status "failing"');
});

test('of type tcp a connection that is made passes, whatever comes of it, and leaves nothing behind', async (t) => {
  let connections = 0;
  const { port, close } = await rawServer(t, (socket) => {
    connections++;
    socket.resume();
    socket.on('close', () => connections--);
  });
  const target = { ...http, type: 'tcp' as const, port, path, timeout: 5_000 };
  t.is(await checkHealth(target), '');
  const deadline = performance.now() + 5_000;
  while (connections > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(connections, 0);
  await close();
  t.is(await checkHealth(target), 'ECONNREFUSED');
});
