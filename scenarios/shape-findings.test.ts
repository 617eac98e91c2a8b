/** What is said of shapes that make no sense, each where it stands; and of what will not be seen. */
import test from 'ava';
import { load, problemsOf } from './loader.test-support.ts';

const open = 'fleet: [{ id: app, count: 4 }]\nload: { open: { rate: 100/s }, duration: 10s }\n';
const countless = 'fleet: [{ id: app, count: 4 }]\nload: { closed: { connections: 4 }, requests: 1000 }\n';
const fault = (shape: string, world = open) => `${world}faults: [{ at: 1s, ${shape}, crash: {} }]\n`;

for (const [says, text, path, message] of [
  [
    'every without until',
    fault('every: 2s, on: app-1'),
    'faults.0.every',
    /expected `until` beside it, as what is never healed cannot come again/,
  ],
  [
    'every no longer than it lasts',
    fault('until: 3s, every: 2s, on: app-1'),
    'faults.0.every',
    /expected longer than it lasts \(until − at is 2000ms\), got 2000ms/,
  ],
  ['times alone', fault('times: 2, on: app-1'), 'faults.0.times', /expected `every` beside it/],
  ['again alone', fault('again: anew, on: "random:1"'), 'faults.0.again', /expected `every` beside it/],
  [
    'every, and nobody knows until when',
    fault('until: 2s, every: 2s, on: app-1', countless),
    'faults.0.every',
    /expected `times` beside it, since nobody knows how long this load takes/,
  ],
  [
    'every without end',
    fault('until: 1000.1ms, every: 200us, on: all, stagger: 1ms'),
    'faults.0.every',
    /expected at most 10000 occurrences, got 180000/,
  ],
  [
    'more times than could ever be spelled out',
    `${open}faults: [{ at: 1s, until: 2s, every: 1500ms, times: 5000000000, on: all, freeze: {} }]\n`,
    'faults.0.every',
    /expected at most 10000 occurrences, got 5000000000/,
  ],
  [
    'drawn anew before the last round is over',
    fault('until: 2s, every: 2500ms, again: anew, stagger: 1s, on: "random:3"'),
    'faults.0.every',
    /expected longer than one round of all its targets takes \(3000ms\).*got 2500ms/,
  ],
  ['a misspelt shape', fault('stager: 1s, on: all'), 'faults.0.stager', /did you mean `stagger`\?/],
  ['a stagger of nothing', fault('stagger: 0s, on: all'), 'faults.0.stagger', /expected a duration above 0/],
] as const)
  test(`refused: ${says}`, (t) => {
    const problems = problemsOf(text);
    t.is(problems.length, 1, JSON.stringify(problems));
    t.is(problems[0]!.path.join('.'), path);
    t.regex(problems[0]!.message, message);
  });

for (const [says, text] of [
  ['a stagger on a single target', fault('stagger: 1s, on: app-1')],
  ['times where nobody knows how long', fault('until: 2s, every: 2s, times: 3, on: app-1', countless)],
  ['anew where rounds do not touch', fault('until: 2s, every: 4s, again: anew, stagger: 1s, on: "random:3"')],
] as const)
  test(`taken: ${says}`, (t) => {
    t.deepEqual(problemsOf(text), []);
    t.deepEqual(load(text).notes, []);
  });

test('occurrences that begin after the end are told of', (t) => {
  t.deepEqual(load(fault('until: 2s, every: 5s, times: 4, on: all, stagger: 1s')).notes, [
    'faults.0: 8 of 16 occurrences of crash would begin after the end of the run (10000ms) and will not happen.',
  ]);
});
