/** Zones over sockets: a proxy keeps to its own, goes elsewhere when that is lost, and comes back. */
import test from 'ava';
import { setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('requests stay in the zone of the balancer, and move when it is lost', async (t) => {
  const backends = ['a', 'a', 'b', 'b'].map((zone) => () => ok(zone));
  const stand = await setUp(t, backends, {
    balancer: { locality: { zone: 'a' } },
    zones: ['a', 'a', 'b', 'b'],
  });
  const client = await stand.connect();
  const ask = async () => {
    let got = '';
    for (let i = 0; i < 6; i++) {
      client.send(get);
      got += (await client.response()).body;
    }
    return got;
  };
  t.is(await ask(), 'aaaaaa');
  for (const id of ['app-0', 'app-1']) stand.dispatcher.pool.drain(id);
  t.is(await ask(), 'bbbbbb');
  for (const id of ['app-0', 'app-1']) stand.dispatcher.pool.undrain(id);
  t.is(await ask(), 'aaaaaa');
});
