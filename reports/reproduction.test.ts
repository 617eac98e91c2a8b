import test from 'ava';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { reproduction } from './reproduction.ts';
import type { Summary, Verdict } from './summary.ts';

const { summary } = fixtureReport({ contenders: fiveContenders.slice(0, 3) });
const [a, b, c] = summary.verdict.ranking.map(({ contender }) => contender) as [string, string, string];
const but = (verdict: Partial<Verdict>): Summary => ({
  ...summary,
  verdict: { ...summary.verdict, ...verdict },
});
const first = (name: string) =>
  but({
    ranking: [...summary.verdict.ranking].sort(
      (x, y) => Number(y.contender === name) - Number(x.contender === name),
    ),
  });
const winner = (before: Summary, after: Summary) => reproduction(before, after)[0]!;

test('the same winner again; another one', (t) => {
  t.true(winner(summary, summary).ok);
  t.is(winner(summary, summary).detail, `${a} (observed), and again ${a} (observed)`);
  t.false(winner(summary, first(b)).ok);
});

test('of a tie, any member may win again, and nobody else', (t) => {
  const tied = but({ ties: [[a, b]] });
  t.true(winner(tied, first(b)).ok);
  t.false(winner(tied, first(c)).ok);
  t.true(winner(tied, but({ ties: [[b, c]] })).ok);
});

test('an expectation that is met no longer', (t) => {
  const met = { expectation: 'p99 is low', status: 'pass', detail: '1 ms' } as const;
  const before = but({ expectations: [met] });
  const [, same] = reproduction(before, before);
  t.like(same, { ok: true, detail: 'all 1 as before' });
  const [, other] = reproduction(before, but({ expectations: [{ ...met, status: 'fail', detail: '9 ms' }] }));
  t.like(other, { ok: false, detail: 'p99 is low: pass, and again fail (9 ms)' });
  t.is(reproduction(summary, summary)[1]!.ok, summary.verdict.expectations.length === 0 ? null : true);
});
