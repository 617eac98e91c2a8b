import test from 'ava';
import type { RequestRow } from '../harness/recording.ts';
import { Deadline } from './deadline.ts';
import { answersIn, delayed, delayStretch } from './delayed.ts';
import { requestsOf } from './fixture-rows.test-support.ts';

/** A request each millisecond for 4 s; the fault is asked for at 2 s. Latencies in ms, 10 to 19 before it. */
function judged(latency: (due: number) => number, until = 3_000, deadline?: number) {
  const rows = requestsOf(
    Array.from({ length: 4_000 }, (_, due) => ({
      ...{ index: due, intended: due * 1000, sent: due * 1000 },
      latency: (due < 2_000 ? 10 + (due % 10) : latency(due)) * 1000,
    })),
  );
  const judge = new Deadline(rows, { deadline, timeout: 10_000 }, 4_000);
  const { reference, from, to } = delayStretch(2_000, 2_000, until, 4_000);
  return delayed(answersIn(rows, judge, reference, from), answersIn(rows, judge, from, to));
}

test('as before: none', (t) =>
  t.is(
    judged((due) => 10 + (due % 10)),
    0,
  ));

test('slower than nearly all of before, while the fault was felt', (t) => {
  t.is(
    judged((due) => (due < 2_250 ? 50 : 10)),
    250,
  );
  t.is(
    judged((due) => (due < 3_500 ? 50 : 10)),
    1_000,
    'and not afterwards',
  );
  t.is(
    judged((due) => (due < 3_500 ? 50 : 10), Number.POSITIVE_INFINITY),
    1_500,
    'unless it always was',
  );
});

test('slower by less than a recording tells apart is not slower', (t) =>
  t.is(
    judged(() => 19.05),
    0,
  ));

test('late requests are bad ones, not delayed ones', (t) => {
  t.is(
    judged((due) => (due < 2_250 ? 50 : due < 2_400 ? 5_000 : 10), 3_000, 1_000),
    250,
  );
});

test('the hundredth that was slower before is expected after, too', (t) => {
  const rows: Partial<RequestRow>[] = Array.from({ length: 3_000 }, (_, due) => ({
    ...{ index: due, intended: due * 1000, sent: due * 1000 },
    latency: due % 200 === 0 ? 90_000 : 10_000,
  }));
  const columns = requestsOf(rows);
  const judge = new Deadline(columns, { timeout: 10_000 }, 3_000);
  t.is(delayed(answersIn(columns, judge, 0, 2_000), answersIn(columns, judge, 2_000, 3_000)), 0);
});

test('fewer than a hundred good requests before are no reference', (t) => {
  const none = { cells: new Map([[200, 99]]), late: 0 };
  t.is(delayed(none, none), null);
  t.is(delayed({ ...none, cells: new Map([[200, 100]]) }, none), 0);
});

test('whole bins of 100 ms around the moment the fault took, within 2 s before it and the window', (t) => {
  t.deepEqual(delayStretch(2_995, 3_003, 3_450, 9_000), { reference: 1_003, from: 2_903, to: 3_503 });
  t.deepEqual(delayStretch(503, 503, Number.POSITIVE_INFINITY, 1_000), {
    reference: 3,
    from: 503,
    to: 1_003,
  });
});
