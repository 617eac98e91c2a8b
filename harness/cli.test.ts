import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Summary } from '../reports/summary.ts';
import { dockerThingsOf, eventually, place, processesOf, shortScenario } from './cli.test-support.ts';
import { dockerAvailable } from './drivers/docker-available.ts';

const docker = await dockerAvailable();
const onDocker = docker.available || process.env.STEELYARD_REQUIRE_DOCKER === '1' ? test.serial : test.skip;

/** What must hold of every finished run of the short scenario. */
function sound(t: ExecutionContext, summary: Summary, contenders: number): void {
  t.is(summary.status, 'complete');
  t.is(summary.contenders.length, contenders);
  t.deepEqual(
    summary.audit.findings.filter(({ ok }) => !ok),
    [],
  );
  for (const { name, requests, failover, simulated } of summary.contenders) {
    t.true(
      simulated!.requests > 100,
      `${name}: ${simulated?.requests} requests beside their simulated twins`,
    );
    const { sent, ok, failed, lost, inFlightAtEnd } = requests;
    t.true(ok > 100, `${name}: ${ok} ok`);
    t.is(sent, ok + failed + lost + inFlightAtEnd, `${name}: sent = ok + failed + lost + in flight`);
    t.is(failover.length, 1);
    t.true(failover[0]!.detectMs! <= 200 * 2 + 150 + 100, `${name}: detected in ${failover[0]!.detectMs} ms`);
  }
  t.false(summary.verdict.proven);
  t.regex(summary.verdict.sentence, /observed/i);
}

test.serial(
  'a run on processes ends with a summary on stdout, a report, and nothing left running',
  async (t) => {
    const { dir, steelyard } = await place(t);
    const run = steelyard('run', 'scenario.yaml', '--driver', 'process', '--json');
    const { exitCode, stdout, stderr } = await run;
    t.is(exitCode, 0, stderr);
    sound(t, JSON.parse(stdout) as Summary, 2);
    for (const file of [
      'run.json',
      'events.ndjson',
      'summary.json',
      'summary.csv',
      'summary.md',
      'timeline.ndjson',
      'latency.hlog',
      'junit.xml',
      'report.html',
    ])
      await access(join(dir, 'results/latest', file));
    t.deepEqual(await processesOf(run.pid!), []);

    const before = await readFile(join(dir, 'results/latest/summary.json'), 'utf8');
    const again = await steelyard('report', 'results/latest', '--quiet');
    t.is(again.exitCode, 0, again.stderr);
    t.is(
      await readFile(join(dir, 'results/latest/summary.json'), 'utf8'),
      before,
      'report rebuilds the same summary',
    );
  },
);

onDocker('the same on containers, and none is left', async (t) => {
  t.true(docker.available, 'reason' in docker ? docker.reason : '');
  const { steelyard } = await place(t);
  const { exitCode, stdout, stderr } = await steelyard(
    'run',
    'scenario.yaml',
    '--driver',
    'docker',
    '--json',
  );
  t.is(exitCode, 0, stderr);
  const summary = JSON.parse(stdout) as Summary;
  t.is(summary.driver, 'docker');
  sound(t, summary, 2);
});

for (const driver of ['process', 'docker'] as const)
  (driver === 'docker' ? onDocker : test.serial)(
    `42: two runs of the same scenario at once (${driver}) both finish, each in a folder of its own`,
    async (t) => {
      const { dir, steelyard } = await place(t, shortScenario.replace('[round-robin, p2c]', '[p2c]'));
      const runs = await Promise.all(
        [1, 2].map(() => steelyard('run', 'scenario.yaml', '--driver', driver, '--quiet')),
      );
      for (const { exitCode, stderr } of runs) t.is(exitCode, 0, stderr);
      t.is((await readdir(join(dir, 'results/scenario'))).length, 2);
    },
  );

/** Starts a long run with a fault that is still in force a minute later, and waits until it is. */
async function underFault(t: ExecutionContext, driver: string, kind: string) {
  const text = shortScenario
    .replace('2500ms', '60s')
    .replace('until: 1s', 'until: 50s')
    .replace('crash', kind);
  const { dir, steelyard } = await place(t, text);
  const run = steelyard('run', 'scenario.yaml', '--driver', driver);
  let said = '';
  run.stdout.on('data', (data) => {
    said += data;
  });
  t.true(await eventually(() => new RegExp(`[1-9][0-9.]* s .*${kind}`).test(said), 40_000), said);
  const left = async () => [
    ...(await processesOf(run.pid!)),
    ...(driver === 'docker' ? await dockerThingsOf(run.pid!) : []),
  ];
  t.true((await left()).length >= 3, 'balancer, generator and backends are there');
  return { dir, steelyard, run, left };
}

