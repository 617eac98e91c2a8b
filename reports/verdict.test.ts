import test from 'ava';
import type { Objective } from '../scenarios/scenario.ts';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { rank, standings } from './ranking.ts';
import type { ContenderSummary } from './summary.ts';
import { verdictOf } from './verdict.ts';

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

/** p99 of each round: around `centre`, by a pattern of `spread` that differs from name to name. */
const around = (name: string, centre: number, rounds: number, spread = 0.05) =>
  contender(
    name,
    Array.from({ length: rounds }, (_, i) => [
      100,
      centre * (1 + spread * Math.sin(7 * i + centre + name.length)),
    ]),
  );

test('fewer rounds than could prove it claim nothing', (t) => {
  const { ties, proven, intervals } = standings([around('a', 10, 6), around('bb', 20, 6)], 'p99');
  t.deepEqual({ ties, proven, intervals }, { ties: [], proven: false, intervals: [] });
});

test('seven rounds prove what is clear, and by how much', (t) => {
  const { ties, proven, intervals, leaders } = standings([around('a', 10, 7), around('bb', 20, 7)], 'p99');
  t.true(proven);
  t.deepEqual(leaders, ['a']);
  t.deepEqual(ties, []);
  const [a, b] = intervals;
  t.true(a!.estimate! > 0.45 && a!.estimate! < 0.55 && a!.upper === 1 && a!.lower! < 0.55);
  t.true(b!.estimate! > 1.8 && b!.estimate! < 2.2 && b!.lower === 1 && b!.upper! < 2.3);
});

test('what cannot be told apart is a tie, and stands before what is worse, whatever its median', (t) => {
  const three = [around('a', 10, 9, 0.3), around('bb', 10.2, 9, 0.3), around('ccc', 30, 9)];
  const { ties, proven, leaders } = standings(three, 'p99');
  t.false(proven);
  t.deepEqual(ties, [['a', 'bb']]);
  t.is(rank(three, 'p99', leaders)[2]!.contender, 'ccc');
});

test('one that had no good answer in some round is not the best, and nobody is compared with it', (t) => {
  const blank = around('blank', 1, 7);
  const gap = {
    ...blank,
    rounds: blank.rounds.map((it, i) =>
      i === 3 ? { ...it, deadlineLatencyMs: { ...it.deadlineLatencyMs, p99: null } } : it,
    ),
  };
  const { leaders, intervals } = standings([gap, around('a', 10, 7), around('bb', 20, 7)], 'p99');
  t.deepEqual(leaders, ['a']);
  t.deepEqual(intervals[0], { contender: 'blank', scale: 'ratio', estimate: null, lower: null, upper: null });
});

test('the sentence gives no ratio to a next that had no good answer in some round', (t) => {
  const blank = around('blank', 20, 7);
  const gap = {
    ...blank,
    rounds: blank.rounds.map((it, i) =>
      i === 3 ? { ...it, deadlineLatencyMs: { ...it.deadlineLatencyMs, p99: null } } : it,
    ),
  };
  const { run } = fixtureReport();
  const { sentence } = verdictOf({ ...run, scenario: { ...run.scenario, objective: 'p99', expect: [] } }, [
    gap,
    around('a', 10, 7),
  ]);
  t.regex(
    sentence,
    /^a: .*\. The best, ahead of blank, which had no good answer in some round; 95\.0% certain, over 7 rounds\.$/,
  );
});

test('with rounds enough the sentence claims an order or a tie, and says how surely', (t) => {
  const report = (contenders: typeof fiveContenders) =>
    fixtureReport({ contenders, rounds: 7, rate: 50 }).summary;
  const { sentence, proven, ties } = report(fiveContenders.slice(0, 2)).verdict;
  t.regex(
    sentence,
    proven
      ? /The best, .* times as good as the next, .*; 95\.0% certain, over 7 rounds\.$/
      : /ties with .* \(95\.0% certain, over 7 rounds\)\.$/,
  );
  t.is(proven, ties.length === 0);
});

test('nobody completed: no order, and it says so', (t) => {
  const { verdict } = fixtureReport({ contenders: [{ ...fiveContenders[0]!, fails: true }] }).summary;
  t.deepEqual(verdict.ranking, []);
  t.is(verdict.sentence, 'No contender completed a trial under load, so there is no order.');
});
