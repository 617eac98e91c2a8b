/** What is said of faults of the load that cannot be; and how long a load takes under those that can. */
import test from 'ava';
import { lengthOf, plannedRequests } from './load-length.ts';
import { load, problemsOf } from './loader.test-support.ts';

const world = (faults: string, way = 'open: { rate: 100/s }, duration: 10s') =>
  `fleet: [{ id: app, count: 4 }]\nload: { ${way}, warmup: 1s }\nfaults: [${faults}]\n`;
const counted = 'open: { rate: 100/s }, requests: 1000';

for (const [says, text, path, message] of [
  [
    'whom a spike hits',
    world('{ at: 1s, on: app-1, spike: {} }'),
    'faults.0.on',
    /spike hits the load.*got app-1/,
  ],
  [
    'one after the other',
    world('{ at: 1s, stagger: 1s, hot-key: {} }'),
    'faults.0.stagger',
    /hot-key hits the load and no backend, got 1000; remove it/,
  ],
  [
    'whom a crash hits',
    world('{ at: 1s, crash: {} }'),
    'faults.0.on',
    /expected whom crash hits .*got nothing/,
  ],
  [
    'two ramps at once',
    world('{ at: 1s, until: 4s, ramp: {} }, { at: 3s, ramp: {} }'),
    'faults.1.ramp',
    /expected one that grows at a time, got another, faults\.0, until 4000ms/,
  ],
  [
    'a ramp, and nobody knows until when',
    world('{ at: 1s, ramp: {} }', counted),
    'faults.0.ramp',
    /expected `until`, `over` or load\.duration/,
  ],
  [
    'more connections than there may be',
    world('{ at: 1s, spike: {} }', 'closed: { connections: 4000 }, duration: 10s'),
    'load.closed.connections',
    /expected at most 10000 connections, got 20000 at the height/,
  ],
  ['no factor', world('{ at: 1s, spike: { factor: 0 } }'), 'faults.0.spike.factor', /0\.01/],
] as const)
  test(`refused: ${says}`, (t) => {
    const [problem, ...more] = problemsOf(text);
    t.is(problem?.path?.join('.'), path);
    t.regex(problem!.message, message);
    t.deepEqual(more, []);
  });

const takes: [sentence: string, text: string, length: number, requests: number][] = [
  ['a duration is a duration', world('{ at: 1s, until: 3s, spike: { factor: 5 } }'), 10_000, 1100 + 800],
  ['a ramp to the end grows until then', world('{ at: 5s, ramp: { to: 3 } }'), 10_000, 1100 + 500],
  [
    'so many requests are sooner sent in a spike',
    world('{ at: 1s, until: 2s, spike: { factor: 5 } }', counted),
    6000,
    1100,
  ],
  ['and later in a lull', world('{ at: 1s, spike: { factor: 0.5 } }', counted), 19_000, 1100],
  [
    'lulls that come again come until it is over',
    world('{ at: 1s, until: 2s, every: 2s, spike: { factor: 0.5 } }', counted),
    13_000,
    1100,
  ],
  ['a ramp that stays', world('{ at: 0s, ramp: { to: 3, over: 2s } }', counted), 4000, 1100],
  [
    'a trace is sooner over',
    world('{ at: 1s, until: 2s, spike: { factor: 2 } }', 'open: { trace: [0, 2s, 8s] }'),
    7000,
    Number.NaN,
  ],
  ['hot keys take no time', world('{ at: 1s, hot-key: {} }', counted), 10_000, 1100],
];
for (const [sentence, text, length, requests] of takes)
  test(`length: ${sentence}`, (t) => {
    const { scenario } = load(text);
    t.true(Math.abs(lengthOf(scenario)! - length) < 1e-6, `${lengthOf(scenario)}`);
    if (!Number.isNaN(requests)) t.true(Math.abs(plannedRequests(scenario)! - requests) <= 1);
  });

test('both may hold at once: what grows, and spikes on it; and one ramp after another', (t) => {
  t.deepEqual(
    problemsOf(world('{ at: 1s, until: 4s, ramp: {} }, { at: 2s, spike: {} }, { at: 4s, ramp: {} }')),
    [],
  );
});
