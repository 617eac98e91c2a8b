import test from 'ava';
import { compare } from './comparison.ts';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { asLimit, inUnit, plural } from './numbers.ts';
import { comparisonTable, conclusion } from './table.ts';

const failing = { ...fiveContenders[4]!, name: 'broken', fails: true };
const { summary } = fixtureReport({ contenders: [...fiveContenders.slice(0, 4), failing] });

test('the terminal table is aligned, plain ASCII but for the dash, and names what failed', (t) => {
  const lines = comparisonTable(summary).split('\n');
  const table = lines.slice(0, 6);
  t.is(new Set(table.map((line) => line.length)).size, 1, table.join('\n'));
  t.regex(table[0]!, /contender +throughput +goodput +p50 +p95 +p99 +errors +sacrificed +detect +recover$/);
  t.true(lines.at(-1)!.startsWith('broken: failed: the balancer ended with code 1'));
  t.false(lines.join('\n').includes('\u001b'), 'no colour');
});

test('the conclusion says that the order is observed, and which expectation was not met, with its numbers', (t) => {
  const unmet = { expectation: 'p99 of p2c is below 1 ms', status: 'fail', detail: 'p2c: 21 ms' } as const;
  const text = conclusion({ ...summary, verdict: { ...summary.verdict, expectations: [unmet] } });
  t.true(text.startsWith(comparisonTable(summary)));
  t.regex(text, /Observed order of 1 round, not proven\./);
  t.true(text.endsWith('Expectation not met: p99 of p2c is below 1 ms (p2c: 21 ms)'));
});

test('ranked contenders first, best first; the failed one last, without a place or a number', (t) => {
  const { rows } = compare(summary);
  t.deepEqual(
    rows.map(({ place }) => place),
    [1, 2, 3, 4, undefined],
  );
  t.is(rows[0]!.contender, 'p2c-peak-ewma');
  t.true(rows[4]!.cells.every(({ text, best }) => text === '–' && !best));
});

test('the best of a column is marked, unless more than half share it', (t) => {
  const { rows, columns } = compare(summary);
  const marked = (label: string) => {
    const column = columns.findIndex((it) => it.label === label);
    return rows.filter(({ cells }) => cells[column]!.best).map(({ contender }) => contender);
  };
  t.deepEqual(marked('time to detect'), ['p2c-peak-ewma']);
  t.deepEqual(marked('sacrificed'), [], 'all four sacrificed the same two');
});

test('columns about faults are absent where there were none', (t) => {
  const calm = { ...summary, contenders: summary.contenders.map((it) => ({ ...it, failover: [] })) };
  t.false(compare(calm).columns.some(({ label }) => label === 'sacrificed'));
});

for (const [value, unit, expected] of [
  [0.4567, 'ms', '0.46 ms'],
  [9.996, 'ms', '10.0 ms'],
  [41.234, 'ms', '41.2 ms'],
  [1234.5, 'ms', '1,235 ms'],
  [12_345, 'ms', '12.3 s'],
  [0, 'ms', '0 ms'],
  [3012.4, '/s', '3,012/s'],
  [0, 'share', '0%'],
  [0.00001, 'share', '<0.01%'],
  [0.0323, 'share', '3.23%'],
  [0.25, 'share', '25.0%'],
  [1, 'share', '100%'],
  [Number.POSITIVE_INFINITY, 'ms', 'never'],
  [undefined, 'ms', '–'],
  [1234, 'requests', '1,234'],
] as const)
  test(`${value} in ${unit} reads ${expected}`, (t) => t.is(inUnit(value, unit), expected));

test('limits read as they were written, counts agree with their noun', (t) => {
  t.deepEqual(
    [
      asLimit(0.01, 'share'),
      asLimit(2000, 'ms'),
      asLimit(800, '/s'),
      asLimit(0.5, 'ms'),
      asLimit(0.025, 'share'),
    ],
    ['1%', '2,000 ms', '800/s', '0.5 ms', '2.5%'],
  );
  t.deepEqual(
    [plural(1, 'round'), plural(0, 'round'), plural(3, 'round')],
    ['1 round', '0 rounds', '3 rounds'],
  );
});

test('what its numbers do not show is said beside a ranked contender', (t) => {
  const alone = fixtureReport({ contenders: fiveContenders.slice(0, 1), rate: 100 }).summary;
  const [one] = alone.contenders;
  const requests = { ...one!.requests, inFlightAtEnd: 900, notSent: 12 };
  const { rows } = compare({ ...alone, contenders: [{ ...one!, requests }] });
  t.is(rows[0]!.note, '900 requests never answered, 12 requests not sent for want of a connection');
  t.is(compare(alone).rows[0]!.note, undefined);
});
