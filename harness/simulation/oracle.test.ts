/** The oracle is the bound that regret is measured against: with one backend nobody can be better or worse, with several hardly anybody better. */
import test from 'ava';
import { at, byNumber, plainBalancer, play, strategies, type WorldInput } from './world.test-support.ts';

const world = (count: number, utilization: number): WorldInput => ({
  fleet: [{ id: 'app', count, workers: 1, queue: 'unlimited' }],
  load: { open: { utilization, connections: 'unlimited' }, warmup: '1s', requests: 4_000, timeout: '1h' },
  balancer: { ...plainBalancer, tryTimeout: '1h' },
});
const sojourns = (input: WorldInput, strategy: string) =>
  byNumber(play(input, { strategy })).map(({ latency }) => latency);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test('with one backend there is nothing to choose: no request takes a microsecond more or less than under the oracle', (t) => {
  const oracle = sojourns(world(1, 0.8), 'oracle');
  t.true(oracle.length > 4_000);
  for (const strategy of strategies.keys()) t.deepEqual(sojourns(world(1, 0.8), strategy), oracle, strategy);
});

test('with several, every strategy’s regret is above zero, and that of those that look is the smaller', (t) => {
  const means = new Map([...strategies.keys()].map((it) => [it, mean(sojourns(world(5, 0.8), it))]));
  const oracle = means.get('oracle')!;
  for (const [strategy, it] of means)
    if (strategy !== 'oracle') t.true(it > oracle, `${strategy}: ${it} ms, ${oracle}`);
  t.true(means.get('least-connections')! < means.get('p2c')!);
  t.true(means.get('p2c')! < means.get('round-robin')!);
  t.true(means.get('round-robin')! < means.get('random')!);
});

test('it sees what no balancer can: a shorter line of slower work, and what each request will take', (t) => {
  const input: WorldInput = {
    fleet: [
      { id: 'slow', workers: 1, service: { constant: { mean: '10ms' } }, speed: 0.1 },
      { id: 'fast', workers: 1, service: { constant: { mean: '10ms' } } },
    ],
    load: { ...at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), clients: 1 },
    balancer: plainBalancer,
  };
  const picks = byNumber(play(input, { strategy: 'oracle' })).map(({ backend }) => backend);
  // Nine in line at the fast one take 90 ms and a tenth 100: only then the slow one's 100 ms are no longer.
  t.deepEqual(picks.slice(0, 10), Array(10).fill(1));
  t.is(picks.indexOf(0), 11, `${picks}`);
});

test('several balancers with an oracle each see the same truth, since it is one', (t) => {
  const alone = mean(sojourns(world(5, 0.8), 'oracle'));
  const input = world(5, 0.8);
  const four = mean(sojourns({ ...input, balancer: { ...input.balancer, count: 4 } }, 'oracle'));
  t.true(Math.abs(four / alone - 1) < 0.02, `${four} ms and ${alone}`);
});
