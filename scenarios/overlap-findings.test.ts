/** What cannot be done while something else stands is said before the run; what can be is not. */
import test from 'ava';
import { problemsOf } from './loader.test-support.ts';

const world = (faults: string, more = '') =>
  `fleet: [{ id: app, count: 4 }]\nload: { open: { rate: 100/s }, duration: 10s }\nfaults:\n${faults}${more}`;

for (const [says, text, path, message] of [
  [
    'a stop of a frozen process',
    world('- { at: 1s, until: 5s, on: app-2, freeze: {} }\n- { at: 2s, on: [app-1, app-2], stop: {} }\n'),
    'faults.1.stop',
    /got stop of app-2 at 2000ms while freeze \(faults\.0\) stands \(round 1\): frozen, it does not hear SIGTERM/,
  ],
  [
    'a freeze of a process that is gone',
    world('- { at: 1s, until: 5s, on: app-2, crash: {} }\n- { at: 2s, on: app-2, freeze: {} }\n'),
    'faults.1.freeze',
    /got freeze of app-2 at 2000ms while crash \(faults\.0\) stands .*its process is gone already/,
  ],
  [
    'a freeze that outlasts the process it is of',
    world('- { at: 1s, until: 9s, on: app-2, freeze: {} }\n- { at: 2s, until: 4s, on: app-2, crash: {} }\n'),
    'faults.0.freeze',
    /no later than the crash that takes its process away \(faults\.1, healed at 4000ms\)/,
  ],
  [
    'one time of many',
    world(
      '- { at: 1s, until: 1200ms, every: 1s, on: app-2, freeze: {} }\n- { at: 9100ms, on: app-2, stop: {} }\n',
    ),
    'faults.1.stop',
    /got stop of app-2 at 9100ms/,
  ],
  [
    'what only a later round draws',
    world(
      '- { at: 1s, on: app-2, freeze: {} }\n- { at: 2s, on: "random:1", stop: {} }\n',
      'seed: 3\nrounds: 20\n',
    ),
    'faults.1.stop',
    /stands \(round (?!1\))\d+\)/,
  ],
] as const)
  test(`refused: ${says}`, (t) => {
    const problem = problemsOf(text).find((it) => it.path.join('.') === path);
    t.regex(problem?.message ?? '', message);
  });

for (const [says, text] of [
  [
    'one takes over from the other at the same moment',
    world('- { at: 2s, until: 4s, on: app-2, freeze: {} }\n- { at: 1s, until: 2s, on: app-2, crash: {} }\n'),
  ],
  [
    'a crash of a frozen process, both to the end',
    world('- { at: 1s, on: all, freeze: {} }\n- { at: 2s, on: all, crash: {} }\n'),
  ],
  [
    'faults of the network and the CPU around those of the process',
    world(
      '- { at: 1s, until: 9s, on: all, vanish: {} }\n- { at: 1s, until: 8s, on: all, throttle: {} }\n- { at: 2s, until: 3s, on: all, freeze: {} }\n- { at: 4s, until: 6s, on: all, crash: {} }\n- { at: 5s, until: 7s, on: all, stop: {} }\n',
    ),
  ],
  [
    'a freeze beside a stop',
    world('- { at: 1s, on: app-1, freeze: {} }\n- { at: 1s, on: app-2, stop: {} }\n'),
  ],
] as const)
  test(`taken: ${says}`, (t) => t.deepEqual(problemsOf(text), []));
