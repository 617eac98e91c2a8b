import test from 'ava';
import type { Objective } from '../scenarios/scenario.ts';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import type { ContenderSummary } from './summary.ts';
import { rank } from './verdict.ts';

const base = fixtureReport({ contenders: fiveContenders.slice(0, 1) }).summary.contenders[0]!;

/** A contender with these goodputs and deadline-capped p99s, round by round. */
function contender(name: string, rounds: [goodput: number, p99: number][], more = {}): ContenderSummary {
  return {
    ...base,
    name,
    rounds: rounds.map(([goodput, p99], round) => ({
      ...base.rounds[0]!,
      round,
      goodput,
      deadlineLatencyMs: { ...base.deadlineLatencyMs, p99 },
    })),
    ...more,
  };
}

const order = (contenders: ContenderSummary[], objective: Objective) =>
  rank(contenders, objective).map(({ contender: name }) => name);

test('goodput: more is better, and p99 decides between equals', (t) => {
  const [a, b, c] = [contender('a', [[100, 50]]), contender('b', [[200, 90]]), contender('c', [[100, 40]])];
  t.deepEqual(order([a, b, c], 'goodput'), ['b', 'c', 'a']);
});

test('p99 with errors at the deadline: less is better, and goodput decides between equals', (t) => {
  const [a, b, c] = [contender('a', [[100, 50]]), contender('b', [[200, 90]]), contender('c', [[300, 50]])];
  t.deepEqual(order([a, b, c], 'p99'), ['c', 'a', 'b']);
});

test('the median of rounds ranks, so that one lucky round does not', (t) => {
  const lucky = contender('lucky', [
    [900, 1],
    [100, 1],
    [100, 1],
  ]);
  const steady = contender('steady', [
    [200, 1],
    [200, 1],
    [200, 1],
  ]);
  t.deepEqual(order([lucky, steady], 'goodput'), ['steady', 'lucky']);
  t.is(rank([lucky, steady], 'goodput')[1]!.value, 100);
});

test('equals stand by name, whatever the order they came in', (t) => {
  const [a, b] = [contender('a', [[100, 50]]), contender('b', [[100, 50]])];
  t.deepEqual(order([b, a], 'goodput'), ['a', 'b']);
});

test('what failed or was interrupted is never ranked, however good it looked', (t) => {
  const failed = contender('failed', [[999, 1]], { status: 'failed' });
  const cut = contender('cut', [[999, 1]], { status: 'interrupted' });
  t.deepEqual(order([failed, cut, contender('a', [[100, 50]])], 'goodput'), ['a']);
});

test('the sentence names the first, its p99 and errors, and claims no more than it saw', (t) => {
  const { verdict } = fixtureReport().summary;
  t.regex(verdict.sentence, /^p2c-peak-ewma: p99 [\d.]+ ms, 0\.04% errors, 2 requests sacrificed/);
  t.regex(verdict.sentence, /Observed order of 1 round, not proven\.$/);
  t.false(verdict.proven);
  t.deepEqual(verdict.ties, []);
});

test('several rounds are still only observed', (t) => {
  const { verdict } = fixtureReport({ contenders: fiveContenders.slice(0, 2), rounds: 7, rate: 50 }).summary;
  t.regex(verdict.sentence, /Observed order of 7 rounds, not proven\.$/);
});

test('nobody completed: no order, and it says so', (t) => {
  const { verdict } = fixtureReport({ contenders: [{ ...fiveContenders[0]!, fails: true }] }).summary;
  t.deepEqual(verdict.ranking, []);
  t.is(verdict.sentence, 'No contender completed a trial under load, so there is no order.');
});
