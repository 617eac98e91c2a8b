import test from 'ava';
import type { RequestRow } from '../harness/recording.ts';
import { Deadline } from './deadline.ts';
import { requestsOf } from './fixture-rows.test-support.ts';
import { samplesOf } from './sample.ts';

const limits = { deadline: 1_000, timeout: 10_000 };
const sampled = (rows: Partial<RequestRow>[], union: { from: number; to: number }[] = [], load = limits) => {
  const columns = requestsOf(rows);
  return samplesOf(columns, new Deadline(columns, load, 4_000), union, 4_000);
};

test('each outcome is counted once, and sent = ok + failed + lost + aborted + in flight', (t) => {
  const { whole } = sampled([
    { latency: 10_000 },
    { latency: 1_500_000 },
    { outcome: 'failed', cause: 'status', status: 503, latency: 2_000 },
    { outcome: 'failed', cause: 'refused', latency: 100 },
    { outcome: 'lost', cause: 'reset', latency: 5_000 },
    { outcome: 'in-flight', cause: 'end-of-run', intended: 3_900_000 },
    { outcome: 'not-sent', cause: 'no-connection-left' },
    { outcome: 'aborted', cause: 'client-left', latency: 20_000 },
  ]);
  t.deepEqual(whole.requests, {
    ...{ sent: 7, ok: 2, failed: 2, lost: 1, aborted: 1, inFlightAtEnd: 1, notSent: 1, late: 1 },
    byOutcome: { ok: 2, 'failed-503': 1, 'failed-refused': 1, 'lost-reset': 1, 'in-flight': 1, aborted: 1 },
  });
});

test('the warm-up does not count', (t) => {
  const { whole } = sampled([{ intended: -1 }, { intended: 0 }]);
  t.is(whole.requests.sent, 1);
});

test('throughput counts complete responses within the window, goodput those ok and in time', (t) => {
  const { whole } = sampled([
    { latency: 10_000 },
    { latency: 1_500_000 },
    { outcome: 'failed', cause: 'status', status: 503, latency: 2_000 },
    { outcome: 'failed', cause: 'refused', latency: 100 },
    { intended: 3_999_000, latency: 2_000 },
  ]);
  t.is(
    whole.complete,
    3,
    'ok, late and 503; the refused one was no response, the last one arrived after the window',
  );
  t.is(whole.good, 1, 'only the first was ok and in time');
});

test('a request belongs to the phase it was due in, a response to the phase it arrived in', (t) => {
  const { phases } = sampled([{ intended: 990_000, latency: 20_000 }], [{ from: 1_000, to: 2_000 }]);
  t.is(phases!.before.requests.ok, 1);
  t.is(phases!.during.requests.ok, 0);
  t.is(phases!.before.good, 0);
  t.is(phases!.during.good, 1);
  t.is(phases!.during.seconds, 1);
});

test('without a fault there are no phases', (t) => t.is(sampled([{}]).phases, null));

for (const [row, bad, capped, why] of [
  [{ latency: 10_000 }, false, 10_000, 'ok in time'],
  [{ latency: 1_000_000 }, false, 1_000_000, 'exactly at the deadline is in time'],
  [{ latency: 1_200_000 }, true, 1_000_000, 'late counts at the deadline'],
  [{ outcome: 'failed', latency: 50 }, true, 1_000_000, 'a quick failure counts at the deadline'],
  [{ outcome: 'lost', latency: 50 }, true, 1_000_000, 'a loss counts at the deadline'],
  [{ outcome: 'aborted', latency: 20_000 }, false, 20_000, 'a client that left: at least so long'],
  [{ outcome: 'aborted', latency: 1_200_000 }, true, 1_000_000, 'a client that left after the deadline'],
  [{ outcome: 'in-flight', intended: 2_000_000 }, true, 1_000_000, 'in flight and older than the deadline'],
  [
    { outcome: 'in-flight', intended: 3_500_000 },
    false,
    500_000,
    'in flight and still young counts at its age',
  ],
  [{ outcome: 'not-sent' }, false, Number.NaN, 'what was never sent has no latency'],
] as [Partial<RequestRow>, boolean, number, string][])
  test(`judged by a deadline of 1 s: ${why}`, (t) => {
    const deadline = new Deadline(requestsOf([row]), limits, 4_000);
    t.is(deadline.bad(0), bad);
    t.is(deadline.cappedLatency(0), capped);
  });

test('without a deadline nothing is late, and the timeout is where errors count', (t) => {
  const rows = requestsOf([{ latency: 9_000_000 }, { outcome: 'lost', latency: 1 }]);
  const deadline = new Deadline(rows, { deadline: undefined, timeout: 10_000 }, 4_000);
  t.false(deadline.bad(0));
  t.is(deadline.cappedLatency(1), 10_000_000);
});
