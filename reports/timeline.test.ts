import test from 'ava';
import { fixtureRecording } from './fixture-recording.test-support.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';
import { timelineOf } from './timeline.ts';

const trial = { id: 'a', contender: 'p2c', round: 0, windowMs: 1_000 };

test('counts stand where a request ended, percentiles where it was due', (t) => {
  const rows = requestsOf([
    { intended: 0, latency: 300_000 },
    { intended: 10_000, latency: 20_000 },
    { intended: 600_000, outcome: 'lost', cause: 'reset', latency: 1_000 },
    { intended: 610_000, outcome: 'failed', cause: 'status', status: 502, latency: 1_000 },
  ]);
  const lines = timelineOf(trial, rows, attemptsOf([{ backend: 1, picked: 260_000 }]), 2);
  t.deepEqual(
    lines.map(({ t: at, ok, failed, lost }) => [at, ok, failed, lost]),
    [
      [0, 1, 0, 0],
      [250, 1, 0, 0],
      [500, 0, 1, 1],
      [750, 0, 0, 0],
      [1000, 0, 0, 0],
    ],
  );
  t.deepEqual([lines[0]!.p50, lines[0]!.p99, lines[1]!.p99], [20, 300, null]);
  t.deepEqual(lines[2]!.causes, { reset: 1, 'status 502': 1 });
  t.deepEqual(
    lines.map(({ backends }) => backends[1]),
    [0, 1, 0, 0, 0],
  );
});

test('in flight at the end of each step, the warm-up’s leftovers included', (t) => {
  const rows = requestsOf([
    { intended: -100_000, latency: 400_000 },
    { intended: 100_000, latency: 100_000 },
    { intended: 300_000, outcome: 'in-flight' },
    { intended: -500_000, latency: 10_000 },
  ]);
  const lines = timelineOf(trial, rows, attemptsOf([]), 1);
  t.deepEqual(
    lines.map(({ inFlight }) => inFlight),
    [1, 1, 1, 1, 1],
    'first the leftover, then the one that never ends',
  );
});

test('all lines together hold every request of the window that ended, however late', (t) => {
  const { run, rows } = fixtureRecording();
  for (const it of run.trials) {
    const { requests, attempts } = rows.get(it.id)!;
    const lines = timelineOf(it, requests, attempts, 4);
    const sum = (of: (line: (typeof lines)[number]) => number) =>
      lines.reduce((total, line) => total + of(line), 0);
    t.is(
      sum(({ ok }) => ok),
      it.counts.ok,
    );
    t.is(
      sum(({ failed }) => failed),
      it.counts.failed,
    );
    t.is(
      sum(({ lost }) => lost),
      it.counts.lost,
    );
    t.is(
      sum(({ causes }) => Object.values(causes).reduce((a, b) => a + b, 0)),
      it.counts.failed + it.counts.lost,
    );
  }
});
