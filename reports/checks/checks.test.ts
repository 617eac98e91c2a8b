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
  [
    { metric: 'share', backend: 'app-2', contender: 'p2c', phase: 'during', below: '10%' },
    'pass',
    /^p2c: 3\.\d\d%$/,
    'the share of one backend, in one phase',
  ],
  [
    {
      metric: 'share',
      backend: ['app-1', 'app-3', 'app-4'],
      contender: 'p2c',
      phase: 'during',
      above: '97%',
    },
    'fail',
    /^p2c: 96\.\d%$/,
    'of several together',
  ],
  [
    { metric: 'share', backend: 'zone:b', contender: 'p2c', above: '0%' },
    'unknown',
    /not measured/,
    'of a zone nobody is in',
  ],
  [
    { metric: 'victimShare', contender: ['p2c', 'random'], below: '11%' },
    'pass',
    /^p2c: 3\.\d\d%; random: 10\.\d%$/,
    'of whom the fault hit, while it held',
  ],
  [{ metric: 'overshoot', contender: 'least-connections', above: 2 }, 'pass', /: 2\.\d/, 'a herd'],
  [
    { metric: 'overshoot', contender: 'least-connections', fault: 0, below: 2 },
    'fail',
    /: 2\.\d/,
    'one fault',
  ],
  [{ metric: 'overshoot', fault: 1, below: 9 }, 'unknown', /not measured/, 'a fault that was none'],
  [{ metric: 'attemptsPerRequest', contender: 'random', below: 1.001 }, 'pass', /: 1$/, 'no retry'],
  [
    { metric: 'attemptsPerRequest', contender: 'p2c', phase: 'during', above: 1.02 },
    'pass',
    /: 1.03\d/,
    'some',
  ],
  [{ metric: 'retries', contender: 'p2c', above: 10 }, 'pass', /: \d\d$/, 'their number'],
  [{ metric: 'ejections', contender: 'p2c', below: 2 }, 'pass', /: 1$/, 'taken out once'],
  [{ metric: 'ejections', backend: 'app-1', below: 1 }, 'pass', /p2c: 0/, 'the others never'],
  [{ metric: 'ejections', contender: 'p2c', phase: 'after', below: 1 }, 'pass', /: 0$/, 'nor afterwards'],
  [{ metric: 'fairness', contender: 'p2c', phase: 'before', above: '99%' }, 'pass', /: 99/, 'even before'],
  [{ metric: 'fairness', contender: 'p2c', phase: 'during', above: '99%' }, 'fail', /: [78]/, 'uneven in it'],
  [{ metric: 'fairAgain', contender: 'p2c', below: '1001ms' }, 'pass', /1,000 ms/, 'its part again'],
  [{ metric: 'returnedShare', contender: 'p2c', above: '20%' }, 'pass', /: 2/, 'its part since'],
  [{ metric: 'lastSent', contender: 'p2c', below: '331ms' }, 'pass', /: 32\d/, 'the last one sent to it'],
  [
    { equal: 'p2c', to: 'p2c-peak-ewma', metric: 'goodput', within: '5%' },
    'pass',
    /p2c: .*, p2c-peak/,
    'a tie',
  ],
  [{ equal: ['p2c', 'random'], metric: 'errorRate', within: '5%' }, 'fail', /p2c: 0/, 'no tie'],
  [{ equal: 'all', metric: 'ejections', within: '0%' }, 'pass', /: 1, /, 'all the same'],
  [
    { equal: 'all', metric: 'recovery', phase: 'after', within: '0%' },
    'unknown',
    /not measured/,
    'nothing there',
  ],
  [
    { equal: 'p2c', to: ['nobody'], metric: 'p99', within: '5%' },
    'unknown',
    /nobody did not run/,
    'a stranger, too',
  ],
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
  t.is(judged({ equal: 'p2c', to: 'broken', metric: 'p99', within: '5%' }, contenders).status, 'unknown');
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
  t.is(judged({ equal: ['p2c', 'random'], metric: 'recovery', within: '1%' }, never).status, 'pass');
});
