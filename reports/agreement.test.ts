/** What counts as the same conclusion, on made-up runs beside made-up twins. */
import test from 'ava';
import { agreementOf } from './agreement.ts';
import { agreementSentence, agreementTable } from './agreement-table.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import type { Sample } from './sample.ts';

const report = fixtureReport({ rounds: 3 }, undefined, 'twins');
const { run, folds, summary } = report;
const names = run.contenders.map(({ name }) => name);

/** The agreement where the twins of one contender, or of all, were otherwise. */
function where(change: (simulated: Sample) => Sample, of = names) {
  const changed = folds.map((fold) =>
    of.includes(fold.trial.contender) ? { ...fold, simulated: change(fold.simulated!) } : fold,
  );
  return agreementOf(run, changed, summary.contenders)!;
}

const slower = (factor: number) => (it: Sample) => ({
  ...it,
  ok: Float64Array.from(it.ok as Float64Array, (latency) => latency * factor),
});
const verdicts = ({ findings }: ReturnType<typeof where>) => findings.map(({ ok }) => ok);

test('twins a tenth faster come to the same conclusion', (t) => {
  const { agreement } = summary;
  t.deepEqual(verdicts(agreement!), [true, true, true]);
  t.deepEqual(
    agreement!.contenders.map(({ name }) => name),
    names,
  );
  t.is(agreementSentence(agreement!.findings), 'Measured and simulated agree.');
  t.is(agreementTable(summary).rows.length, names.length);
});

test('a p99 more than 15% away, either way, is apart, and named with both numbers', (t) => {
  for (const factor of [1.3, 0.7]) {
    const found = where(slower(factor), [names[0]!]);
    t.is(found.findings[2]!.ok, false);
    t.regex(
      found.findings[2]!.detail,
      new RegExp(`^${names[0]}: measured [\\d.,]+ ms, simulated [\\d.,]+ ms$`),
    );
    t.regex(agreementSentence(found.findings), /differ: .*p99 within 15%/);
  }
});

test('an error rate more than a point away is apart', (t) => {
  const failing = (share: number) => (it: Sample) => ({
    ...it,
    requests: { ...it.requests, failed: it.requests.failed + share * it.requests.sent },
  });
  t.is(where(failing(0.005)).findings[1]!.ok, true);
  t.is(where(failing(0.02)).findings[1]!.ok, false);
});

test('past its capacity a p99 is shown and not held against', (t) => {
  const overloaded = where((it) => ({
    ...slower(5)(it),
    requests: { ...it.requests, late: it.requests.sent / 10 },
  }));
  t.is(overloaded.findings[2]!.ok, null);
  t.true(overloaded.contenders.every(({ overloaded, p99Ms }) => overloaded && p99Ms.agree === null));
});

test('another winner is apart, unless the two tie on both sides', (t) => {
  const [best, ...others] = summary.agreement!.winner.measured;
  t.deepEqual(others, [], 'the fixture has a plain winner');
  const idle = (it: Sample) => ({ ...it, good: it.good / 2, ok: slower(9)(it).ok, atDeadline: 0 });
  const lost = where(idle, [best!]);
  t.is(lost.findings[0]!.ok, false);
  t.regex(lost.findings[0]!.detail, new RegExp(`^measured: ${best}; simulated: `));
  t.false(lost.winner.simulated.includes(best!));
});

test('a simulation has no twins to agree with, and one contender alone wins nothing', (t) => {
  t.is(fixtureReport().summary.agreement, undefined);
  const alone = folds.filter(({ trial }) => trial.contender === names[0]);
  const found = agreementOf(run, alone, summary.contenders.slice(0, 1))!;
  t.is(found.findings[0]!.ok, null);
});