for (const driver of ['process', 'docker'] as const) {
  const on = driver === 'docker' ? onDocker : test.serial;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    on(
      `36: ${signal} in mid-run (${driver}): exit ${code}, a report of what there is, nothing left`,
      async (t) => {
        const { dir, run, left } = await underFault(t, driver, 'crash');
        run.kill(signal);
        const { exitCode, stderr } = await run;
        t.is(exitCode, code, stderr);
        const summary = JSON.parse(
          await readFile(join(dir, 'results/latest/summary.json'), 'utf8'),
        ) as Summary;
        t.is(summary.status, 'interrupted');
        t.true(summary.contenders[0]!.rounds[0]!.requests.ok > 10, 'what was recorded is kept');
        await access(join(dir, 'results/latest/report.html'));
        t.deepEqual(await left(), []);
      },
    );

  on(
    `37: kill -9 in mid-run (${driver}): clean removes what is left, and report reads what there is`,
    async (t) => {
      const { dir, steelyard, run, left } = await underFault(t, driver, 'freeze');
      run.kill('SIGKILL');
      await run;
      const cleaned = await steelyard('clean', '--json');
      t.is(cleaned.exitCode, 0, cleaned.stderr);
      t.true(
        (JSON.parse(cleaned.stdout) as { removed: unknown[] }).removed.length > 0,
        'the frozen one at least',
      );
      t.true(await eventually(async () => (await left()).length === 0), (await left()).join('\n'));
      const report = await steelyard('report', 'results/latest', '--json');
      t.is(report.exitCode, 0, report.stderr);
      t.is((JSON.parse(report.stdout) as Summary).status, 'interrupted');
      const files = await readdir(join(dir, 'results/latest/trials'), { recursive: true });
      t.true(files.some((file) => file.endsWith('requests.parquet')));
      const events = await readFile(join(dir, 'results/latest/events.ndjson'), 'utf8');
      t.regex(
        events,
        /"kind":"freeze","backends":\["app-2"\],.*"phase":"asked"/,
        'faults are written as they happen',
      );
    },
  );
}

test.serial(
  '47: a strategy that never returns fails alone, says so, and does not hold the run up',
  async (t) => {
    const { dir, steelyard } = await place(t);
    await writeFile(
      join(dir, 'endless.mts'),
      `let picks = 0;
export default { about: 'hangs', options: {}, create: () => ({ pick: ({ available }) => { while (picks > 200); picks++; return available[0]; } }) };`,
    );
    const run = steelyard(
      'run',
      'scenario.yaml',
      '--driver',
      'process',
      '--contenders',
      './endless.mts,p2c',
      '--json',
    );
    const { exitCode, stdout, stderr } = await run;
    t.is(exitCode, 1, stderr);
    const summary = JSON.parse(stdout) as Summary;
    const [endless, p2c] = ['endless', 'p2c'].map(
      (name) => summary.contenders.find((it) => it.name === name)!,
    );
    t.is(endless!.status, 'failed');
    t.regex(endless!.error!, /endless\.mts:2\): the balancer no longer answers: pick never returns/);
    t.is(p2c!.status, 'complete');
    t.deepEqual(await processesOf(run.pid!), []);
  },
);

for (const driver of ['process', 'docker'] as const)
  (driver === 'docker' ? onDocker : test.serial)(
    `47: a contender whose strategy throws fails alone (${driver}), with its file named; the others go on, nothing is left`,
    async (t) => {
      const { dir, steelyard } = await place(t);
      await writeFile(
        join(dir, 'broken.mts'),
        `let picks = 0;
export default { about: 'breaks', options: {}, create: () => ({ pick: ({ available }) => { if (++picks > 200) throw new Error('out of ideas'); return available[0]; } }) };`,
      );
      const run = steelyard(
        'run',
        'scenario.yaml',
        '--driver',
        driver,
        '--contenders',
        './broken.mts,p2c',
        '--json',
      );
      const { exitCode, stdout, stderr } = await run;
      t.is(exitCode, 1, stderr);
      const summary = JSON.parse(stdout) as Summary;
      const [broken, p2c] = ['broken', 'p2c'].map(
        (name) => summary.contenders.find((it) => it.name === name)!,
      );
      t.is(broken!.status, 'failed');
      t.regex(broken!.error!, /out of ideas[\s\S]*broken\.mts:2/);
      t.is(p2c!.status, 'complete');
      t.deepEqual(await processesOf(run.pid!), []);
      if (driver === 'docker') t.deepEqual(await dockerThingsOf(run.pid!), []);
    },
  );

