/** Requests that wait in the balancer, over sockets: served in order, bounded, and gone with their clients. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { ok, type SeenRequest } from './raw-backend.test-support.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nsteelyard-request: 7\r\n\r\n`;

/** A backend that answers the oldest request it has when told. */
function slow() {
  const held: (() => void)[] = [];
  const respond = (request: SeenRequest, socket: { write(bytes: string): unknown }) => {
    held.push(() => socket.write(ok(request.target)));
    return undefined;
  };
  return { respond, release: () => held.shift()!(), held };
}

test('a request that finds every backend full waits, and is served when one is free, first come first served', async (t) => {
  const backend = slow();
  const stand = await setUp(t, backend, {
    balancer: { maxInFlight: 1, queue: { length: 2, timeout: '1h' } },
  });
  const queued = () => stand.dispatcher.stats().queue!.length;
  const clients = [];
  for (const [i, path] of ['/0', '/1', '/2'].entries()) {
    clients.push(await stand.connect(get(path)));
    await eventually('it has come', () => inFlight(stand) + queued() === i + 1);
  }
  t.is((await (await stand.connect(get('/3'))).response()).status, 503, 'the queue is full');
  for (const [i, client] of clients.entries()) {
    await eventually('it is there', () => backend.held.length === 1);
    backend.release();
    t.like(await client.response(), { status: 200, body: `/${i}` });
  }
  t.is(stand.backend.connections, 1, 'one connection did');
});

test('who waits too long gets 503; who leaves frees its place', async (t) => {
  const backend = slow();
  const stand = await setUp(t, backend, {
    balancer: { maxInFlight: 1, queue: { length: 1, timeout: '150ms' } },
  });
  const queued = () => stand.dispatcher.stats().queue!.length;
  const first = await stand.connect(get('/first'));
  await eventually('it is there', () => backend.held.length === 1);
  const leaving = await stand.connect(get('/leaving'));
  await eventually('it waits', () => queued() === 1);
  leaving.destroy();
  await eventually('its place is free', () => queued() === 0);
  const late = await stand.connect(get('/late'));
  t.is((await late.response()).status, 503);
  t.is(queued(), 0);
  backend.release();
  t.is((await first.response()).status, 200);
  late.send(get('/again'));
  await eventually('it is there', () => backend.held.length === 1);
  backend.release();
  t.like(await late.response(), { status: 200, body: '/again' }, 'the connection serves on');
  t.deepEqual(
    stand.backend.seen.map(({ target }) => target),
    ['/first', '/again'],
  );
});

test('the body that comes while its request waits goes with it', async (t) => {
  const backend = slow();
  const stand = await setUp(t, backend, { balancer: { maxInFlight: 1, queue: { timeout: '1h' } } });
  const first = await stand.connect(get('/first'));
  await eventually('it is there', () => backend.held.length === 1);
  const second = await stand.connect('POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
  await eventually('it waits', () => stand.dispatcher.stats().queue!.length === 1);
  second.send('56789');
  backend.release();
  await first.response();
  await eventually('it is there', () => backend.held.length === 1);
  backend.release();
  t.is((await second.response()).status, 200);
  t.is(stand.backend.seen[1]!.body, '0123456789');
});
