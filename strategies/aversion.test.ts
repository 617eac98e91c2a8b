import test from 'ava';
import { Aversion } from './aversion.ts';

/** For how long a backend is passed over after the last of these events, each [ms since the first, what]. */
function passedOver(limit: number, events: readonly (readonly [number, 'failed' | 'succeeded'])[]): number {
  const aversion = new Aversion(limit);
  aversion.grow(3);
  for (const [at, event] of events) {
    if (event === 'failed') aversion.failed(1, at);
    else aversion.succeeded(1);
  }
  const last = events.at(-1)?.[0] ?? 0;
  let until = last;
  while (aversion.at(1, until)) until++;
  return until - last;
}

const rows: [
  sentence: string,
  limit: number,
  events: [number, 'failed' | 'succeeded'][],
  milliseconds: number,
][] = [
  ['nobody who has not failed is passed over', 5000, [], 0],
  ['a first failure costs 100 ms', 5000, [[0, 'failed']], 100],
  [
    'a second in a row twice that',
    5000,
    [
      [0, 'failed'],
      [100, 'failed'],
    ],
    200,
  ],
  [
    'one of a request sent before, that ends while it is passed over, is the same failure',
    5000,
    [
      [0, 'failed'],
      [60, 'failed'],
    ],
    40,
  ],
  [
    'a success wipes it out',
    5000,
    [
      [0, 'failed'],
      [100, 'failed'],
      [101, 'succeeded'],
    ],
    0,
  ],
  [
    'and what follows begins at 100 ms again',
    5000,
    [
      [0, 'failed'],
      [100, 'failed'],
      [101, 'succeeded'],
      [102, 'failed'],
    ],
    100,
  ],
  ['the limit holds', 5000, Array.from({ length: 50 }, (_, i) => [i * 10_000, 'failed'] as const), 5000],
  ['also below 100 ms', 30, [[0, 'failed']], 30],
  ['a limit of 0 passes nobody over', 0, [[0, 'failed']], 0],
].map((row) => row as (typeof rows)[number]);

for (const [sentence, limit, events, milliseconds] of rows) {
  test(`aversion: ${sentence}`, (t) => t.is(passedOver(limit, events), milliseconds));
}

test('room for more backends keeps what is known of the others', (t) => {
  const aversion = new Aversion(5000);
  aversion.grow(2);
  aversion.failed(1, 0);
  aversion.grow(100);
  t.true(aversion.at(1, 99));
  t.false(aversion.at(99, 0));
});