const badInput: [string, (text: string) => string, RegExp][] = [
  [
    'a misspelt key',
    (s) => s.replace('workers:', 'wrokers:'),
    /scenario\.yaml:3:\d+.*wrokers|wrokers[\s\S]*did you mean `workers`/,
  ],
  ['an unknown strategy', (s) => s.replace('p2c]', 'p3c]'), /scenario\.yaml:6:\d+[\s\S]*did you mean `p2c`/],
  [
    'a negative rate',
    (s) => s.replace('closed: { connections: 4 }', 'open: { rate: -5/s }'),
    /scenario\.yaml:4:\d+[\s\S]*-5\/s/,
  ],
  [
    'a fault on a backend that does not exist',
    (s) => s.replace('on: app-2', 'on: app-7'),
    /scenario\.yaml:7:\d+[\s\S]*app-7/,
  ],
  ['until before at', (s) => s.replace('until: 1s', 'until: 100ms'), /scenario\.yaml:7:\d+[\s\S]*`at`/],
  [
    'a duplicate id',
    (s) => s.replace('fleet: [', 'fleet: [{ id: app-2 }, '),
    /scenario\.yaml:3:\d+[\s\S]*app-2/,
  ],
  [
    'a name that is markup',
    (s) => s.replace('id: app', `id: '</script><img src=x>'`),
    /scenario\.yaml:3:\d+[\s\S]*a-z, 0-9/,
  ],
  ['a name that is a path', (s) => `name: ../../x\n${s}`, /scenario\.yaml:1:\d+[\s\S]*a-z, 0-9/],
  ['a name that is a formula', (s) => `name: '=cmd()'\n${s}`, /scenario\.yaml:1:\d+[\s\S]*a-z, 0-9/],
  ['an empty file', () => '', /scenario\.yaml:1:1[\s\S]*empty/],
  ['a file of 5 MB', (s) => `${s}# ${'x'.repeat(5_000_000)}`, /scenario\.yaml[\s\S]*(large|1 MB|bytes)/],
  [
    'an alias bomb',
    () =>
      `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghi'
        .split('')
        .map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}`,
    /scenario\.yaml[\s\S]*(alias|anchor)/i,
  ],
  [
    'a fault the driver cannot do',
    (s) => s.replace('crash', 'vanish'),
    /scenario\.yaml:7:\d+[\s\S]*process driver[\s\S]*vanish/,
  ],
];

for (const [what, spoil, expected] of badInput)
  test(`41: bad input, ${what}: exit 2, where and what, and nothing started`, async (t) => {
    const { dir, steelyard } = await place(t, spoil(shortScenario));
    const { exitCode, stderr, stdout } = await steelyard('run', 'scenario.yaml', '--driver', 'process');
    t.is(exitCode, 2, stderr);
    t.regex(stderr, expected);
    t.is(stdout, '');
    t.deepEqual(await readdir(dir), ['scenario.yaml'], 'no results folder');
  });

test('usage errors are exit 2, help is 0', async (t) => {
  const { steelyard } = await place(t);
  t.is((await steelyard('rnu')).exitCode, 2);
  t.is((await steelyard('run')).exitCode, 2);
  t.is((await steelyard('run', 'scenario.yaml', '--rounds', 'many')).exitCode, 2);
  t.is((await steelyard('report', '/nonexistent')).exitCode, 2);
  t.is(
    (await steelyard('run', 'scenario.yaml', '--driver', 'process', '--out', '.')).exitCode,
    2,
    'not empty',
  );
  t.is((await steelyard('--help')).exitCode, 0);
});

test('list prints names, also as JSON', async (t) => {
  const { steelyard } = await place(t);
  for (const what of ['strategies', 'scenarios', 'faults', 'service-times']) {
    const { stdout } = await steelyard('list', what, '--json');
    const rows = JSON.parse(stdout) as { name: string; about: string }[];
    t.true(rows.length > 4, what);
    for (const { name, about } of rows) t.true(name !== '' && about.length > 10, `${what} ${name}: ${about}`);
  }
});
