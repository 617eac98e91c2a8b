/** Every line is counted once, arrivals come in order, incidents are found where they were, and little is held meanwhile. */
import test from 'ava';
import fc from 'fast-check';
import { Disguise } from './disguise.ts';
import { LogImport, type Stretch } from './log-import.ts';
import type { Attempt, Failure, Logged, Read } from './logged.ts';
import { fitted } from './proposal.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { formats } from './recognise.ts';

const all: Stretch = { from: 0, to: Number.POSITIVE_INFINITY, absolute: false };
const keepAll = { keepAddresses: true, keepQueries: true, keepIds: true };

function importing(stretch = all) {
  const at: number[] = [];
  const disguise = new Disguise(new Pseudonyms('a'), keepAll);
  const it = new LogImport({ disguise, stretch, row: (time) => at.push(time) });
  return { it, at };
}

const epoch = Date.UTC(2026, 0, 1);

/** A request that came at `at` ms and took `took`. */
function request(at: number, took: number, attempts: readonly Attempt[], status = 200): Logged {
  return {
    ...{ stamp: epoch + at + took, blur: 0, at: epoch + at, took, status, attempts },
    ...{
      client: '192.0.2.1',
      user: undefined,
      method: 'GET',
      target: '/',
      host: undefined,
      body: undefined,
      answer: 100,
    },
  };
}
const attempt = (
  backend: string,
  took: number,
  failure?: Failure,
  status = failure === undefined ? 200 : 502,
): Attempt => ({
  backend,
  took,
  status,
  failure,
});

