import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  attemptColumns,
  attemptKinds,
  causes,
  outcomes,
  readAttempts,
  readEvents,
  readRequests,
  readRun,
  requestColumns,
  writeAttempts,
  writeRequests,
} from './recording.ts';

const run = {
  backends: [
    { id: 'app-1', weight: 1 },
    { id: '</script>', weight: 1 },
  ],
};

async function directory(t: { teardown(fn: () => unknown): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'recording-'));
  t.teardown(() => rm(dir, { recursive: true }));
  await mkdir(join(dir, 'trials/t1'), { recursive: true });
  return dir;
}

test('whatever rows are written are read back, whether none, one, or missing values', async (t) => {
  const dir = await directory(t);
  const time = fc.oneof(
    fc.constant(Number.NaN),
    fc.double({ min: -1e9, max: 1e12, noNaN: true }).map((x) => x + 0),
  );
  const row = fc.record({
    index: fc.nat({ max: 2 ** 31 }),
    sent: time,
    outcome: fc.nat({ max: outcomes.length - 1 }),
    cause: fc.nat({ max: causes.length - 1 }),
    status: fc.nat({ max: 599 }),
    backend: fc.integer({ min: -1, max: 1 }),
    keyHash: fc.nat({ max: 2 ** 32 - 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30, size: 'max' }), async (rows) => {
      const columns = requestColumns(rows.length);
      for (const [i, values] of rows.entries())
        for (const [name, value] of Object.entries(values)) columns[name as 'index'][i] = value;
      await writeRequests(dir, run, 't1', columns);
      t.deepEqual(await readRequests(dir, run, 't1'), columns);
    }),
    { numRuns: 25 },
  );
  t.deepEqual(await readdir(join(dir, 'trials/t1')), ['requests.parquet'], 'no half-written file is left');
});

test('attempts keep their kind, in flight included', async (t) => {
  const dir = await directory(t);
  const columns = attemptColumns(attemptKinds.length);
  for (let i = 0; i < attemptKinds.length; i++) {
    columns.kind[i] = i;
    columns.ended[i] = attemptKinds[i] === 'in-flight' ? Number.NaN : i;
  }
  await writeAttempts(dir, run, 't1', columns);
  t.deepEqual(await readAttempts(dir, run, 't1'), columns);
});

test('a torn last event is left out, the ones before it are kept', async (t) => {
  const dir = await directory(t);
  await writeFile(
    join(dir, 'events.ndjson'),
    '{"trial":"t1","t":1,"type":"note","text":"a"}\n{"trial":"t1","t":',
  );
  t.deepEqual(await readEvents(dir), [{ trial: 't1', t: 1, type: 'note', text: 'a' }]);
});

test('a folder that holds no run, and a run of another version, are refused with what was expected', async (t) => {
  const dir = await directory(t);
  await t.throwsAsync(readRun(dir), { message: /not a run directory/ });
  await writeFile(join(dir, 'run.json'), '{"schemaVersion": 99, "environment": {"steelyard": "9.9.9"}}');
  await t.throwsAsync(readRun(dir), { message: /expected schemaVersion 1, got 99.*9\.9\.9/ });
});
