/** Statuses that are tried again, back-off, and the timeout of whole requests: over sockets. Rows 3, 7, 17 of faults.md. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const numbered = 'steelyard-request: 7\r\n';
const get = `GET / HTTP/1.1\r\nHost: a\r\n${numbered}\r\n`;
const post = (body: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${numbered}Content-Length: ${body.length}\r\n\r\n${body}`;
const busy = () => 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy';
const resets = {
  respond: (_: unknown, socket: { resetAndDestroy(): unknown }) => void socket.resetAndDestroy(),
};
const statuses = { balancer: { retries: { statuses: [503] } } };

test('a listed status is not passed on: the client gets the answer of the next backend, whole and only that', async (t) => {
  const stand = await setUp(t, [busy, () => ok('second')], statuses);
  const client = await stand.connect(get + get);
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    t.is(response.status, 200);
    t.is(response.body, 'second');
    t.is(fieldOf(response.fields, 'steelyard-attempts'), '2');
  }
  t.deepEqual(stand.attempts, ['app-0 error 503', 'app-1 ok 200', 'app-0 error 503', 'app-1 ok 200']);
});

test('where no other attempt is allowed, the response is passed on as it is', async (t) => {
  const stand = await setUp(t, [busy, busy], statuses);
  const client = await stand.connect(get);
  t.like(await client.response(), { status: 503, body: 'busy' });
  client.send(post('pay'));
  t.like(await client.response(), { status: 503, body: 'busy' });
  t.deepEqual(stand.attempts, ['app-0 error 503', 'app-1 error 503', 'app-0 error 503']);
});

test('the body that comes while a retry waits goes with it', async (t) => {
  const stand = await setUp(
    t,
    [{ ...resets, onHead: (_, socket) => void socket.resetAndDestroy() }, (it) => ok(it.body)],
    {
      balancer: { retries: { backoff: { base: '400ms', max: '400ms' } } },
    },
  );
  const put = post('0123456789').replace('POST', 'PUT');
  const client = await stand.connect(put.slice(0, -5));
  await eventually('the first attempt is over', () => stand.attempts.length === 1);
  client.send('56789');
  t.is((await client.response()).body, '0123456789');
  t.deepEqual(stand.attempts, ['app-0 reset 0', 'app-1 ok 200']);
});

test('a client that leaves while a retry waits leaves nothing behind', async (t) => {
  const stand = await setUp(t, [resets as object, () => ok()], {
    balancer: { retries: { backoff: { base: '1h', max: '1h' } } },
  });
  const client = await stand.connect(get);
  await eventually('the first attempt is over', () => stand.attempts.length === 1);
  client.destroy();
  await eventually('the client is gone', () => stand.proxy.connections.clients === 0);
  t.is(inFlight(stand), 0);
  t.is(stand.backends[1]!.connections, 0);
});

test('the timeout of a whole request ends it wherever it is: 504, and no retry', async (t) => {
  const balancer = {
    timeout: '150ms',
    retries: { max: 3, on: ['reset', 'timeout'], backoff: { base: '1h', max: '1h' } },
  };
  const silent = await setUp(t, [() => undefined, () => ok()], { balancer });
  const waiting = await silent.connect(get);
  t.is((await waiting.response()).status, 504);
  t.deepEqual(silent.attempts, ['app-0 timeout 0']);
  t.is(inFlight(silent), 0);

  const failing = await setUp(t, [resets as object, () => ok()], { balancer });
  const retried = await failing.connect(get);
  t.is((await retried.response()).status, 504);
  t.deepEqual(failing.attempts, ['app-0 reset 0']);
  retried.send(get);
  t.is((await retried.response()).status, 200, 'the connection serves on');

  const dripping = await setUp(
    t,
    (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(drip));
      return undefined;
    },
    { balancer },
  );
  const cut = await dripping.connect(get);
  t.is(await cut.closed(), 'reset', 'what has begun is never made to look complete');
  t.deepEqual(dripping.attempts, ['app-0 timeout 0']);
});
