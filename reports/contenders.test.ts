import test from 'ava';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';

const two = fiveContenders.slice(0, 2);

test('rounds are pooled: counts and seconds add up, percentiles are of all latencies together', (t) => {
  const { summary, folds } = fixtureReport({ contenders: two, rounds: 3 });
  const [contender] = summary.contenders;
  const own = folds.filter(({ trial }) => trial.contender === contender!.name);
  t.is(contender!.seconds, 24);
  t.is(contender!.rounds.length, 3);
  t.is(
    contender!.requests.sent,
    own.reduce((sum, { trial }) => sum + trial.counts.sent, 0),
  );
  const all = own.flatMap(({ whole }) => [...(whole.ok as Float64Array)]).sort((a, b) => a - b);
  t.is(contender!.latencyMs.p99, all[Math.ceil(0.99 * all.length) - 1]! / 1000);
  t.is(contender!.latencyMs.max, all.at(-1)! / 1000);
});

test('phases partition the requests, and their seconds the window', (t) => {
  for (const { phases, requests, seconds } of fixtureReport({ contenders: two }).summary.contenders) {
    const parts = Object.values(phases!);
    t.is(
      parts.reduce((sum, part) => sum + part.requests.sent, 0),
      requests.sent,
    );
    t.true(Math.abs(parts.reduce((sum, part) => sum + part.seconds, 0) - seconds) < 1e-9);
  }
});

test('a contender whose trial failed keeps what was measured, and says that and why it failed', (t) => {
  const { summary } = fixtureReport({ contenders: two, rounds: 2 }, ({ run }) => {
    Object.assign(run.trials[0]!, { status: 'failed', error: 'the balancer died' });
  });
  const [failed] = summary.contenders;
  t.like(failed, { status: 'failed', error: 'the balancer died' });
  t.is(failed!.seconds, 8, 'only the complete round counts');
});

test('an interrupted trial is left out where there are complete ones, and stands alone where there are none', (t) => {
  const { summary } = fixtureReport({ contenders: two, rounds: 2 }, ({ run }) => {
    for (const trial of run.trials)
      if (trial.contender === two[1]!.name || trial.round === 1) trial.status = 'interrupted';
  });
  t.like(summary.contenders[0], { status: 'complete', seconds: 8 });
  t.like(summary.contenders[1], { status: 'interrupted', seconds: 16 });
});

test('the balancer’s CPU is spread over the warm-up’s requests too', (t) => {
  const [contender] = fixtureReport({ contenders: two }, ({ run }) => {
    run.driver = 'process';
  }).summary.contenders;
  t.is(contender!.cpuMicrosPerRequest, 90, 'the fixture spends 90 µs on each row');
  t.false('cpuMicrosPerRequest' in fixtureReport({ contenders: two }).summary.contenders[0]!, 'simulated');
});
