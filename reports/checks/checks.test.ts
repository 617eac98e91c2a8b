import test from 'ava';
import { type Expectation, scenarioSchema } from '../../scenarios/scenario.ts';
import { failoverInput, fiveContenders } from '../fixture-recording.test-support.ts';
import { fixtureReport } from '../fixture-report.test-support.ts';
import { checks } from '../verdict.ts';

const failing = { ...fiveContenders[0]!, name: 'broken', fails: true };
const { contenders } = fixtureReport({ contenders: [...fiveContenders, failing] }).summary;
const working = contenders.filter(({ name }) => name !== 'broken');

function judged(expectation: object, among = working) {
  const { expect } = scenarioSchema.parse({ ...failoverInput, expect: [expectation] });
  const [check, ...others] = [...checks.values()].filter((it) => it.accepts(expect[0] as Expectation));
  if (!check || others.length > 0) throw new Error('expected exactly one check');
  return check.judge(expect[0] as Expectation, among);
}

const cases: [object, 'pass' | 'fail' | 'unknown', RegExp, string][] = [
  [{ metric: 'detection', contender: 'p2c', below: '331ms' }, 'pass', /^p2c: 330 ms$/, 'just below'],
  [
    { metric: 'detection', contender: 'p2c', below: '330ms' },
    'fail',
    /^p2c: 330 ms$/,
    'the limit itself is not below it',
  ],
  [
    { metric: 'detection', contender: 'p2c', above: '300ms', below: '400ms' },
    'pass',
    /330/,
    'between two limits',
  ],
  [
    { metric: 'errorRate', below: '1%' },
    'fail',
    /^random: 3.\d\d%$/,
    'one of all is enough to fail, and is named alone',
  ],
  [{ metric: 'errorRate', below: '5%' }, 'pass', /p2c: .*random: /, 'all of them pass'],
  [{ metric: 'goodput', contender: 'p2c', above: '500/s' }, 'pass', /599\/s/, 'a rate, and more is better'],
  [{ metric: 'p99', contender: 'p2c', phase: 'during', below: '1s' }, 'pass', /ms/, 'of one phase'],
  [
    { metric: 'detection', contender: 'p2c', phase: 'during', below: '1s' },
    'unknown',
    /not measured/,
    'a fault has no phases',
  ],
  [{ metric: 'p99', contender: 'nobody', below: '1s' }, 'unknown', /nobody did not run/, 'a stranger'],
  [{ better: 'p2c', than: 'random', metric: 'p99' }, 'pass', /p2c: .* ms, random: .* ms/, 'plainly better'],
  [{ better: 'random', than: 'p2c', metric: 'goodput' }, 'fail', /random/, 'plainly worse'],
  [{ better: 'p2c', than: 'p2c', metric: 'p99' }, 'fail', /p2c/, 'equal is not better'],
  [{ better: 'p2c', than: 'random', metric: 'errorRate', by: '90%' }, 'pass', /0.04%/, 'better by a margin'],
  [{ better: 'p2c', than: 'random', metric: 'p99', by: '90%' }, 'fail', /ms/, 'better, but not by that much'],
];

for (const [expectation, status, detail, why] of cases)
  test(`${status}: ${why} (${JSON.stringify(expectation)})`, (t) => {
    const result = judged(expectation);
    t.is(result.status, status, result.detail);
    t.regex(result.detail, detail);
    t.true(result.expectation.length > 10);
  });

test('a contender that failed is unknown, unless another has failed the limit itself', (t) => {
  t.is(judged({ metric: 'errorRate', below: '5%' }, contenders).status, 'unknown');
  t.is(judged({ metric: 'errorRate', below: '1%' }, contenders).status, 'fail');
  t.is(judged({ better: 'p2c', than: 'broken', metric: 'p99' }, contenders).status, 'unknown');
});

test('never recovered fails a limit, and is no better than anything', (t) => {
  const never = working.map((it) => ({
    ...it,
    failover: it.failover.map((one) => ({ ...one, recoverMs: null })),
  }));
  t.like(judged({ metric: 'recovery', contender: 'p2c', below: '1h' }, never), {
    status: 'fail',
    detail: 'p2c: never',
  });
  t.is(judged({ better: 'p2c', than: 'random', metric: 'recovery' }, never).status, 'fail');
});