test('every line is counted once: read or damaged, and of those read replayed or left out', (t) => {
  const lines = fc.array(
    fc.oneof(
      fc.constant('is no line'),
      fc
        .tuple(fc.nat(20_000), fc.nat(3000), fc.constantFrom(200, 404, 502))
        .map(([at, took, status]) => request(at, took, at % 3 === 0 ? [] : [attempt('a', took)], status)),
      fc.string({ unit: 'binary' }).map((text): Read => formats.get('combined')!.line(text)),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(lines, fc.nat(10_000), fc.nat(10_000), (given, from, length) => {
      const { it, at } = importing({ from, to: from + length, absolute: false });
      for (const [i, line] of given.entries()) it.line(i + 1, line);
      it.end();
      t.is(it.lines, given.length);
      t.is(it.parsed + it.damagedLines, it.lines);
      t.is(it.replayed + it.outside + it.byBalancer + it.noRequests, it.parsed);
      t.is(at.length, it.replayed);
      t.deepEqual(
        at,
        at.toSorted((a, b) => a - b),
      );
      t.true(at.every((time) => time >= 0 && time < length));
    }),
    { numRuns: 300 },
  );
});

test('the first damaged lines are kept with their numbers, and no more of them', (t) => {
  const { it } = importing();
  for (let i = 1; i <= 100; i++) it.line(i, 'is empty');
  t.is(it.damagedLines, 100);
  t.deepEqual(
    it.damages.map(({ line }) => line),
    [1, 2, 3, 4, 5],
  );
});

test('lines whose times are whole seconds are spread over them, in their order', (t) => {
  const { it, at } = importing();
  const line = formats.get('common')!.line;
  for (const [i, second] of [0, 0, 0, 0, 1, 2, 2].entries())
    it.line(i, line(`192.0.2.1 - - [01/Jan/2026:00:00:0${second} +0000] "GET / HTTP/1.1" 200 1`));
  it.end();
  t.deepEqual(at, [0, 250, 500, 750, 1375, 2125, 2625]);
});

test('what is held is bounded by what is in flight, whatever the length of the log', (t) => {
  const held = [20_000, 80_000].map((n) => {
    const { it } = importing();
    for (let i = 0; i < n; i++)
      it.line(
        i + 1,
        request(i * 10, i % 1000 === 0 ? 500 : 20, [
          attempt(`10.0.0.${i % 3}:80`, i % 1000 === 0 ? 500 : 20),
        ]),
      );
    it.end();
    t.is(it.replayed, n);
    return it.held;
  });
  for (const { arrivals, answers, cells } of held) {
    t.true(arrivals <= 6100, `${arrivals} requests wait for their turn: those of a minute`);
    t.true(answers <= 60, `${answers} attempts wait for their end`);
    t.true(cells <= 16_384, `${cells} cells`);
  }
  t.true(held[1]!.arrivals <= held[0]!.arrivals + 1);
});

/** 100 requests/s for 30 s over three backends; `spoil` says what becomes of one. */
function incident(spoil: (at: number, backend: number, took: number) => Logged | undefined) {
  const { it } = importing();
  const lines: Logged[] = [];
  for (let i = 0; i < 9000; i++) {
    const at = i * (10 / 3);
    const took = 5 + ((i * 7919) % 1000) / 100;
    const line = spoil(at, i % 3, took) ?? request(at, took, [attempt(`app-${i % 3}`, took)]);
    lines.push(line);
  }
  lines.sort((a, b) => a.stamp - b.stamp);
  for (const [i, line] of lines.entries()) it.line(i + 1, line);
  it.end();
  return fitted(it.survey, 30_000).proposals.map(({ times: _, ...rest }) => rest);
}
const within = (at: number, from: number, to: number) => at >= from && at < to;

test('nothing is proposed where nothing happened', (t) => {
  t.deepEqual(
    incident(() => undefined),
    [],
  );
});

for (const [failure, kind] of [
  ['refused', 'crash'],
  ['silent', 'vanish'],
  ['timeout', 'freeze'],
] as const)
  test(`a silence in which requests were ${failure} is a ${kind}, to within 50 ms`, (t) => {
    const [found, ...more] = incident((at, backend, took) =>
      backend === 1 && within(at, 12_000, 17_000)
        ? request(at, took + 1, [attempt('app-1', 1, failure), attempt('app-2', took)])
        : undefined,
    );
    t.deepEqual(more, []);
    t.is(found!.kind, kind);
    t.true(Math.abs(found!.at - 12_000) < 50 && Math.abs(found!.until! - 17_000) < 50, JSON.stringify(found));
    t.regex(
      found!.evidence,
      /no request answered from 12\.00 s to 17\.0\d s, 1,\d+ by others meanwhile; 500 /,
    );
  });

test('a silence without a failure is proposed as a crash, and says that it may have been a drain', (t) => {
  const [found, ...more] = incident((at, backend, took) =>
    backend === 1 && within(at, 12_000, 17_000) ? request(at, took, [attempt('app-2', took)]) : undefined,
  );
  t.deepEqual(more, []);
  t.is(found!.kind, 'crash');
  t.true(Math.abs(found!.at - 12_000) < 50 && Math.abs(found!.until! - 17_000) < 50);
  t.regex(found!.evidence, /drained\?/);
});

test('requests that were answered only when a silence ended say that it stood still', (t) => {
  const found = incident((at, backend) =>
    backend === 1 && within(at, 12_000, 14_000)
      ? request(at, 14_000 - at + 5, [attempt('app-1', 14_000 - at + 5)])
      : undefined,
  );
  t.true(
    found.some(
      ({ kind, at, until }) =>
        kind === 'freeze' && Math.abs(at - 12_000) < 100 && Math.abs(until! - 14_000) < 100,
    ),
  );
});

test('a burst of errors has its status, its share and its windows', (t) => {
  const [found, ...more] = incident((at, backend, took) =>
    backend === 2 && within(at, 20_000, 22_000) && Math.floor(at / 10) % 2 === 0
      ? request(at, took, [attempt('app-2', took, 'error', 503)], 503)
      : undefined,
  );
  t.deepEqual(more, []);
  t.like(found, { kind: 'error', at: 20_000, until: 22_000, backend: 2 });
  t.is(found!.options.status, 503);
  t.true(Math.abs(Number.parseFloat(String(found!.options.share)) - 50) < 5, JSON.stringify(found));
});

test('times that are stretched are slow by a factor; times of another shape are a law', (t) => {
  const [slow, ...more] = incident((at, backend, took) =>
    backend === 0 && within(at, 10_000, 15_000)
      ? request(at, took * 3, [attempt('app-0', took * 3)])
      : undefined,
  );
  t.deepEqual(more, []);
  t.is(slow!.kind, 'slow');
  t.true(Math.abs(Number(slow!.options.factor) - 3) < 0.1);
  t.true(Math.abs(slow!.at - 10_000) <= 100 && Math.abs(slow!.until! - 15_000) <= 100);
  const [law] = incident((at, backend, took) =>
    backend === 0 && within(at, 10_000, 15_000) && took > 13
      ? request(at, 400, [attempt('app-0', 400)])
      : undefined,
  );
  t.is(law!.kind, 'law');
  t.true(Math.abs(law!.at - 10_000) <= 200 && Math.abs(law!.until! - 15_000) <= 200);
});
