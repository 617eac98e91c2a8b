/**
 * faults.md, rows 1 to 35: every one of them is some test's, over real sockets and raw bytes, whose name begins with its number.
 * Those that stand nowhere else stand here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok, RawBackend } from './raw-backend.test-support.ts';

const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('every row from 1 to 35 has a test that is named after it', (t) => {
  const folder = new URL('./', import.meta.url);
  const files = readdirSync(folder).filter((it) => it.endsWith('.test.ts'));
  const found = new Set<number>();
  for (const file of files)
    for (const [, numbers] of readFileSync(new URL(file, folder), 'utf8').matchAll(
      /['"`](\d{1,2}(?:, \d{1,2})*): /g,
    ))
      for (const number of numbers!.split(', ')) found.add(Number(number));
  const rows = Array.from({ length: 35 }, (_, i) => i + 1);
  t.deepEqual(
    rows.filter((row) => !found.has(row)),
    [],
  );
});

test('1, 4: killed while idle, for want of memory or otherwise: the next is asked, and it is out of rotation', async (t) => {
  const stand = await setUp(t, [() => ok('zero'), () => ok('one')], {
    balancer: { passive: { failures: 1, ejection: '10s' } },
  });
  const client = await stand.connect(get() + get());
  t.is((await client.response()).body, 'zero');
  t.is((await client.response()).body, 'one');
  await stand.backends[0]!.stop();
  for (let i = 0; i < 4; i++) {
    client.send(get());
    t.is((await client.response()).body, 'one');
  }
  t.deepEqual(
    stand.pools.stats().backends.map(({ alive }) => alive),
    [false, true],
  );
  t.is(stand.backends[0]!.seen.length, 1);
  t.is(stand.backends[1]!.seen.length, 5, 'each request seen once');
});

test('5: everybody refuses: 502 while they are tried, 503 once they are out', async (t) => {
  const stand = await setUp(t, [undefined, undefined], {
    balancer: { passive: { failures: 1, ejection: '10s', maxEjected: '100%' } },
  });
  await Promise.all(stand.backends.map((it) => it.stop()));
  const client = await stand.connect(get());
  t.is((await client.response()).status, 502);
  client.send(get());
  const { status, fields } = await client.response();
  t.is(status, 503);
  t.is(fieldOf(fields, 'connection'), undefined, 'the client may stay');
  t.is(inFlight(stand), 0);
});

test('20: an address that another backend has taken: 502, out at once, and nothing more goes there', async (t) => {
  const stand = await setUp(
    t,
    [() => ok('zero', 'Steelyard-Backend: app-7\r\n'), () => ok('one', 'steelyard-backend: app-1\r\n')],
    { balancer: { identity: 'steelyard-backend' } },
  );
  const told: unknown[] = [];
  stand.dispatcher.subscribe(({ t: _, ...event }) => told.push(event));
  const client = await stand.connect(get());
  t.is((await client.response()).status, 502);
  for (let i = 0; i < 4; i++) {
    client.send(get());
    t.is((await client.response()).body, 'one');
  }
  t.is(stand.backends[0]!.seen.length, 1);
  const [first] = stand.pools.stats().backends;
  t.false(first!.alive);
  t.is(first!.health.errorMessage, 'another backend answers at its address: "app-7"');
  t.deepEqual(told[0], { type: 'identity', backend: 'app-0', said: 'app-7', by: 'passive' });
});

test('20: who says nothing is believed; nobody is asked unless told', async (t) => {
  const silent = await setUp(t, () => ok('hello'), { balancer: { identity: 'steelyard-backend' } });
  t.is((await (await silent.connect(get())).response()).status, 200);
  const trusting = await setUp(t, () => ok('hello', 'steelyard-backend: app-7\r\n'));
  t.is((await (await trusting.connect(get())).response()).status, 200);
});

test('22: flapping: the last one usable is never out for good, and one that comes back is used again', async (t) => {
  const stand = await setUp(t, [undefined, () => ok('one')], {
    balancer: { passive: { failures: 2, ejection: '100ms' }, retries: { max: 1 } },
  });
  const client = await stand.connect('');
  let { port } = stand.backends[0]!;
  await stand.backends[0]!.stop();
  for (let flap = 0; flap < 3; flap++) {
    for (let i = 0; i < 6; i++) {
      client.send(get());
      t.is((await client.response()).status, 200, 'nobody notices');
    }
    const back = await RawBackend.start({ port, respond: () => ok('back') });
    await eventually(
      'it is used again',
      () => {
        client.send(get());
        return back.seen.length > 0;
      },
      3_000,
    );
    await eventually('all are answered', () => inFlight(stand) === 0);
    client.text = '';
    port = back.port;
    await back.stop();
    await eventually('its connections are gone', () => back.sockets.size === 0);
  }
});

test('25: pipelining: answers in order, whatever backends take, and a refusal in its place and then the end', async (t) => {
  const late = ({ target }: { target: string }, socket: { write(bytes: string): unknown }) => {
    setTimeout(() => socket.write(ok(target)), target === '/slow' ? 80 : 0);
    return undefined;
  };
  const stand = await setUp(t, [late, late]);
  const client = await stand.connect(
    `${get('/slow')}${get('/b')}GET /bad HTTP/1.1\r\nno colon\r\n\r\n${get('/d')}`,
  );
  t.is((await client.response()).body, '/slow');
  t.is((await client.response()).body, '/b');
  t.is((await client.response()).status, 400);
  t.is(await client.closed(), 'end');
  t.is(client.text, '');
  t.deepEqual(stand.backends.flatMap((it) => it.seen.map(({ target }) => target)).sort(), ['/b', '/slow']);
});

test('26: 100 Continue is relayed, or the final answer in its place and the connection closed', async (t) => {
  const stand = await setUp(t, {
    onHead: ({ target }, socket) =>
      socket.write(
        target === '/yes'
          ? 'HTTP/1.1 100 Continue\r\n\r\n'
          : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno',
      ),
    respond: ({ target }) => (target === '/yes' ? ok('took it') : undefined),
  });
  const head = (path: string) =>
    `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n`;
  const client = await stand.connect(head('/yes'));
  t.is((await client.response()).status, 100);
  client.send('body');
  t.is((await client.response()).body, 'took it');
  client.send(head('/no'));
  const final = await client.response();
  t.is(final.status, 401);
  t.is(fieldOf(final.fields, 'connection'), 'close');
  t.is(await client.closed(), 'end');
  t.deepEqual(
    stand.backend.seen.map(({ body }) => body),
    ['body'],
  );
});

test('26: an expectation of HTTP/1.0 is none, and it hears of no interim response', async (t) => {
  const stand = await setUp(t, () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\n\r\n${ok('end')}`);
  const client = await stand.connect('POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx');
  t.is((await client.response()).body, 'end');
  t.is(fieldOf(stand.backend.seen[0]!.fields, 'expect'), undefined);
});

test('32: absolute form: its authority replaces Host, and nothing but the configured backends is reached', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect('GET http://elsewhere.test:1/x?y HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n');
  t.is((await client.response()).status, 200);
  const [seen] = stand.backend.seen;
  t.is(seen!.target, '/x?y');
  t.deepEqual(seen!.fields.slice(0, 2), [
    ['Host', 'elsewhere.test:1'],
    ['X-A', '1'],
  ]);
});
