/** What may be written about failures in the `balancer` section, what it becomes, and what is said of what may not. */
import test from 'ava';
import { balancerSchema } from './scenario.ts';

test('without a word, retries have a budget, and everything else is off', (t) => {
  const { retries, queue, slowStart, timeout, outlier, panic, breaker } = balancerSchema.parse({});
  t.like(retries, { max: 1, statuses: [], budget: { share: 0.2, min: 10 }, backoff: false });
  t.deepEqual(
    [queue, slowStart, outlier, panic, breaker, timeout],
    [false, false, false, false, false, undefined],
  );
});

test('what is switched on has the defaults of its source', (t) => {
  const { retries, queue, slowStart, outlier, panic, breaker } = balancerSchema.parse({
    outlier: { failurePercentage: {} },
    panic: {},
    breaker: {},
    retries: { backoff: {} },
    maxInFlight: 10,
    queue: {},
    slowStart: { window: '30s' },
  });
  t.deepEqual(retries.backoff, { base: 25, max: 250 });
  t.deepEqual(queue, { length: 1024 });
  t.deepEqual(outlier, {
    ...{ interval: 10_000, ejection: 30_000, maxEjection: 300_000, maxEjected: 0.1 },
    successRate: { factor: 1.9, hosts: 5, requests: 100 },
    failurePercentage: { threshold: 0.85, hosts: 5, requests: 50 },
  });
  t.deepEqual(panic, { below: 0.5 });
  t.deepEqual(breaker, { failures: 5, errors: true, open: 5_000, trials: 1 });
  t.deepEqual(slowStart, { window: 30_000, aggression: 1, min: 0.1, steps: 10 });
});

for (const [sentence, balancer, path, message] of [
  [
    'a queue without a limit in front of it',
    { queue: {} },
    'maxInFlight',
    /expected a number where there is a queue, got unlimited/,
  ],
  [
    'a zone that keeps more than it can',
    { locality: { overprovisioning: 0.5 } },
    'locality.overprovisioning',
    /1/,
  ],
  ['a fallback to nothing', { fallback: {} }, 'fallback', /./],
  ['slow start without its window', { slowStart: {} }, 'slowStart', /./],
  ['a success as a status to try again', { retries: { statuses: [200] } }, 'retries.statuses.0', /400/],
] as const) {
  test(`refused: ${sentence}`, (t) => {
    const [issue] = balancerSchema.safeParse(balancer).error!.issues;
    t.is(issue!.path.join('.'), path);
    t.regex(issue!.message, message);
  });
}
