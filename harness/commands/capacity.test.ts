/** `steelyard capacity` against what theory says, and as a user meets it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Capacity } from '../../reports/capacity.ts';
import { place, processesOf } from '../cli.test-support.ts';

/** Ten M/M/1 queues: the mean sojourn of random is 1 ÷ (1 − load) service times, 5 of them at 0.8. */
const queues = `
fleet: [{ id: app, count: 10, workers: 1, queue: unlimited, service: { exponential: { mean: 10ms } } }]
load: { open: { utilization: 0.5, connections: unlimited }, warmup: 5s, requests: 100000, timeout: 10m }
balancer: { health: false, passive: false, tryTimeout: 10m, retries: { max: 0 } }
contenders: [random]
`;

test('random meets a mean sojourn of five service times up to 0.8 ± 0.02 of the fleet', async (t) => {
  const { dir, steelyard } = await place(t, queues);
  const { exitCode, stdout, stderr } = await steelyard(
    ...[
      'capacity',
      'scenario.yaml',
      '--driver',
      'simulation',
      '--meet',
      'mean < 50ms',
      '--json',
      '--out',
      'found',
    ],
  );
  t.is(exitCode, 0, stderr);
  const found = JSON.parse(stdout) as Capacity;
  t.deepEqual(found, JSON.parse(await readFile(join(dir, 'found/capacity.json'), 'utf8')));
  const [random] = found.contenders;
  t.is(random!.ended, 'confirmed');
  t.true(
    Math.abs(random!.rate / found.fleetPerSecond - 0.8) < 0.02,
    `${random!.rate} of ${found.fleetPerSecond}`,
  );
  t.true(random!.values[0]! < 50 && random!.above! <= random!.rate * 1.02);
});

test('on processes: one fleet for all looks, and nothing is left', async (t) => {
  const { steelyard } = await place(
    t,
    `
fleet: [{ id: app, count: 2, workers: 1, queue: 10, service: { constant: { mean: 20ms } } }]
load: { open: { rate: 40/s }, warmup: 200ms, duration: 1500ms, deadline: 1s }
contenders: [least-connections]
`,
  );
  const search = steelyard(
    ...['capacity', 'scenario.yaml', '--driver', 'process', '--meet', 'missed < 5%'],
    ...['--precision', '40%', '--confirm', '1', '--json', '--out', 'found'],
  );
  const { exitCode, stdout, stderr } = await search;
  t.is(exitCode, 0, stderr);
  const [found] = (JSON.parse(stdout) as Capacity).contenders;
  t.true(found!.rate >= 40 && found!.rate <= 160, `two workers serve 100/s, it says ${found!.rate}`);
  t.deepEqual(await processesOf(search.pid!), []);
});

test('a closed loop, an objective without a unit and an even number of looks are exit 2', async (t) => {
  const { steelyard } = await place(t);
  const closed = await steelyard('capacity', 'scenario.yaml', '--meet', 'p99 < 100ms');
  t.is(closed.exitCode, 2);
  t.regex(
    closed.stderr,
    /expected an open load with a rate, .* got a closed loop; add --set load\.open\.rate=/,
  );
  const bare = await steelyard('capacity', 'scenario.yaml', '--meet', 'p99 < 100');
  t.is(bare.exitCode, 2);
  t.regex(bare.stderr, /expected a duration with its unit/);
  t.is((await steelyard('capacity', 'scenario.yaml', '--meet', 'p99 < 1s', '--confirm', '2')).exitCode, 2);
});
