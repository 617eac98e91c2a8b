/** A backend that is cut off from its load: what stands falls silent, what is new meets nobody, and the harness still reaches it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { sameState } from '../harness/drivers/control.ts';
import { probe } from '../harness/drivers/probe.ts';
import { startBackend } from './start.test-support.ts';

const get = 'GET / HTTP/1.1\r\nhost: a\r\nsteelyard-request: 1\r\n\r\n';

/** A connection that stands; `answers` counts what came whole. */
async function standing(port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  const answers = () => text.split('HTTP/1.1 200').length - 1;
  return {
    ask: () => socket.write(get),
    answers,
    async until(count: number) {
      for (let look = 0; answers() < count; look++) {
        if (look > 1_000) throw new Error(`${answers()} of ${count} answers after 10 s`);
        await sleep(10);
      }
    },
    end: () => socket.destroy(),
  };
}

const slow = { service: { kind: 'constant', options: { mean: 400 } } };

for (const [direction, arrives, leaves] of [
  ['both', false, false],
  ['in', false, true],
  ['out', true, false],
] as const)
  test.serial(
    `${direction}: ${arrives ? 'requests arrive' : 'requests do not arrive'}, ${leaves ? 'answers leave' : 'answers do not'}; no handshake does`,
    async (t) => {
      const { port, control, until } = await startBackend(t, slow);
      const fresh = (await control('GET /state')).says;
      const [idle, waiting] = await Promise.all([standing(port), standing(port)]);
      idle.ask();
      await idle.until(1);
      waiting.ask();
      await until(({ received }) => received === 2);

      t.is((await control('POST /partition', { direction })).status, 200);
      t.like((await control('GET /state')).says, { partition: direction });
      t.is(await probe('127.0.0.1', port, 500), 'silent');
      idle.ask();
      if (arrives) await until(({ received, busy }) => received === 3 && busy === 0);
      await until(({ busy }) => busy === 0);
      await sleep(100);
      t.is((await control('GET /state')).says.received, arrives ? 3 : 2);
      t.is(idle.answers(), 1);
      t.is(waiting.answers(), leaves ? 1 : 0);

      t.is((await control('DELETE /partition')).status, 200);
      await Promise.all([idle.until(2), waiting.until(1)]);
      waiting.ask();
      await waiting.until(2);
      t.is(await probe('127.0.0.1', port, 2_000), 'answered');
      idle.end();
      waiting.end();
      await until(({ inFlight }) => inFlight === 0);
      await control('POST /reset', {});
      t.true(sameState((await control('GET /state')).says, fresh));
    },
  );

test.serial('a reset ends it, and one direction can be exchanged for another', async (t) => {
  const { port, control } = await startBackend(t);
  await control('POST /partition', { direction: 'out' });
  await control('POST /partition', { direction: 'both' });
  t.is(await probe('127.0.0.1', port, 300), 'silent');
  await control('POST /reset', {});
  t.is(await probe('127.0.0.1', port, 2_000), 'answered');
  t.is((await control('POST /partition', { direction: 'up' })).status, 400);
});
