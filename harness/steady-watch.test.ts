/** When it looks, what it hears, and that it says nothing where nobody asks. */
import test from 'ava';
import { occurrencesOf } from '../scenarios/occurrences.ts';
import type { TrialEvent } from './recorder.ts';
import { scenarioOf } from './simulation/world.test-support.ts';
import { NotSteady, SteadyWatch } from './steady-watch.ts';

function watchOf(steady: false | object = {}, faults = [{ at: '2s', on: 'app-1', crash: {} }]) {
  const scenario = scenarioOf({
    fleet: [{ id: 'app', count: 3 }],
    load: { open: { rate: '100/s' }, duration: '9s' },
    ...{ steady, faults },
  });
  const specs = [{ id: 'app-1' }, { id: 'app-2' }, { id: 'app-3' }];
  return new SteadyWatch(scenario, occurrencesOf(scenario.faults, specs, 1, 9000));
}
const counts = { sent: 200, ok: 198, failed: 0, lost: 0, notSent: 0 };
const health = (backend: string, from: string, to: string) =>
  ({ type: 'health', t: 0, backend, from, to, by: 'active', detail: '' }) as TrialEvent;

test('it looks half-way to the first fault and when that is due; never where there is none, or nobody asks', (t) => {
  t.deepEqual(watchOf().moments, [1000, 2000]);
  t.deepEqual(watchOf(false).moments, []);
  t.deepEqual(watchOf({}, []).moments, []);
  const unasked = watchOf(false);
  unasked.look(1990, { ...counts, ok: 0, failed: 200 });
  t.notThrows(() => unasked.judge());
});

test('a backend is out while any balancer leaves it out, for whatever reason', (t) => {
  const ejected = { type: 'ejection', t: 0, backend: 'app-3', by: 'success-rate' } as const;
  const rows: [TrialEvent[], RegExp | undefined][] = [
    [[health('app-2', 'unknown', 'healthy')], undefined],
    [[health('app-2', 'healthy', 'unhealthy')], /app-2 was out/],
    [[health('app-2', 'healthy', 'unhealthy'), health('app-2', 'unhealthy', 'healthy')], undefined],
    [
      [
        ...[health('app-2', 'healthy', 'unhealthy'), health('app-2', 'healthy', 'unhealthy')],
        health('app-2', 'unhealthy', 'healthy'),
      ],
      /app-2 was out/,
    ],
    [[{ ...ejected, phase: 'begun' }], /app-3 was out/],
    [
      [
        { ...ejected, phase: 'begun' },
        { ...ejected, phase: 'over' },
      ],
      undefined,
    ],
    [[{ type: 'breaker', t: 0, backend: 'app-1', from: 'closed', to: 'open', detail: '' }], /app-1 was out/],
  ];
  for (const [events, why] of rows) {
    const watch = watchOf();
    for (const event of events) watch.heard(event);
    watch.look(1990, counts);
    if (why === undefined) t.notThrows(() => watch.judge());
    else t.regex(t.throws(() => watch.judge(), { instanceOf: NotSteady })!.message, why);
  }
});

test('it says in one sentence what was found before which fault, and what to do', (t) => {
  const watch = watchOf();
  watch.look(1990, { ...counts, ok: 100, failed: 98 });
  t.is(
    t.throws(() => watch.judge(), { instanceOf: NotSteady })!.message,
    'not steady, and so no fault was started: before the first fault (crash at 2000 ms) 49% of 198 requests had failed, been lost or found no connection, and 1% may; lower the load, or raise steady.errorRate, or set steady=false where the story begins like that.',
  );
});
