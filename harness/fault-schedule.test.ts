import test from 'ava';
import { occurrencesOf } from '../scenarios/occurrences.ts';
import type { ScheduledFault } from '../scenarios/scenario.ts';
import { FaultSchedule, FaultTrouble } from './fault-schedule.ts';

/** A fleet that only writes down what it is told, on a clock that jumps from one wake-up to the next. */
function rig(
  faults: Partial<ScheduledFault>[],
  {
    refuse = '',
    reviveTakes = 5,
    late = 0,
    mayBegin = () => Promise.resolve(),
    unwritten = (_fault: number, _phase: string): boolean => false,
  } = {},
) {
  let clock = 1000;
  const sleepers: { at: number; wake: () => void; drop: (why: Error) => void }[] = [];
  const log: string[] = [];
  const events: string[] = [];
  const act = (what: string) => async (id: string, kind?: unknown) => {
    const line = `${clock} ${what} ${id}${typeof kind === 'string' ? ` ${kind}` : ''}`;
    log.push(line);
    if (refuse !== '' && line.includes(refuse)) throw new Error('it would not');
    if (what === 'revive' && reviveTakes > 5) await pass(clock + reviveTakes);
    return { at: what === 'revive' && reviveTakes > 5 ? clock : clock + 5 };
  };
  const sleepUntil = (at: number) => new Promise<void>((wake, drop) => sleepers.push({ at, wake, drop }));
  const scheduled = faults.map((it) => ({ on: 'a', options: {}, ...it })) as ScheduledFault[];
  /** Goes on whatever is aborted. */
  const pass = (at: number) =>
    new Promise<void>((wake) => sleepers.push({ at, wake, drop: () => undefined }));
  const schedule = new FaultSchedule({
    faults: scheduled,
    occurrences: occurrencesOf(scheduled, [{ id: 'a' }, { id: 'b' }], 1, 1000),
    fleet: {
      inflict: (kind, id) => act(`inflict ${kind}`)(id),
      heal: (id) => act('revive')(id),
      setFault: (id, fault, kind) => act(`set ${fault} ${kind}`)(id),
      clearFault: (id, fault) => act(`clear ${fault}`)(id),
    },
    t0: 1000,
    now: () => clock + late,
    sleepUntil,
    mayBegin,
    onEvent: ({ t, fault, phase, backends }) => {
      if (unwritten(fault, phase)) throw new Error('no space left on device');
      events.push(`${t} ${fault} ${phase} ${backends.join('+')}`);
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** Wakes sleepers in order of time until none is due at `until`. */
  const advance = async (until: number) => {
    for (;;) {
      await turn();
      sleepers.sort((x, y) => x.at - y.at);
      if (sleepers[0] === undefined || sleepers[0].at > until) return;
      const next = sleepers.shift()!;
      clock = Math.max(clock, next.at);
      next.wake();
    }
  };
  const abort = () => {
    for (const sleeper of sleepers) sleeper.drop(new Error('aborted'));
  };
  return { schedule, log, events, advance, abort };
}

test('a fault of the load, which the generator keeps the time of, is told of when it was due, however late this process is', async (t) => {
  const { schedule, log, events, advance } = rig(
    [
      { at: 100, until: 200, kind: 'freeze' },
      { on: undefined, at: 300, until: 400, kind: 'spike' },
      { on: undefined, at: 500, kind: 'hot-key' },
    ],
    { late: 50 },
  );
  const run = schedule.run();
  await advance(2000);
  await run;
  await schedule.healAll();
  t.deepEqual(
    [...events.slice(0, 1), ...events.filter((it) => !it.includes(' 0 '))],
    [
      '150 0 asked a',
      ...['300 1 asked ', '300 1 taken ', '400 1 heal-asked ', '400 1 healed '],
      ...['500 2 asked ', '500 2 taken ', '550 2 heal-asked ', '550 2 healed '],
    ],
  );
  t.deepEqual(log, ['1100 inflict freeze a', '1200 revive a']);
});

test('a fault is asked at its time, taken when it holds, and healed at its until', async (t) => {
  const { schedule, log, events, advance } = rig([{ at: 250, until: 500, kind: 'crash' }]);
  const run = schedule.run();
  await advance(9999);
  await run;
  t.deepEqual(log, ['1250 inflict crash a', '1500 revive a']);
  t.deepEqual(events, ['250 0 asked a', '255 0 taken a', '500 0 heal-asked a', '505 0 healed a']);
  t.deepEqual(schedule.standing, []);
});

test('service-level faults go to the backend itself, each under its own number', async (t) => {
  const { schedule, log, advance } = rig([
    { at: 10, until: 30, kind: 'slow', on: 'all' },
    { at: 20, until: 40, kind: 'error', on: 'b' },
  ]);
  const run = schedule.run();
  await advance(9999);
  await run;
  t.deepEqual(log, [
    '1010 set 0 slow a',
    '1010 set 0 slow b',
    '1020 set 1 error b',
    '1030 clear 0 a',
    '1030 clear 0 b',
    '1040 clear 1 b',
  ]);
});

test('what flaps comes again, what is staggered takes one after the other', async (t) => {
  const { schedule, events, advance } = rig([
    { at: 100, until: 200, every: 300, times: 2, stagger: 50, on: 'all', kind: 'freeze' },
  ]);
  const run = schedule.run();
  await advance(9999);
  await run;
  t.deepEqual(
    events.filter((it) => /taken|healed/.test(it)),
    [
      ...['105 0 taken a', '155 0 taken b', '205 0 healed a', '255 0 healed b'],
      ...['405 0 taken a', '455 0 taken b', '505 0 healed a', '555 0 healed b'],
    ],
  );
});

test('a heal that outlasts the gap puts off the next time on the same backends, and nothing else', async (t) => {
  const { schedule, events, advance } = rig(
    [
      { at: 100, until: 200, every: 150, times: 2, kind: 'crash', on: 'a' },
      { at: 260, until: 300, kind: 'slow', on: 'b' },
    ],
    { reviveTakes: 120 },
  );
  const run = schedule.run();
  await advance(9999);
  await run;
  t.deepEqual(events, [
    ...['100 0 asked a', '105 0 taken a', '200 0 heal-asked a'],
    ...['260 1 asked b', '265 1 taken b', '300 1 heal-asked b', '305 1 healed b'],
    ...['320 0 healed a', '320 0 asked a', '325 0 taken a', '350 0 heal-asked a', '470 0 healed a'],
  ]);
});

test('what was put off does not begin once the run is over', async (t) => {
  const { schedule, log, advance, abort } = rig(
    [{ at: 100, until: 200, every: 150, times: 3, kind: 'crash', on: 'a' }],
    { reviveTakes: 160 },
  );
  const run = schedule.run();
  const rejected = t.throwsAsync(run, { message: 'aborted' });
  await advance(1260);
  t.deepEqual(schedule.standing, ['crash'], 'the first still heals, and the second waits for it');
  abort();
  await rejected;
  const healed = schedule.healAll();
  await advance(9999);
  await healed;
  t.deepEqual(log, ['1100 inflict crash a', '1200 revive a']);
});

test('it is asked once, when the first fault is due; where the answer is no, none is started and none is healed', async (t) => {
  const faults = [
    { at: 100, until: 200, kind: 'crash' },
    { at: 150, kind: 'slow' },
  ];
  let asked = 0;
  const willing = rig(faults, { mayBegin: async () => void asked++ });
  const run = willing.schedule.run();
  await willing.advance(1099);
  t.is(asked, 0);
  await willing.advance(9999);
  await run;
  t.is(asked, 1);
  const { schedule, log, events, advance } = rig(faults, {
    mayBegin: () => Promise.reject(new Error('not steady')),
  });
  const rejected = t.throwsAsync(schedule.run(), { message: 'not steady' });
  await advance(9999);
  await rejected;
  await schedule.healAll();
  t.deepEqual([log, events, schedule.troubles], [[], [], []]);
});

test('what cannot be written down is healed all the same, and so is everything before it', async (t) => {
  const { schedule, log, advance } = rig(
    [
      { at: 10, kind: 'crash', on: 'a' },
      { at: 20, kind: 'slow', on: 'b' },
    ],
    { unwritten: (fault, phase) => fault === 1 && phase === 'heal-asked' },
  );
  const run = schedule.run();
  await advance(1050);
  await t.throwsAsync(schedule.healAll(), { message: 'no space left on device' });
  t.deepEqual(log.slice(2), ['1020 clear 1 b', '1020 revive a']);
  await advance(9999);
  await run;
});

test('what still stands at the end is healed in reverse order', async (t) => {
  const { schedule, log, advance } = rig([
    { at: 10, kind: 'crash', on: 'a' },
    { at: 20, kind: 'slow', on: 'b' },
    { at: 90, kind: 'crash', on: 'b' },
  ]);
  const run = schedule.run();
  await advance(1050);
  t.deepEqual(schedule.standing, ['crash', 'slow']);
  await schedule.healAll();
  t.deepEqual(log.slice(2), ['1020 clear 1 b', '1020 revive a']);
  await advance(9999);
  await run;
});

test('an interrupted schedule rejects and can still be healed', async (t) => {
  const { schedule, advance, abort } = rig([{ at: 10, until: 500, kind: 'freeze' }]);
  const run = schedule.run();
  const rejected = t.throwsAsync(run, { message: 'aborted' });
  await advance(1100);
  abort();
  await rejected;
  t.deepEqual(schedule.standing, ['freeze']);
  await schedule.healAll();
  t.deepEqual(schedule.standing, []);
});

test('a fault that does not take is recorded as failed and rejects with what, whom, when and what to do', async (t) => {
  const { schedule, events, advance } = rig([{ at: 10, kind: 'crash', on: 'all' }], {
    refuse: 'inflict crash b',
  });
  const says =
    /^crash of b \(faults\.0\), asked for at 10 ms, did not take: it would not\. See that nothing else stops.* run again\.$/;
  const rejected = t.throwsAsync(schedule.run(), { instanceOf: FaultTrouble, message: says });
  await advance(9999);
  await rejected;
  t.deepEqual(events, ['10 0 asked a+b', '10 0 failed a+b']);
  t.is(schedule.troubles.length, 1);
  t.deepEqual(schedule.standing, ['crash'], 'it may have taken in part, so it is healed');
  await schedule.healAll();
  t.deepEqual(schedule.standing, []);
});

test('one heal that fails does not keep the others from being tried', async (t) => {
  const { schedule, log, advance } = rig(
    [
      { at: 10, kind: 'crash', on: 'a' },
      { at: 20, kind: 'slow', on: 'b' },
    ],
    { refuse: 'clear' },
  );
  const run = schedule.run();
  await advance(9999);
  await run;
  await schedule.healAll();
  t.is(schedule.troubles.length, 1);
  t.regex(
    schedule.troubles[0]!,
    /^slow of b \(faults\.1\), asked to end at 20 ms, did not heal: it would not/,
  );
  t.true(log.includes('1020 revive a'));
});

test('a heal that fails is tried again at the end, and told of all the same', async (t) => {
  const { schedule, log, advance } = rig([{ at: 10, until: 20, kind: 'crash' }], { refuse: '1020 revive' });
  const rejected = t.throwsAsync(schedule.run(), { instanceOf: FaultTrouble, message: /did not heal/ });
  await advance(1030);
  await rejected;
  await schedule.healAll();
  t.deepEqual(log, ['1010 inflict crash a', '1020 revive a', '1020 revive a']);
  t.is(schedule.troubles.length, 1);
});
