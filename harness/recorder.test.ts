import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { draw } from '../scenarios/random.ts';
import { readAttemptLog } from './attempt-log.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { Timeline } from './recorder-timeline.ts';
import { cellMiddle, cellOf, type Folds } from './recording-folds.ts';
import { attemptKinds, causes, outcomes } from './recording-rows.ts';
import { readSpool } from './spool.ts';

async function directory(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-recorder-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return dir;
}

const backends = ['app-1', 'app-2', 'app-3'];
const [ok, status] = [outcomes.indexOf('ok'), causes.indexOf('status')];

/** Tells of `count` requests, one attempt each, a fifth of them failed. */
function tell(options: Omit<RecorderOptions, 'backends' | 'timeout'>, count: number): 'all' | 'folded' {
  const recorder = new Recorder({ backends, timeout: 1_000, ...options });
  const crash = { type: 'fault', fault: 0, kind: 'crash', backends: ['app-2'] } as const;
  recorder.window(count);
  for (let i = 0; i < count; i++) {
    if (i === count >> 1) recorder.event({ ...crash, t: i, phase: 'taken' });
    const [due, latency, bad] = [i * 1_000 + 0.1, 20_000 * draw(1, 1, i), i % 5 === 0];
    recorder.attempt(i, due + 7, due + latency, i % 3, bad ? 503 : 200, 1, attemptKinds.indexOf('ok'));
    const [outcome, cause, code] = bad ? [outcomes.indexOf('failed'), status, 503] : [ok, 0, 200];
    recorder.request(i, due, due, due + latency / 2, latency, outcome!, cause!, code!, i % 3, 1, i * 7);
  }
  return recorder.close();
}

test('what is told is what the spools hold, to the bit, across chunks', async (t) => {
  const dir = await directory(t);
  t.is(tell({ dir, planned: 40_000 }, 40_000), 'all');
  const rows = await readSpool(join(dir, 'requests.spool'));
  const tries = await readAttemptLog(join(dir, 'attempts.log'), 12_345);
  t.is(rows.length, 40_000);
  t.is(tries.length, 40_000);
  for (let i = 0; i < 40_000; i += 7) {
    const due = i * 1_000 + 0.1;
    if (rows.index[i] !== i || rows.intended[i] !== due || rows.keyHash[i] !== i * 7) t.fail(`row ${i}`);
    if (tries.request[i] !== i || tries.picked[i] !== due + 7 || tries.backend[i] !== i % 3)
      t.fail(`attempt ${i}`);
    if (rows.status[i] !== (i % 5 === 0 ? 503 : 200)) t.fail(`status of ${i}`);
  }
});

const plans: [number | undefined, number, 'all' | 'folded', string][] = [
  [100, 100, 'all', 'as many as there is room for'],
  [101, 90, 'folded', 'one more planned than there is room for, though fewer came'],
  [undefined, 100, 'all', 'nobody knew, and they found room'],
  [undefined, 101, 'folded', 'nobody knew, and there was one too many'],
  [99, 102, 'all', 'planned to have room: chance alone adds a few'],
];
for (const [planned, count, kept, why] of plans)
  test(`${kept}: ${why}`, async (t) => {
    const dir = await directory(t);
    await writeFile(join(dir, 'folds.json'), 'of an earlier trial');
    t.is(tell({ dir, planned, most: 100 }, count), kept);
    t.deepEqual(
      (await readdir(dir)).sort(),
      kept === 'all' ? ['attempts.log', 'requests.spool'] : ['folds.json'],
    );
  });

test('folds are the same bytes for the same trial, whether foreseen or not', async (t) => {
  const [foreseen, again, sudden] = [await directory(t), await directory(t), await directory(t)];
  tell({ dir: foreseen, planned: 5_000, most: 10 }, 5_000);
  tell({ dir: again, planned: 5_000, most: 10 }, 5_000);
  tell({ dir: sudden, planned: undefined, most: 4_000 }, 5_000);
  const bytes = await readFile(join(foreseen, 'folds.json'), 'utf8');
  t.is(await readFile(join(again, 'folds.json'), 'utf8'), bytes);
  t.is(await readFile(join(sudden, 'folds.json'), 'utf8'), bytes);
});

