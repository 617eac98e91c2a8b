import test from 'ava';
import { sessionId } from '../affinity.ts';
import { setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const three = ['zero', 'one', 'two'].map((body) => () => ok(body));
const passive = { failures: 1, ejection: '300ms' };

test('a cookie names the backend, opaquely; who brings it stays there and is told nothing more', async (t) => {
  const stand = await setUp(t, three, {
    balancer: { affinity: { cookie: 'sid', maxAge: '90s', secure: true } },
  });
  const client = await stand.connect('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await client.response();
  const id = sessionId('app-0', '');
  t.is(first.body, 'zero');
  t.is(fieldOf(first.fields, 'set-cookie'), `sid=${id}; Path=/; Max-Age=90; HttpOnly; Secure; SameSite=Lax`);
  t.notRegex(id, /app/);
  for (let i = 0; i < 4; i++) {
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nCookie: x=y; sid=${id}\r\n\r\n`);
    const response = await client.response();
    t.is(response.body, 'zero');
    t.is(fieldOf(response.fields, 'set-cookie'), undefined);
  }
});

test('a cookie that means nothing is replaced; a secret changes what it says', async (t) => {
  const stand = await setUp(t, three, { balancer: { affinity: { cookie: 'sid', secret: 'x' } } });
  const client = await stand.connect(
    `GET / HTTP/1.1\r\nHost: a\r\nCookie: sid=${sessionId('app-2', '')}\r\n\r\n`,
  );
  const { body, fields } = await client.response();
  t.is(body, 'zero', 'as the strategy has it');
  t.regex(fieldOf(fields, 'set-cookie')!, new RegExp(`^sid=${sessionId('app-0', 'x')};`));
});

test('a session moves once when its backend is lost, and does not go back', async (t) => {
  const stand = await setUp(t, three, { balancer: { passive, affinity: { cookie: 'sid' } } });
  const lost = stand.backends[0]!;
  await lost.stop();
  const client = await stand.connect('');
  const ask = async (cookie: string) => {
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nCookie: sid=${cookie}\r\n\r\n`);
    const { body, fields, status } = await client.response();
    t.is(status, 200);
    return { body, cookie: /^sid=([^;]+)/.exec(fieldOf(fields, 'set-cookie') ?? '')?.[1] };
  };
  const moved = await ask(sessionId('app-0', ''));
  t.not(moved.body, 'zero');
  t.truthy(moved.cookie);
  await new Promise((resolve) => setTimeout(resolve, 350));
  for (let i = 0; i < 3; i++) t.deepEqual(await ask(moved.cookie!), { body: moved.body, cookie: undefined });
});

test('where only a place is missing, the session goes elsewhere for once and keeps its cookie', async (t) => {
  const stand = await setUp(t, [() => undefined, () => ok('one')], {
    balancer: { maxInFlight: 1, affinity: { cookie: 'sid' } },
  });
  const request = `GET / HTTP/1.1\r\nHost: a\r\nCookie: sid=${sessionId('app-0', '')}\r\n\r\n`;
  await stand.connect(request);
  const second = await stand.connect('');
  await new Promise((resolve) => setTimeout(resolve, 50));
  second.send(request);
  const { body, fields } = await second.response();
  t.is(body, 'one');
  t.is(fieldOf(fields, 'set-cookie'), undefined);
});

test('pools have cookies of their own', async (t) => {
  const stand = await setUp(t, three, {
    balancer: {
      affinity: { cookie: 'sid' },
      pools: { api: { backends: ['app-1', 'app-2'] } },
      routes: [{ path: '/api', pool: 'api' }],
    },
  });
  const cookies = `sid=${sessionId('app-0', '')}; sid.api=${sessionId('app-2', '')}`;
  const client = await stand.connect('');
  for (const [path, expected] of [
    ['/', 'zero'],
    ['/api', 'two'],
    ['/', 'zero'],
    ['/api/x', 'two'],
  ] as const) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nCookie: ${cookies}\r\n\r\n`);
    const { body, fields } = await client.response();
    t.is(body, expected);
    t.is(fieldOf(fields, 'set-cookie'), undefined);
  }
  client.send(`GET /api HTTP/1.1\r\nHost: a\r\nCookie: sid=${sessionId('app-2', '')}\r\n\r\n`);
  t.regex(fieldOf((await client.response()).fields, 'set-cookie')!, /^sid\.api=/);
});

test('requests of one value of a field stay together, as long as it is remembered', async (t) => {
  const stand = await setUp(t, three, { balancer: { affinity: { header: 'X-Session', entries: 2 } } });
  const client = await stand.connect('');
  const ask = async (session: string) => {
    client.send(`GET / HTTP/1.1\r\nHost: a\r\n${session && `x-session: ${session}\r\n`}\r\n`);
    const { body, fields } = await client.response();
    t.is(fieldOf(fields, 'set-cookie'), undefined);
    return body;
  };
  t.is(await ask('a'), 'zero');
  t.is(await ask('b'), 'one');
  t.is(await ask('a'), 'zero');
  t.is(await ask('b'), 'one');
  t.is(await ask(''), 'two', 'no session, and the strategy has its way');
  t.is(await ask('c'), 'zero');
  t.is(await ask('b'), 'one');
  t.is(await ask('a'), 'one', 'forgotten: the least recently used made room');
});
