/** What a trial should have met is what a simulated one met, whatever faults make of its load. */
import test from 'ava';
import { play, type WorldInput } from '../harness/simulation/world.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { changesTheRate, dueIn } from './schedule.ts';

const world = (load: WorldInput['load'], faults: WorldInput['faults']): WorldInput => ({
  fleet: [{ id: 'app', count: 4 }],
  load: { warmup: '200ms', ...load },
  balancer: { health: false },
  faults,
});
const rate = { rate: '300/s', connections: 4 };
const spike = { at: '500ms', until: '1s', spike: { factor: 7 } };

for (const [sentence, input, changes] of [
  ['a spike, some of it not sent', world({ open: rate, duration: '2s' }, [spike]), true],
  [
    'spikes that come again',
    world({ open: rate, duration: '2s' }, [{ ...spike, until: '600ms', every: '300ms' }]),
    true,
  ],
  [
    'a ramp to the end',
    world({ open: { ...rate, arrivals: 'constant' }, duration: '2s' }, [{ at: '1s', ramp: {} }]),
    true,
  ],
  ['so many requests', world({ open: rate, requests: 400 }, [spike]), true],
  [
    'a trace that runs faster',
    world({ open: { trace: [0, '600ms', '700ms', '3s'] }, duration: '2s' }, [spike]),
    true,
  ],
  ['a hot key changes nothing', world({ open: rate, duration: '1s' }, [{ at: '0s', 'hot-key': {} }]), false],
] as const)
  test(`${sentence}: as many are due as a simulation meets`, (t) => {
    for (const seed of [1, 2, 3]) {
      const { scenario, counts, windowMs } = play(input, { seed });
      t.is(dueIn({ scenario }, { seed, windowMs }), counts.sent + counts.notSent);
      t.is(changesTheRate({ scenario }), changes);
    }
  });

test('nobody knows how many a closed loop meets', (t) => {
  const { scenario, windowMs } = play(world({ closed: { connections: 3 }, duration: '300ms' }, [spike]));
  t.is(dueIn({ scenario }, { seed: 1, windowMs }), undefined);
  t.false(changesTheRate({ scenario }));
});

test('a trial that met less than its spike makes of the load fails the audit', (t) => {
  const { audit } = fixtureReport({}, ({ run }) => {
    const { scenario } = play(world({ open: { rate: '9000/s' }, duration: '100ms' }, [spike]));
    run.scenario.load = { ...scenario.load, duration: 8_000 };
    run.scenario.faults = [...run.scenario.faults, ...scenario.faults];
  }).summary;
  const { ok, detail } = audit.findings.find(({ check }) => check === 'schedule')!;
  t.false(ok);
  t.regex(detail, /^round-robin, round 1: \d\d,\d\d\d requests were due under its faults, \d{4} were/);
});
