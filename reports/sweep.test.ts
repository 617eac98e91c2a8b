import test from 'ava';
import { fixtureReport } from './fixture-report.test-support.ts';
import { sweepCommand, sweepPage } from './formats/sweep-page.ts';
import { fixtureSweep, sweptContender } from './sweep.test-support.ts';
import { kneeOf, sweepPoint, unanswered } from './sweep.ts';
import { sweepCsv } from './sweep-csv.ts';
import { sweepText } from './sweep-report.ts';

const about = { value: 0.9, set: 'load.open.utilization=0.9', utilization: 0.9, run: null, why: 'so' };

test('a point keeps the numbers of the summary, and knows contenders that never began', (t) => {
  const { summary } = fixtureReport();
  const [first] = summary.contenders;
  const point = sweepPoint(summary, [first!.name, 'late-comer'], about);
  t.like(point, { ...about, status: 'complete', broken: [] });
  t.like(point.contenders[0], {
    requests: first!.requests,
    latencyMs: first!.latencyMs,
    goodput: first!.goodput,
  });
  t.deepEqual(point.contenders[1], {
    ...{ name: 'late-comer', status: 'interrupted', requests: null, errorRate: null },
    ...{ throughput: null, goodput: null, latencyMs: null },
  });
});

test('a point whose recording fails its audit is invalid, and says which law', (t) => {
  const { summary } = fixtureReport({}, ({ run }) => {
    run.trials[0]!.counts.ok += 1;
  });
  const point = sweepPoint(summary, [], about);
  t.is(point.status, 'invalid');
  t.regex(point.broken.join(), /conservation: .*sent/);
});

for (const [sentence, bad, expected] of [
  ['one bad request in a hundred: the p99 stands', 100, 400],
  ['one more: it has no value', 101, Number.POSITIVE_INFINITY],
] as const)
  test(sentence, (t) => {
    const contender = sweptContender('p2c', 400);
    const requests = {
      ...contender.requests!,
      ok: 10_000 - bad,
      failed: bad - 50,
      lost: 20,
      inFlightAtEnd: 30,
    };
    t.is(kneeOf({ ...contender, requests }), expected);
    t.is(unanswered({ ...contender, requests }), bad / 10_000);
  });

test('a trial that failed or was cut short has no p99 to draw', (t) => {
  t.is(kneeOf(sweptContender('p2c', 'failed')), undefined);
  t.is(kneeOf({ ...sweptContender('p2c', 40), status: 'interrupted' }), undefined);
});

const sweep = fixtureSweep({ 'p<2>c': (load) => 40 / (1.5 - load), broken: () => 'failed' });

test('the rows for a spreadsheet: a contender at a point each, empty where there is no number', (t) => {
  const lines = sweepCsv(sweep).trimEnd().split('\r\n');
  t.is(lines.length, 1 + 3 * 2);
  t.is(new Set(lines.map((line) => line.split(',').length)).size, 1);
  t.true(lines[1]!.startsWith('theory,load.open.utilization,0.5,,1,0.5,p<2>c,complete,10000,10000,0,'));
  t.regex(lines[2]!, /,broken,failed,,+$/);
});

test('the terminal has the table, the title and what failed', (t) => {
  const text = sweepText(sweep);
  t.regex(text, /^p99 +p<2>c +broken\n50% +40\.0 ms +failed\n/);
  t.true(text.includes('broken failed at load.open.utilization=0.7: it threw\n'), text);
});

test('the page is text where it is told text, names the command, and says what failed', async (t) => {
  const page = await sweepPage({ ...sweep, status: 'interrupted', points: sweep.points.slice(0, 2) });
  t.notRegex(page, /<2>/);
  t.regex(page, /This sweep was interrupted: it has 2 of 3 points of load\.open\.utilization\./);
  t.regex(page, /broken failed at load\.open\.utilization=0\.5: it threw/);
  t.is(
    sweepCommand(sweep),
    "steelyard simulate theory.yaml --sweep load.open.utilization=0.5,0.7,0.9 --contenders 'p<2>c,broken' --rounds 1 --seed 1 --set fleet.0.count=4",
  );
});