test('a trial whose window nobody named cannot be folded', async (t) => {
  const recorder = new Recorder({ dir: await directory(t), backends, timeout: 1, planned: 1, most: 0 });
  t.throws(() => recorder.close(), { message: /window nobody named/ });
});

test('the number of requests does not show in the size of the folds', async (t) => {
  const dir = await directory(t);
  const size = async (count: number, gap: number) => {
    const recorder = new Recorder({ dir, backends, timeout: 1_000, planned: count, most: 0 });
    recorder.window(count * gap);
    for (let i = 0; i < count; i++)
      recorder.request(i, i * gap * 1000, i * gap * 1000, 0, 5_000, ok, 0, 200, 0, 1, 0);
    recorder.close();
    return (await readFile(join(dir, 'folds.json'))).length;
  };
  const [fewer, many] = [await size(30_000, 10), await size(300_000, 10)];
  t.true(many < 2 * fewer, `${fewer} and ${many} bytes`);
});

test('a cell stands for every latency in it, within half its width, and cells ascend', (t) => {
  const micros = fc.double({ min: 1, max: 2 ** 39, noNaN: true });
  fc.assert(
    fc.property(micros, micros, fc.constantFrom(6, 10), (a, b, bits) => {
      t.true(Math.abs(cellMiddle(cellOf(a, bits), bits) - a) <= a * 2 ** -(bits + 1));
      t.true(a > b || cellOf(a, bits) <= cellOf(b, bits));
    }),
  );
  for (const [value, why] of [
    [0, 'nothing'],
    [-0, 'nothing, below zero'],
    [0.99, 'less than 1 µs'],
    [Number.NaN, 'no number'],
  ] as const)
    t.is(cellOf(value, 10), 0, why);
  t.is(cellOf(1, 10), 1);
  t.is(cellOf(1e30, 10), 40 * 1024, 'what is longer than all counts in the last cell');
});

test('slots that become wider hold what the narrow ones held', (t) => {
  const arrival = fc.record({ due: fc.double({ min: 0, max: 60_000, noNaN: true }), took: fc.nat(5_000) });
  const reasons = [{ outcome: 'ok', cause: 'none', status: 0 }];
  const count = (all: Folds['timeline'], key: 'ok') =>
    all[key].map((cells) => cells.filter((_, i) => i % 2 === 1).reduce((a, b) => a + b, 0));
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 60, size: 'max' }), (arrivals) => {
      const timeline = new Timeline(3, 256);
      for (const { due, took } of arrivals) {
        timeline.flow(due, due + took);
        timeline.ok(due, took * 1000);
        timeline.ended(0, due + took);
        timeline.pick(due, 1);
      }
      const fold = timeline.fold(reasons);
      t.true(fold.slots <= 256);
      const expected = (times: number[], width: number) =>
        Array.from(
          { length: fold.slots },
          (_, slot) => times.filter((at) => Math.floor(at / width) === slot).length,
        );
      const dues = arrivals.map(({ due }) => due);
      const ends = arrivals.map(({ due, took }) => due + took);
      t.deepEqual(fold.ended[0]!.counts, expected(ends, fold.slotMs));
      t.deepEqual(
        fold.inFlight,
        expected(dues, fold.slotMs).map((begun, slot) => begun - expected(ends, fold.slotMs)[slot]!),
      );
      const okCounts = count(fold, 'ok');
      t.deepEqual(okCounts, expected(dues, fold.slotMs));
      const steps = expected(dues, fold.slotMs * 5);
      t.deepEqual(
        fold.picks.map((counts) => counts[1]!),
        steps.slice(0, fold.picks.length),
      );
      t.true(steps.slice(fold.picks.length).every((picked) => picked === 0));
    }),
    { numRuns: 60 },
  );
});
