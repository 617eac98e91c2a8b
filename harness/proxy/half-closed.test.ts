/** A client that has sent its FIN: it may have closed only its own side, or be gone. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('what was asked before the FIN is answered, all of it and in order, and then we close too', async (t) => {
  const stand = await setUp(t, ({ target }, socket) => {
    setTimeout(() => socket.write(ok(target)), 20);
    return undefined;
  });
  const client = await stand.connect(`${get('/a')}${get('/b')}${get('/c')}`);
  client.socket.end();
  for (const path of ['/a', '/b', '/c']) t.is((await client.response()).body, path);
  t.is(await client.closed(), 'end');
  t.is(stand.backend.seen.length, 3);
  t.is(inFlight(stand), 0);
});

test('a response that takes its time is passed on whole, once it has begun', async (t) => {
  const stand = await setUp(
    t,
    (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
      setTimeout(() => socket.write('cd'), 300);
      return undefined;
    },
    { limits: { halfClosedMs: 100 } },
  );
  const client = await stand.connect('');
  client.send(get('/'));
  client.socket.end();
  t.is((await client.response()).body, 'abcd');
});

test('24: who waits for nothing is found out after a while: the backend connection is closed, the slot free', async (t) => {
  const stand = await setUp(t, () => undefined, { limits: { halfClosedMs: 100 } });
  const client = await stand.connect(get('/'));
  await eventually('the request is there', () => stand.backend.seen.length === 1);
  client.destroy();
  await eventually('the slot is free', () => inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 cancelled 0']);
});

for (const [what, sent] of [
  ['half a head', 'GET / HTTP/1.1\r\nHos'],
  ['a whole request and half of one', `${get('/')}GET /b HTTP/1.1\r\n`],
  ['nothing', ''],
])
  test(`a FIN after ${what}: what is whole is answered, nothing else, and the connection closed`, async (t) => {
    const stand = await setUp(t, () => ok());
    const client = await stand.connect(sent);
    client.socket.end();
    if (sent!.startsWith('GET / HTTP/1.1\r\nHost')) t.is((await client.response()).status, 200);
    t.is(await client.closed(), 'end');
    t.is(client.text, '');
    t.true(stand.backend.seen.length <= 1);
  });

test('24: a FIN in mid-body: the backend sees the request break off', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
  await eventually('it has begun', () => stand.backend.heads.length === 1);
  client.socket.end();
  t.is(await client.closed(), 'reset');
  await eventually('the slot is free', () => inFlight(stand) === 0);
  t.deepEqual(stand.backend.seen, []);
  t.deepEqual(stand.attempts, ['app-0 cancelled 0']);
});
