import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AttemptLog, readAttemptLog } from './attempt-log.ts';
import { bench, request, unanswered } from './dispatcher.test-support.ts';
import { attemptKinds } from './recording.ts';

async function fileOf(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-attempts-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return join(dir, 'attempts.log');
}

test('every attempt is read back as it was made; those without an end are in flight', async (t) => {
  const file = await fileOf(t);
  const log = new AttemptLog(file);
  const { dispatcher, clock } = bench({ observer: log });
  const [one, two] = [dispatcher.open(request(7)), dispatcher.open(request(-1))];
  clock.t = 1000.25;
  dispatcher.pick(one);
  clock.t = 1002.5;
  t.true(dispatcher.end(one, 'reset', unanswered));
  dispatcher.pick(one);
  clock.t = 1010;
  dispatcher.end(one, 'ok', { ...unanswered, status: 200 });
  dispatcher.pick(two);
  await log.close();
  const { length, kind, ...columns } = await readAttemptLog(file, 1000);
  t.is(length, 3);
  t.deepEqual(
    [...kind].map((code) => attemptKinds[code]),
    ['reset', 'ok', 'in-flight'],
  );
  t.deepEqual(Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]])), {
    request: [7, 7, -1],
    attempt: [1, 2, 1],
    backend: [0, 1, 0],
    picked: [250, 2500, 10_000],
    ended: [2500, 10_000, Number.NaN],
    status: [0, 200, 0],
  });
});

test('many records keep their order across chunks, and reach the file while it is still open', async (t) => {
  const file = await fileOf(t);
  const log = new AttemptLog(file);
  const { dispatcher } = bench({ observer: log });
  const attempt = (number: number) => {
    const one = dispatcher.open(request(number));
    dispatcher.pick(one);
    dispatcher.end(one, 'ok', unanswered);
  };
  for (let i = 0; i < 10_000; i++) attempt(i);
  const deadline = Date.now() + 10_000;
  let seen = 0;
  while (seen < 10_000 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    seen = (await readAttemptLog(file, 0)).length;
  }
  t.is(seen, 10_000);
  await log.close();
  const { request: numbers } = await readAttemptLog(file, 0);
  t.true(numbers.every((number, i) => number === i));
});

test('a log cut short reads up to its last whole record; an empty one, and one of a process killed at once, are empty', async (t) => {
  const file = await fileOf(t);
  const log = new AttemptLog(file);
  const { dispatcher } = bench({ observer: log });
  for (let i = 0; i < 3; i++) dispatcher.pick(dispatcher.open(request(i)));
  await log.close();
  const bytes = await readFile(file);
  for (const [kept, rows] of [
    [bytes.length - 1, 2],
    [bytes.length - 32, 2],
    [40, 0],
    [32, 0],
    [0, 0],
  ] as const) {
    await writeFile(file, bytes.subarray(0, kept));
    t.is((await readAttemptLog(file, 0)).length, rows, `${kept} bytes`);
  }
});

test('another file is refused', async (t) => {
  const file = await fileOf(t);
  await writeFile(file, 'something else entirely, and long enough to hold a header');
  await t.throwsAsync(readAttemptLog(file, 0), { message: /expected an attempt log/ });
});
