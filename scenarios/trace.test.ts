import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { load, problemsOf } from './loader.test-support.ts';
import { planOf } from './plan.ts';
import { firstMeasured, parseTime, traceLength, traceRate } from './trace.ts';
import { rateOf, Workload } from './workload.ts';

const fleet = 'fleet: [{ id: app, count: 4, service: { constant: { mean: 10ms } } }]\n';
const scenario = (rest: string) => load(`${fleet}load: ${rest}\n`).scenario;

/** A folder with a trace in it, removed when the test ends. */
function folder(t: ExecutionContext, csv: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'trace-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'day.csv'), csv);
  return dir;
}

const take = (next: () => number, n: number) => Array.from({ length: n }, next);

test('times may lie before t = 0', (t) => {
  t.deepEqual(['-1.5s', '0', '250us', '3', '--1s'].map(parseTime), [-1500, 0, 0.25, undefined, undefined]);
});

test('a list of times is replayed from the start of the warm-up, then no more', (t) => {
  const { load: it, fleet: backends } = scenario('{ open: { trace: [-200ms, 0, 30ms, 30ms, 1s] } }');
  t.is(it.requests, 4, 'as many as are measured');
  t.is(it.duration, undefined);
  const workload = new Workload(it, 1, rateOf(it, backends));
  t.deepEqual(take(workload.arrivals(), 7), [800, 1000, 1030, 1030, 2000, Infinity, Infinity]);
  t.is(workload.key(3), new Workload(scenario('{ open: { rate: 1/s }, requests: 9 }').load, 1, 1).key(3));
});

test('what a row says is used, what it leaves open is drawn', (t) => {
  const dir = folder(
    t,
    'at,key,client,region,path\n0,alice,10.9.9.9,eu,/a\n1,,,,\n2,alice,,us,/a\n3,key-7,,,/b\n4,bob,,,\n',
  );
  const yaml = `${fleet}load: { open: { trace: day.csv }, regions: { asia: 1 }, keys: { uniform: { count: 100 } } }\n`;
  const { scenario: it } = load(yaml, { file: join(dir, 'mine.yaml') });
  const told = new Workload(it.load, 1, 0);
  const drawn = new Workload(
    load(yaml.replace('trace: day.csv', 'rate: 1/s').replace(' }, regions', ' }, requests: 4, regions'))
      .scenario.load,
    1,
    1,
  );
  const keys = [0, 1, 2, 3].map((i) => told.key(i));
  t.deepEqual(keys, ['alice', drawn.key(1), 'alice', 'key-7']);
  t.is(told.keyHash(0), told.keyHash(2));
  t.not(told.keyHash(0), told.keyHash(1));
  t.is(new Set([0, 1, 3, 4].map((i) => told.keyNumber(i))).size, 4);
  t.is(told.keyNumber(3), 7, 'the drawn key of that name');
  t.deepEqual(
    [0, 1, 2, 3].map((i) => told.region(i)),
    ['eu', 'asia', 'us', 'asia'],
  );
  t.deepEqual([told.client(0), told.client(1)], ['10.9.9.9', drawn.client(1)]);
  t.deepEqual(
    [0, 1, 3].map((i) => told.request(i).path),
    ['/a', '/', '/b'],
  );
  t.is(told.request(0), told.request(2), 'the same object each time');
  t.is(told.quantile(2), drawn.quantile(2), 'luck is not the trace’s');
  t.true(told.hasRegions);
});

test('a row that says anything of its request says all of it', (t) => {
  const csv =
    'at,path,method,body,host\n0,/a,POST,300,a.example\n1,,DELETE,,\n2,/a,,,\n3,,,,\n4,/a,POST,300,a.example\n';
  const yaml = `${fleet}load: { open: { trace: day.csv }, mix: [{ path: /drawn, method: PUT, body: 7 }] }\n`;
  const { scenario: it } = load(yaml, { file: join(folder(t, csv), 'a.yaml') });
  const workload = new Workload(it.load, 1, 0);
  t.deepEqual(
    [0, 1, 2, 3].map((i) => workload.request(i)),
    [
      { path: '/a', method: 'POST', body: 300, host: 'a.example' },
      { path: '/', method: 'DELETE', body: 0 },
      { path: '/a', method: 'GET', body: 0 },
      { path: '/drawn', method: 'PUT', body: 7 },
    ],
  );
  t.is(workload.request(0), workload.request(4), 'the same object each time');
});

test('regions of a trace need no shares', (t) => {
  const dir = folder(t, 'at,region\n1,\n2,eu\n');
  const { scenario: it } = load(`${fleet}load: { open: { trace: day.csv } }`, { file: join(dir, 'a.yaml') });
  const workload = new Workload(it.load, 1, 0);
  t.deepEqual([workload.hasRegions, workload.region(0), workload.region(1)], [true, undefined, 'eu']);
});

