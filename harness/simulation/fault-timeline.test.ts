/** Shapes of faults in virtual time: the recording tells the occurrences that the scenario spells out, to the millisecond. */
import test from 'ava';
import { lengthOf } from '../../scenarios/load-length.ts';
import { occurrencesOf } from '../../scenarios/occurrences.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { plainBalancer, play, type WorldInput } from './world.test-support.ts';

const world = (faults: WorldInput['faults']): WorldInput => ({
  fleet: [{ id: 'app', count: 4 }],
  load: { open: { rate: '200/s' }, duration: '5s', warmup: '0ms' },
  balancer: plainBalancer,
  faults,
});

for (const [says, fault] of [
  ['flapping', { at: '500ms', until: '700ms', every: '600ms', on: 'app-2' }],
  [
    'flapping on others each time',
    { at: '1s', until: '1100ms', every: '300ms', again: 'anew', on: 'random:2' },
  ],
  ['rolling', { at: '1s', until: '1600ms', stagger: '400ms', on: 'all' }],
  ['both', { at: '1s', until: '1100ms', every: '700ms', times: 3, stagger: '250ms', on: ['app-1', 'app-4'] }],
] as const)
  for (const kind of ['crash', 'hang'])
    test(`${says}: each ${kind} is taken and healed as the scenario spells it out`, (t) => {
      const { events, scenario } = play(world([{ ...fault, [kind]: {} } as never]), { seed: 5 });
      const expected = occurrencesOf(scenario.faults, backendsOf(scenario), 5, lengthOf(scenario));
      t.true(expected.length >= 4);
      const told = (phase: 'taken' | 'healed') =>
        events.flatMap((it) =>
          it.type === 'fault' && it.phase === phase ? [`${it.t} ${it.backends.join('+')}`] : [],
        );
      t.deepEqual(
        told('taken'),
        expected.map(({ at, backends }) => `${at} ${backends.join('+')}`),
      );
      t.is(told('healed').length, expected.length);
      for (const { until, backends } of expected)
        if (until! < 4_900) t.true(told('healed').includes(`${until} ${backends.join('+')}`));
    });

test('of faults that meet on one backend each ends with its own heal', (t) => {
  const { requests, events } = play({
    ...world([
      { at: '1s', until: '3s', on: 'app', crash: {} },
      { at: '2s', until: '4s', on: 'app', crash: {} },
      { at: '1500ms', until: '3500ms', on: 'app', slow: { added: '30ms' } },
    ]),
    fleet: [{ id: 'app', workers: 100, service: { constant: { mean: '1ms' } } }],
  });
  t.is(events.filter((it) => it.type === 'fault' && it.phase === 'healed').length, 3);
  // What is under way when the first crash comes goes with it.
  for (const { sent, outcome } of requests.filter((it) => it.sent < 900 || it.sent >= 1000))
    t.is(outcome, sent >= 1000 && sent < 4000 ? 'failed' : 'ok', `${sent}`);
});

test('a host off the network is off it until its own heal, whatever becomes of its process', (t) => {
  const { requests } = play({
    ...world([
      { at: '1s', until: '3s', on: 'app', freeze: {} },
      { at: '2s', until: '4s', on: 'app', vanish: {} },
    ]),
    fleet: [{ id: 'app', workers: 100, service: { constant: { mean: '1ms' } } }],
    balancer: { ...plainBalancer, tryTimeout: '200ms', connectTimeout: '100ms' },
  });
  const within = (from: number, to: number) =>
    new Set(requests.filter(({ sent }) => sent >= from && sent < to).map(({ outcome }) => outcome));
  t.deepEqual(within(0, 900), new Set(['ok']));
  t.deepEqual(within(1000, 2700), new Set(['failed']));
  t.deepEqual(within(3000, 3700), new Set(['failed']));
  t.deepEqual(within(4500, 5000), new Set(['ok']));
});
