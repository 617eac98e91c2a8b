/** What `--all` says of scenarios that did not go as they should. */
import test from 'ava';
import { fixtureReport } from '../../reports/fixture-report.test-support.ts';
import { type AllResult, allText, resultOf, scenarioLine } from './all-results.ts';

const { summary } = fixtureReport({ rounds: 3 }, undefined, 'twins');
const ended = { name: 'failover', dir: '/results/failover', code: 0, wallMs: 3_100, summary, stderr: '' };
const all = (...scenarios: AllResult['scenarios']): AllResult => ({
  ...{ schemaVersion: 1, command: 'run', tier: 'whole', driver: 'docker', status: 'complete' },
  scenarios,
  leftOut: ['regions'],
});

test('what was measured and what was simulated stand in a column, and their differences below', (t) => {
  const same = resultOf(ended);
  t.deepEqual(same.apart, []);
  const findings = [{ check: 'winner', ok: false, detail: 'measured: a; simulated: b' }];
  const other = resultOf({
    ...{ ...ended, name: 'spike' },
    summary: { ...summary, agreement: { ...summary.agreement!, findings } },
  });
  const text = allText(all(same, other));
  t.regex(text, /scenario +held +rounds +time +first +simulated$/m);
  t.regex(text, /^ok +failover .* agrees$/m);
  t.regex(text, /^ok +spike .* differs$/m);
  t.regex(text, /^spike: winner: measured: a; simulated: b$/m);
  t.regex(text, /^Not for the docker driver: regions\.$/m);
  t.regex(text, /^2 of 2 scenarios are good; /m, 'a difference fails nobody');
});

test('a scenario that left no summary says why; one that was interrupted is no failure', (t) => {
  const broken = resultOf({ ...ended, code: 1, summary: undefined, stderr: 'no Docker' });
  t.like(broken, { status: 'failed', wrong: ['no Docker'] });
  t.regex(scenarioLine(broken, 8), /^FAIL failover +failed +3\.1 s$/);
  t.like(resultOf({ ...ended, code: 130, summary: undefined }), { status: 'interrupted', wrong: [] });
});

test('an invalid run is named with what its audit found', (t) => {
  const findings = [{ check: 'conservation', ok: false, detail: 'p2c: sent 3, but 2 ok' }];
  const invalid = resultOf({
    ...ended,
    code: 3,
    summary: { ...summary, status: 'invalid', audit: { passed: false, findings } },
  });
  t.regex(allText(all(invalid)), /^failover: its own audit: conservation: p2c: sent 3, but 2 ok$/m);
});