test('length and mean rate come from the measured part', (t) => {
  const trace = { at: [-500, -1, 0, 100, 200, 400, 800] };
  t.is(firstMeasured(trace), 2);
  t.is(firstMeasured({ at: [-2, -1] }), 2);
  t.is(traceLength(trace, { requests: 5 }), 800);
  t.is(traceLength(trace, { requests: 3 }), 200);
  t.is(traceLength(trace, { duration: 2000 }), 2000);
  t.is(traceRate(trace, { requests: 5 }), 5 / 0.8);
  t.is(traceRate(trace, { duration: 400 }), 3 / 0.4, 'the one at the very end is no longer sent');
  t.is(traceRate({ at: [0, 0] }, { requests: 2 }), 0);
});

test('a plan takes rate, length and utilization from the trace', (t) => {
  const it = scenario('{ open: { trace: [0, 100ms, 200ms, 400ms] } }');
  t.like(planOf(it, 1), { rate: 10, windowMs: 400, trialMs: 1400, utilization: 10 / 3200 });
});

test('a trace on the command line replaces rate or utilization, and its path starts at the working directory', (t) => {
  const dir = folder(t, 'at\n1\n2\n');
  const path = relative('.', join(dir, 'day.csv'));
  const { scenario: it } = load(`${fleet}load: { open: { utilization: 0.5 }, duration: 5s }`, {
    file: 'elsewhere/mine.yaml',
    sets: [`load.open.trace=${path}`],
  });
  t.is(it.load.open!.utilization, undefined);
  t.deepEqual(it.load.open!.trace!.at, [1, 2]);
  t.is(it.load.requests, undefined, 'the duration stays');
});

for (const [what, yaml, says] of [
  [
    'a trace and a rate',
    '{ open: { trace: [0], rate: 1/s }, duration: 1s }',
    /exactly one of rate, utilization and trace/,
  ],
  [
    'no law at all',
    '{ open: {}, duration: 1s }',
    /exactly one of rate, utilization and trace, got none of them/,
  ],
  [
    'both lengths',
    '{ open: { trace: [0, 1s] }, duration: 1s, requests: 1 }',
    /exactly one of duration and requests/,
  ],
  ['times without units', '{ open: { trace: [0, 5] }, duration: 1s }', /5/],
  [
    'a time that is none',
    '{ open: { trace: [0, soon] }, duration: 1s }',
    /a time from t = 0 with its unit, such as 250ms, got "soon"/,
  ],
  [
    'descending times',
    '{ open: { trace: [1s, 500ms] }, duration: 1s }',
    /ascending order, so 1000ms or later, got "500ms"/,
  ],
  ['no times', '{ open: { trace: [] }, duration: 1s }', /at least 1 entry/],
  [
    'times before the warm-up',
    '{ open: { trace: [-2s, 1s] } }',
    /from the start of the warm-up \(-1000ms\) on, got -2000ms; make load.warmup longer/,
  ],
  ['nothing measured', '{ open: { trace: [-1s] } }', /got -1000ms as the last: all of it is warm-up/],
  [
    'more requests than there are',
    '{ open: { trace: [-1s, 0, 1s] }, requests: 3 }',
    /at most the 2 requests that the trace has from t = 0 on, got 3/,
  ],
  ['an instant', '{ open: { trace: [0, 0] } }', /lie apart, got all at t = 0; give load.duration/],
  ['no file', '{ open: { trace: none.csv } }', /got nothing at that path \(.*none\.csv\)/],
] as const)
  test(`refused: ${what}`, (t) => {
    const found = problemsOf(`${fleet}load: ${yaml}\n`);
    t.is(found.length, 1, JSON.stringify(found));
    t.regex(found[0]!.message, says);
    t.regex(found[0]!.where, /^test\.yaml:2:\d+$/);
  });

test('a mistake in the file is told at its line in the file', (t) => {
  const dir = folder(t, 'at\n2\n1\n');
  const [found] = problemsOf(`${fleet}load: { open: { trace: day.csv } }`, { file: join(dir, 'a.yaml') });
  t.is(found!.where, `${join(dir, 'day.csv')}:3:1`);
});

test('what is no file of text is told of the scenario', (t) => {
  const dir = folder(t, 'at\n1\n');
  writeFileSync(join(dir, 'binary.csv'), Buffer.from([0x61, 0x74, 0x0a, 0xff]));
  for (const [name, says] of [
    ['.', /expected a file, got a directory/],
    ['binary.csv', /expected CSV in UTF-8, got bytes that are no UTF-8 text.*\(.*binary\.csv:1:1\)/],
  ] as const) {
    const [found] = problemsOf(`${fleet}load: { open: { trace: ${name} } }`, { file: join(dir, 'a.yaml') });
    t.is(found!.where, `${join(dir, 'a.yaml')}:2:24`);
    t.regex(found!.message, says);
  }
});
