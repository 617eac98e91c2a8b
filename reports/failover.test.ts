import test from 'ava';
import { type Event, outcomes } from '../harness/recording.ts';
import { Deadline } from './deadline.ts';
import { failoverOf, lastSent } from './failover.ts';
import { transitions } from './fault-course.ts';
import { fiveContenders, fixtureRecording } from './fixture-recording.test-support.ts';
import { attemptsOf } from './fixture-rows.test-support.ts';
import { faultWindows } from './windows.ts';

const health = (t: number, backend: string, to: 'healthy' | 'unhealthy', trial = 'a'): Event => ({
  ...{ trial, t, type: 'health', backend, to, by: 'active', detail: '' },
  from: to === 'healthy' ? 'unhealthy' : 'healthy',
});
const crash = { backends: ['app-1', 'app-2'], asked: 1_000, healAsked: 2_900, healed: 3_000 };

test('two victims are detected when the second one is, and back when both are', (t) => {
  const events = [
    health(500, 'app-1', 'unhealthy'),
    health(1_200, 'app-1', 'unhealthy'),
    health(1_400, 'app-2', 'unhealthy', 'b'),
    health(1_700, 'app-2', 'unhealthy'),
    health(2_950, 'app-2', 'healthy'),
    health(4_000, 'app-1', 'healthy'),
  ];
  t.deepEqual(transitions(events, 'a', crash), { detected: 1_700, ejected: 1_700, readmitted: 4_000 });
});

test('one victim missed is a fault missed; a transition after the heal detects nothing', (t) => {
  const events = [health(1_200, 'app-1', 'unhealthy'), health(3_001, 'app-2', 'unhealthy')];
  t.is(transitions(events, 'a', crash).detected, Number.POSITIVE_INFINITY);
});

test('the last attempt sent to a victim, from the fault to the asked-for heal', (t) => {
  const attempts = attemptsOf([
    { backend: 1, picked: 900_000 },
    { backend: 1, picked: 1_250_000 },
    { backend: 0, picked: 1_900_000 },
    { backend: 1, picked: 3_000_000 },
  ]);
  t.is(lastSent(attempts, new Set([1]), 1_000, 3_000), 250);
  t.is(lastSent(attempts, new Set([1]), 1_300, 3_000), null);
});

test('the made-up crash is told as it was made up', (t) => {
  const { run, events, rows } = fixtureRecording();
  for (const [name, detect] of [
    ['p2c', 330],
    ['random', 900],
  ] as const) {
    const trial = run.trials.find(({ contender }) => contender === name)!;
    const { requests, attempts } = rows.get(trial.id)!;
    const [window] = faultWindows(run, trial, events);
    const deadline = new Deadline(requests, run.scenario.load, trial.windowMs);
    const { failover } = failoverOf(run, trial, window!, requests, attempts, events, deadline, 'not asked');
    t.is(failover.detectMs, detect);
    t.true(failover.lastSentMs! <= detect, `${name} sends nothing to the victim once it knows`);
    t.is(failover.sacrificed, trial.counts.failed + trial.counts.lost, 'nothing else went wrong in it');
    t.is(failover.fairAgainMs, 1_000);
  }
});

test('with no good request before the fault there is no recovery to speak of', (t) => {
  const { run, events, rows } = fixtureRecording({ contenders: fiveContenders.slice(0, 1), rate: 50 });
  const { requests, attempts } = rows.get(run.trials[0]!.id)!;
  requests.outcome.fill(outcomes.indexOf('lost'));
  const [window] = faultWindows(run, run.trials[0]!, events);
  const deadline = new Deadline(requests, run.scenario.load, run.trials[0]!.windowMs);
  const { failover } = failoverOf(
    run,
    run.trials[0]!,
    window!,
    requests,
    attempts,
    events,
    deadline,
    'not asked',
  );
  t.is(failover.recoverMs, null);
});

test('detected before the driver had seen it hold: at once, not never', (t) => {
  const { run, events, rows } = fixtureRecording({ contenders: fiveContenders.slice(0, 1), rate: 50 });
  const [trial] = run.trials;
  const { requests, attempts } = rows.get(trial!.id)!;
  const early = events.map((event) =>
    event.type === 'health' && event.to === 'unhealthy' ? { ...event, t: 2_502 } : event,
  );
  const [window] = faultWindows(run, trial!, early);
  const deadline = new Deadline(requests, run.scenario.load, trial!.windowMs);
  t.is(
    failoverOf(run, trial!, window!, requests, attempts, early, deadline, 'not asked').failover.detectMs,
    0,
  );
});
