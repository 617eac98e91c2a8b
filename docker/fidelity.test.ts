/**
 * A run on real processes held against theory request by request: one worker, exponential service, Poisson arrivals over
 * real sockets, and Lindley's recursion on the same arrivals and demands.
 */
import { Agent, get } from 'node:http';
import test from 'ava';
import { serviceTimeOf } from '../scenarios/catalogue.ts';
import { headers } from '../scenarios/headers.ts';
import { draw, stream } from '../scenarios/random.ts';
import { startBackend } from './start.test-support.ts';

const service = { kind: 'exponential', options: { mean: 10 } };
const law = serviceTimeOf(service);
const seed = 3;

interface Seen {
  readonly sent: number;
  readonly ended: number;
}

test('each request is answered when Lindley says, give or take what the machine adds', async (t) => {
  const { port } = await startBackend(t, { workers: 1, queue: 'unlimited', service });
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const ask = (i: number) =>
    new Promise<Seen>((resolve, reject) => {
      const sent = performance.now();
      const numbers = { [headers.request]: i, [headers.quantile]: draw(seed, stream.quantiles, i) };
      get({ port, host: '127.0.0.1', agent, headers: numbers }, (res) => {
        res.resume().on('end', () => resolve({ sent, ended: performance.now() }));
      }).on('error', reject);
    });
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(1e6 + i))); // connections open, code warm

  const asked: Promise<Seen>[] = [];
  for (let i = 0; i < 300; i++) {
    const gap = -20 * Math.log(draw(seed, stream.arrivals, i)); // 50 requests per second
    await new Promise((resolve) => setTimeout(resolve, gap));
    asked.push(ask(i));
  }
  const seen = await Promise.all(asked);
  let free = 0;
  let expected = 0;
  const errors = seen.map(({ sent, ended }, i) => {
    free = Math.max(sent, free) + law.at(draw(seed, stream.quantiles, i));
    expected += free - sent;
    return ended - free;
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  errors.sort((a, b) => a - b);
  const [least, median, p99] = [errors[0]!, errors[150]!, errors[297]!];
  t.log(
    `mean sojourn ${(expected / 300).toFixed(2)} ms by Lindley, ${(expected / 300 + mean).toFixed(2)} measured; ` +
      `error: least ${least.toFixed(2)}, median ${median.toFixed(2)}, mean ${mean.toFixed(2)}, p99 ${p99.toFixed(2)}`,
  );
  t.true(least > -1, `answered ${-least} ms early`);
  t.true(median < 25, `median error ${median} ms`);
});
