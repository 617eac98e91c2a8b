import test from 'ava';
import type { AttemptRow } from '../harness/recording.ts';
import { attemptsOf } from './fixture-rows.test-support.ts';
import { readmission, shareBins } from './readmission.ts';

/** 40 attempts in every 250 ms, of which `of(ms)` go to the victim, backend 1. */
const attempts = (of: (ms: number) => number) =>
  attemptsOf(
    Array.from({ length: 32 }, (_, bin) => bin * 250).flatMap((ms) =>
      Array.from(
        { length: 40 },
        (_, i): Partial<AttemptRow> => ({ picked: (ms + i) * 1000, backend: i < of(ms) ? 1 : 0 }),
      ),
    ),
  );

const back = {
  victims: new Set([1]),
  fairShare: 0.25,
  taken: 2_000,
  healed: 4_000,
  readmitted: 5_000,
  windowMs: 8_000,
};
const away = (ms: number) => ms >= 2_000 && ms < 5_000;

test('a herd of three times the fair share in one bin is an overshoot of 3', (t) => {
  const found = readmission(
    attempts((ms) => (away(ms) ? 0 : ms === 5_000 ? 30 : 10)),
    back,
  );
  t.like(found, { overshoot: 3, fairAgainMs: 1_000 });
  t.is(found.returnedShare, (30 + 11 * 10) / (12 * 40));
});

test('a slow start: fair again when three quarters of the fair share hold for a second', (t) => {
  const found = readmission(
    attempts((ms) => (away(ms) ? 0 : ms >= 5_000 && ms < 6_000 ? 5 : 10)),
    back,
  );
  t.is(found.fairAgainMs, 2_000);
  t.is(found.overshoot, 1);
});

test('a victim that never comes back is never fair again', (t) => {
  t.deepEqual(
    readmission(
      attempts((ms) => (ms < 2_000 ? 10 : 0)),
      back,
    ),
    { overshoot: 0, returnedShare: 0, fairAgainMs: null },
  );
});

test('hashing gave it half its fair share before, and that is what it is asked for again', (t) => {
  t.is(
    readmission(
      attempts((ms) => (away(ms) ? 0 : 5)),
      back,
    ).fairAgainMs,
    1_000,
  );
});

test('bins with fewer than 20 attempts say nothing', (t) => {
  const few = attemptsOf(Array.from({ length: 19 }, (_, i) => ({ picked: i * 1000, backend: 1 })));
  t.deepEqual(shareBins(few, new Set([1]), 0, 500), [Number.NaN, Number.NaN]);
});
