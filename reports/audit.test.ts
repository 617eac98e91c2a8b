import test from 'ava';
import { countsOf, type FixtureRecording, fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';

const options = { contenders: fiveContenders.slice(2, 4) };

test('the made-up recording passes', (t) => {
  const { audit } = fixtureReport(options).summary;
  t.true(audit.passed);
  t.true(audit.findings.every(({ ok, detail }) => ok && detail !== ''));
});

const first = ({ run, rows }: FixtureRecording) => ({
  trial: run.trials[0]!,
  ...rows.get(run.trials[0]!.id)!,
});

const sabotages: [string, string, RegExp, (recording: FixtureRecording) => void][] = [
  [
    'a record is lost',
    'rows',
    /counted 4798 ok, the rows hold 4797/,
    (it) => {
      const { requests } = first(it);
      requests.intended[requests.length - 1] = -1;
    },
  ],
  [
    'a request stands twice',
    'once',
    /1 row repeat/,
    (it) => {
      const { requests } = first(it);
      requests.index[5] = requests.index[6]!;
    },
  ],
  [
    'the generator loses count',
    'conservation',
    /sent 4800, but 4797 ok/,
    (it) => {
      first(it).trial.counts.ok = 4797;
    },
  ],
  [
    'a trial meets no load',
    'load',
    /p2c, round 1: not one request was sent/,
    (it) => {
      const { trial } = first(it);
      it.rows.set(trial.id, { requests: requestsOf([]), attempts: attemptsOf([]) });
      trial.counts = countsOf(requestsOf([]));
    },
  ],
  [
    'a fault did not take',
    'faults',
    /crash of app-2 at 2,500 ms was never taken/,
    (it) => {
      it.events = it.events.filter(({ trial, type }) => trial !== first(it).trial.id || type !== 'fault');
    },
  ],
  [
    'a dead backend gets requests though everybody knows',
    'avoided',
    /2 attempts on app-2 .* first 997 ms/,
    (it) => {
      const { trial, requests } = first(it);
      const picked = [3_500, 4_000].map((ms) => ({ backend: 1, picked: ms * 1000 }));
      it.rows.set(trial.id, { requests, attempts: attemptsOf([{ backend: 0 }, ...picked]) });
    },
  ],
  [
    'an address is answered for by another backend',
    'identity',
    /^p2c, round 1: "app-7" answered at the address of app-2 at 1,200 ms$/,
    (it) => {
      it.run.scenario.balancer.identity = 'steelyard-backend';
      const met = { trial: first(it).trial.id, type: 'identity', backend: 'app-2', said: 'app-7' } as const;
      it.events.push({ ...met, t: 1_200, by: 'active' }, { ...met, t: 1_300, by: 'passive', pool: 'api' });
    },
  ],
];

for (const [what, check, detail, sabotage] of sabotages)
  test(`${what}: ${check} is broken, and says how`, (t) => {
    const { audit } = fixtureReport(options, sabotage).summary;
    t.false(audit.passed);
    const broken = audit.findings.filter(({ ok }) => !ok);
    t.true(
      broken.some((it) => it.check === check && detail.test(it.detail)),
      JSON.stringify(broken),
    );
  });

test('an attempt in the millisecond of the detection is no violation, nor one on its way to a healed backend', (t) => {
  const { audit } = fixtureReport(options, (it) => {
    const { trial, requests } = first(it);
    const picked = [2_503 + 330 + 0.9, 5_001].map((ms) => ({ backend: 1, picked: ms * 1000 }));
    it.rows.set(trial.id, { requests, attempts: attemptsOf(picked) });
  }).summary;
  t.true(audit.findings.find(({ check }) => check === 'avoided')!.ok);
});

test('in panic a balancer uses backends that it knows to be gone, as it was told to: no violation, but outside of it one', (t) => {
  const panicking = (from: number, to: number) =>
    fixtureReport(options, (it) => {
      const { trial, requests } = first(it);
      const picked = [3_500, 4_000].map((ms) => ({ backend: 1, picked: ms * 1000 }));
      it.rows.set(trial.id, { requests, attempts: attemptsOf(picked) });
      const panic = { trial: trial.id, type: 'panic', usable: 1, of: 4 } as const;
      it.events.push({ ...panic, t: from, phase: 'begun' }, { ...panic, t: to, phase: 'over' });
    }).summary.audit.findings.find(({ check }) => check === 'avoided')!.ok;
  t.true(panicking(3_000, 4_500));
  t.false(panicking(100, 200));
  t.false(panicking(6_000, 6_500));
});

test('a trial that failed is not held to anything: it has said so itself', (t) => {
  const { audit } = fixtureReport(options, (it) => {
    const { trial } = first(it);
    trial.status = 'failed';
    trial.counts.sent = 1;
  }).summary;
  t.true(audit.passed);
});

test('who answers is of the audit only where a balancer of the run asked', (t) => {
  const checks = (sabotage: (it: FixtureRecording) => void) =>
    fixtureReport(options, sabotage).summary.audit.findings.filter(({ check }) => check === 'identity');
  t.deepEqual(
    checks(() => undefined),
    [],
  );
  const kept = [{ check: 'identity', ok: true, detail: 'no backend said that it was another' }];
  t.deepEqual(
    checks(({ run }) => {
      run.scenario.balancer.identity = 'steelyard-backend';
    }),
    kept,
  );
  t.deepEqual(
    checks(({ run }) => {
      const asks = { strategy: 'p2c', options: {}, balancer: { identity: 'steelyard-backend' } };
      run.scenario.contenders = ['round-robin', asks];
    }),
    kept,
  );
});
