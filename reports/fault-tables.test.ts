import test from 'ava';
import { costTable, courseTable, namedFault, terminalTable } from './fault-tables.ts';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { comparisonTable } from './table.ts';

const { summary } = fixtureReport({ contenders: [fiveContenders[2]!] });
const row = ({ columns, rows }: ReturnType<typeof courseTable>) =>
  Object.fromEntries(columns.map((column, i) => [column, rows[0]!.cells[i]]));

test('the course of a crash, in order', (t) => {
  t.deepEqual(row(courseTable(summary)), {
    'asked for at': '2.50 s',
    'taken after': '3.00 ms',
    'last sent to it': '326 ms',
    ejected: '330 ms',
    detected: '330 ms',
    recovered: '300 ms',
    'healed at': '5.00 s',
    'taken back': '999 ms',
    'fair share again': '1,000 ms',
  });
});

test('what it cost', (t) => {
  const cost = row(costTable(summary));
  t.is(cost.sacrificed, String(summary.contenders[0]!.failover[0]!.sacrificed));
  t.regex(cost['attempts per request']!, /^1\.0\d+$/);
  t.regex(cost.overshoot!, /^1\.\d\d × fair$/);
});

test('a fault that was not healed has no return, and one of the load no victim', (t) => {
  const [one] = summary.contenders;
  const [failover] = one!.failover;
  const unhealed = { ...failover!, healedMs: null, readmittedMs: null, fairAgainMs: null };
  const spike = {
    ...unhealed,
    kind: 'spike',
    backends: [],
    detectMs: null,
    ejectedMs: null,
    lastSentMs: null,
  };
  const { rows } = courseTable({ ...summary, contenders: [{ ...one!, failover: [unhealed, spike] }] });
  t.deepEqual(rows[0]!.cells.slice(-3), ['never', '–', '–']);
  t.deepEqual(rows[1]!.cells.slice(2, 5), ['–', '–', '–']);
  t.is(rows[1]!.fault, 'spike');
  t.is(namedFault(failover!), 'crash of app-2');
});

test('a terminal shows few faults and leaves many to the report', (t) => {
  t.regex(comparisonTable(summary), /^crash of app-2 +last sent +ejected.*\np2c +326 ms/m);
  const [one] = summary.contenders;
  const flapping = { ...one!, failover: Array.from({ length: 13 }, () => one!.failover[0]!) };
  t.is(terminalTable({ ...summary, contenders: [flapping] }).rows.length, 13);
  t.notRegex(comparisonTable({ ...summary, contenders: [flapping] }), /last sent/);
});
