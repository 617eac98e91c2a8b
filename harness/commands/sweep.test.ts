/** Sweeps as a user starts them, with few requests. */
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Sweep } from '../../reports/sweep.ts';
import { place, processesOf } from '../cli.test-support.ts';

const scenario = `
fleet: [{ id: app, count: 4, workers: 1, queue: 30, service: { exponential: { mean: 10ms } } }]
load: { open: { utilization: 0.5 }, warmup: 1s, requests: 2000 }
balancer: { health: false, passive: false, retries: { max: 0 } }
contenders: [random, least-connections]
expect: [{ metric: p99, contender: random, below: 1ms }]
`;

const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

test('load to beyond the capacity: the knee, beside each other and in order; the same numbers when swept again', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  const sweep = ['simulate', 'scenario.yaml', '--sweep', 'load.open.utilization=0.5..2:4'];
  const first = await steelyard(...sweep, '--out', 'first');
  t.is(first.exitCode, 0, first.stderr + first.stdout);
  t.regex(first.stdout, /^p99 +random +least-connections\n50% +[\d.]+ ms +[\d.]+ ms\n100% /m);
  t.regex(first.stdout, /Report: .*\/first\/report\.html$/);
  t.deepEqual((await readdir(join(dir, 'first'))).sort(), [
    'knee.svg',
    'report.html',
    'sweep.csv',
    'sweep.json',
  ]);
  t.regex(await readFile(join(dir, 'first/knee.svg'), 'utf8'), /^<svg [^>]*role="img"/);
  t.regex(await readFile(join(dir, 'first/report.html'), 'utf8'), /<section id="knee">/);

  const result = (await readJson(join(dir, 'first/sweep.json'))) as Sweep;
  t.like(result, { status: 'complete', path: 'load.open.utilization', values: [0.5, 1, 1.5, 2], seed: 1 });
  t.deepEqual(
    result.points.map(({ value, utilization, run }) => [value, utilization, run]),
    [0.5, 1, 1.5, 2].map((value) => [value, value, null]),
  );
  for (const { contenders } of result.points)
    for (const { requests: it } of contenders) {
      t.is(it!.sent, 2000);
      t.is(it!.sent, it!.ok + it!.failed + it!.lost + it!.inFlightAtEnd);
    }
  const [calm, , , beyond] = result.points;
  const [random, least] = calm!.contenders;
  t.true(least!.latencyMs!.p99! < random!.latencyMs!.p99!);
  t.true(
    beyond!.contenders.every(({ errorRate }) => errorRate! > 0.2),
    'half of what is offered has no place',
  );

  const second = await steelyard(...sweep, '--json', '--out', 'second');
  const again = JSON.parse(second.stdout) as Sweep;
  t.deepEqual(again.points, result.points);

  const rebuilt = await steelyard('report', 'first', '--json');
  t.deepEqual(JSON.parse(rebuilt.stdout), result);
});

test('what counts things is swept in whole numbers; with --keep each point is a run of its own, with exact percentiles', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  const { stdout, stderr, exitCode } = await steelyard(
    ...['simulate', 'scenario.yaml', '--sweep', 'fleet.0.count=2..9:log3', '--contenders', 'random'],
    ...['--set', 'load.requests=500', '--keep', '--json', '--out', 'kept'],
  );
  t.is(exitCode, 0, stderr);
  const sweep = JSON.parse(stdout) as Sweep;
  t.deepEqual(sweep.values, [2, 4, 9], '4.243 backends are 4');
  t.is(sweep.percentiles, 'exact');
  for (const { value, run, contenders } of sweep.points) {
    const summary = await readJson(join(dir, 'kept', run!, 'summary.json'));
    t.deepEqual(summary.contenders[0].latencyMs, contenders[0]!.latencyMs);
    t.is(summary.contenders[0].perBackend.length, value);
    await access(join(dir, 'kept', run!, 'trials/001-random/requests.parquet'));
  }
});

for (const [sentence, args, expected] of [
  [
    'a path that is not there',
    ['--sweep', 'load.open.utilisation=0.5,0.9'],
    /^--sweep load\.open\.utilisation=0\.5,0\.9: at 0\.5: .*utili[sz]ation/,
  ],
  [
    'a value the scenario cannot have',
    ['--sweep', 'load.open.utilization=5..20:2'],
    /^--sweep load\.open\.utilization=5\.\.20:2: at 20: expected .*10.*, got 20/,
  ],
  [
    'a fraction that is no rounding matter',
    ['--sweep', 'fleet.0.count=1,2.5'],
    /^--sweep fleet\.0\.count=1,2\.5: at 2\.5: expected .*got 2\.5/,
  ],
  [
    'a range without a count',
    ['--sweep', 'fleet.0.count=1..5'],
    /^--sweep fleet\.0\.count=1\.\.5: expected path=from\.\.to:count/,
  ],
  ['--keep without a sweep', ['--keep'], /^--keep: expected --sweep or --all beside it/],
] as const)
  test(`refused before anything starts: ${sentence}`, async (t) => {
    const { dir, steelyard } = await place(t, scenario);
    const { exitCode, stderr, stdout } = await steelyard('simulate', 'scenario.yaml', ...args);
    t.is(exitCode, 2, stderr + stdout);
    t.regex(stderr, expected);
    t.deepEqual(await readdir(dir), ['scenario.yaml']);
  });

test('a contender that throws at one point fails there alone: exit 1, and everything else is measured', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  const strategy = `export default { about: 'dislikes three', options: {}, create: () => ({
  pick: ({ available }) => { if (available.length === 3) throw new Error('three!'); return available[0]; },
}) };\n`;
  await writeFile(join(dir, 'picky.mjs'), strategy);
  const { exitCode, stdout } = await steelyard(
    ...['simulate', 'scenario.yaml', '--sweep', 'fleet.0.count=2,3,4', '--contenders', 'random,./picky.mjs'],
    ...['--set', 'load.requests=300', '--out', 'out'],
  );
  t.is(exitCode, 1);
  t.regex(stdout, /picky failed at fleet\.0\.count=3: .*three!/);
  const { points, status } = (await readJson(join(dir, 'out/sweep.json'))) as Sweep;
  t.is(status, 'complete');
  t.deepEqual(
    points.map(({ contenders }) => contenders.map((it) => it.status)),
    [
      ['complete', 'complete'],
      ['complete', 'failed'],
      ['complete', 'complete'],
    ],
  );
});

test('interrupted: exit 130, the points done until then are kept, and no process is left', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  const child = steelyard(
    ...['simulate', 'scenario.yaml', '--sweep', 'load.requests=1000,100000000', '--contenders', 'random'],
    ...['--out', 'out'],
  );
  const done = async () => {
    const sweep = await readJson(join(dir, 'out/sweep.json')).catch(() => undefined);
    return sweep?.points.length > 0;
  };
  for (let i = 0; i < 300 && !(await done()); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  child.kill('SIGINT');
  const { exitCode } = await child;
  t.is(exitCode, 130);
  const { points, status } = (await readJson(join(dir, 'out/sweep.json'))) as Sweep;
  t.is(status, 'interrupted');
  t.like(points[0], { value: 1000, status: 'complete' });
  t.is(points[1]?.status ?? 'interrupted', 'interrupted');
  t.regex(await readFile(join(dir, 'out/report.html'), 'utf8'), /This sweep was interrupted/);
  t.deepEqual(await processesOf(child.pid!), []);
});
