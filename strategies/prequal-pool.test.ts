import test from 'ava';
import fc from 'fast-check';
import { ProbePool } from './prequal-pool.ts';
import type { Backend } from './strategy.ts';

const backend = (index: number): Backend => ({
  id: `b${index}`,
  index,
  weight: 1,
  inFlight: 0,
  maxInFlight: Infinity,
});

type Row = readonly [index: number, inFlight: number, latency: number];

const rows: {
  sentence: string;
  answers: readonly Row[];
  hot: number;
  tried?: number[];
  best: number;
  worst: number;
}[] = [
  {
    sentence: 'of the cold the fastest is best, of the hot the fullest is worst',
    answers: [
      [0, 1, 30],
      [1, 2, 20],
      [2, 9, 1],
      [3, 7, 99],
    ],
    hot: 2,
    best: 1,
    worst: 2,
  },
  {
    sentence: 'where all are hot the emptiest is best, whatever its latency',
    answers: [
      [0, 5, 1],
      [1, 3, 900],
      [2, 4, 2],
    ],
    hot: 2,
    best: 1,
    worst: 0,
  },
  {
    sentence: 'where all are cold the slowest is worst',
    answers: [
      [0, 5, 1],
      [1, 3, 900],
      [2, 4, 2],
    ],
    hot: 9,
    best: 0,
    worst: 1,
  },
  {
    sentence: 'a single cold one is best though it is the slowest of all',
    answers: [
      [0, 5, 1],
      [1, 2, 900],
      [2, 4, 2],
    ],
    hot: 2,
    best: 1,
    worst: 0,
  },
  {
    sentence: 'among equals the newest is best and the oldest is worst',
    answers: [
      [0, 0, 5],
      [1, 0, 5],
      [2, 0, 5],
    ],
    hot: 0,
    best: 2,
    worst: 0,
  },
  {
    sentence: 'those tried are passed over, a cold one too',
    answers: [
      [0, 1, 1],
      [1, 5, 9],
      [2, 4, 9],
    ],
    hot: 2,
    tried: [0],
    best: 2,
    worst: 1,
  },
  {
    sentence: 'where all were tried there is no best',
    answers: [
      [0, 1, 1],
      [1, 5, 9],
    ],
    hot: 2,
    tried: [1, 0],
    best: -1,
    worst: 1,
  },
];

for (const { sentence, answers, hot, tried = [], best, worst } of rows) {
  test(`a pool of answers: ${sentence}`, (t) => {
    const pool = new ProbePool(16);
    for (const [at, [index, inFlight, latency]] of answers.entries()) pool.add(index, inFlight, latency, at);
    const found = pool.best(hot, tried.map(backend));
    t.is(found < 0 ? -1 : pool.backendAt(found), best);
    t.is(pool.backendAt(pool.worst(hot)), worst);
    t.is(pool.untried(tried.map(backend)), answers.length - tried.length);
  });
}

test('a plain list agrees through any sequence: never above its size, one answer per backend, oldest first', (t) => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(fc.constant('add' as const), fc.nat(9), fc.nat(5), fc.integer({ max: 99 })),
    },
    fc.tuple(fc.constant('drop' as const), fc.nat(9)),
    fc.tuple(fc.constant('remove' as const), fc.nat(9)),
    fc.tuple(fc.constant('expire' as const), fc.nat(40)),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      (capacity, steps) => {
        const pool = new ProbePool(capacity);
        let model: { index: number; inFlight: number; latency: number; at: number; uses: number }[] = [];
        for (const [at, action] of steps.entries()) {
          if (action[0] === 'add') {
            const [, index, inFlight, latency] = action;
            pool.add(index, inFlight, latency, at);
            model = [
              ...model.filter((answer) => answer.index !== index),
              { index, inFlight, latency, at, uses: 0 },
            ].slice(-capacity);
          } else if (action[0] === 'drop') {
            pool.drop(action[1]);
            model = model.filter(({ index }) => index !== action[1]);
          } else if (action[0] === 'expire') {
            pool.expire(at - action[1]);
            model = model.filter((answer) => answer.at >= at - action[1]);
          } else if (model.length > 0) {
            pool.remove(action[1] % model.length);
            model.splice(action[1] % model.length, 1);
          }
          if (pool.size > capacity || JSON.stringify(pool.answers()) !== JSON.stringify(model)) return false;
        }
        return true;
      },
    ),
  );
  t.pass();
});
