import test from 'ava';
import { worldLines } from './plan-world.ts';

const still = { client: 0, backend: 0, connect: 0, jitter: 0, latencies: {} };

for (const [what, plan, lines] of [
  ['one balancer with live counts, and no latency, is nothing to speak of', { balancers: { count: 1 } }, []],
  [
    'several balancers, where they stand, and the age of what they see',
    { balancers: { count: 10, zones: ['eu', 'us'], boardMs: 50 } },
    [
      '  balancers   10 side by side, each with counts of its own; in eu, us; all read one board refreshed every 50 ms',
    ],
  ],
  [
    'a board alone',
    { balancers: { count: 1, boardMs: 5 } },
    ['  balancers   1; all read one board refreshed every 5 ms'],
  ],
  [
    'latencies',
    { balancers: { count: 1 }, network: { ...still, client: 20, backend: 0.5 } },
    ['  network     one way 20 ms from clients, 0.5 ms to backends'],
  ],
  [
    'a table, jitter and what connecting costs',
    {
      balancers: { count: 1 },
      network: {
        ...still,
        connect: 2,
        jitter: 0.125,
        latencies: { eu: { us: 40, asia: 90 }, us: { asia: 70 } },
      },
    },
    [
      '  network     one way 0 ms from clients, 0 ms to backends; connecting 2 ms more than its round trip; a table of 3 latencies between places; jitter 12.5%',
    ],
  ],
] as const)
  test(what, (t) => t.deepEqual(worldLines(plan), [...lines]));
