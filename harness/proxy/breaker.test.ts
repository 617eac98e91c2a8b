/** Breakers and panic over sockets: what a backend that fails still receives, and that it gets its load back. */
import test from 'ava';
import { eventually, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('an open breaker lets nothing through, then one trial, then all again', async (t) => {
  let well = false;
  const sick = () => (well ? ok('first') : 'HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n');
  const stand = await setUp(t, [sick, () => ok('second')], {
    balancer: { breaker: { failures: 2, open: '300ms' } },
  });
  const client = await stand.connect();
  const ask = async () => {
    client.send(get);
    return (await client.response()).body;
  };
  const state = () => stand.dispatcher.stats().backends[0]!.breaker;
  t.deepEqual([await ask(), await ask(), await ask()], ['', 'second', '']);
  t.is(state(), 'open');
  for (let i = 0; i < 5; i++) t.is(await ask(), 'second');
  t.is(stand.backend.seen.length, 2);
  well = true;
  await eventually('its time is over', () => state() === 'half-open');
  t.deepEqual(new Set([await ask(), await ask()]), new Set(['first', 'second']));
  t.is(state(), 'closed');
  t.is(stand.backend.seen.length, 3);
});

test('in panic, backends that were marked down are tried again, and serve', async (t) => {
  let well = false;
  const shaky = (_: unknown, socket: { resetAndDestroy(): unknown }) => {
    if (well) return ok('well');
    socket.resetAndDestroy();
    return undefined;
  };
  const stand = await setUp(t, [shaky, shaky], {
    balancer: { passive: { failures: 1, ejection: '1h' }, panic: {}, retries: { max: 1 } },
  });
  const client = await stand.connect(get);
  t.is((await client.response()).status, 502);
  well = true;
  client.send(get);
  t.is((await client.response()).body, 'well');
  t.is(stand.dispatcher.stats().totals.available, 2);
});
