/**
 * The simulator against queueing theory, small: some cells of each kind, of a fixed seed and in virtual time, so that they come out
 * the same everywhere. `theory.bench.ts` has all of them, to the digits.
 */
import test from 'ava';
import { alone, bestOf, central, inTurn, relaxation } from './queueing.test-support.ts';
import { type Point, sojournAt } from './theory.test-support.ts';

/** Mean sojourns as textbooks print them, in service times. */
for (const [sentence, value, printed, digits] of [
  ['M/M/1 at 90%', alone(0.9), 10, 9],
  ['E10/M/1 at 50%', inTurn(10, 0.5), 1.3246, 4],
  ['E10/M/1 at 99%', inTurn(10, 0.99), 55.151, 3],
  ['turns over endlessly many, D/M/1, at 90%', inTurn(1e6, 0.9), 5.1787, 4],
  ['best of two at 90%', bestOf(2, 0.9), 2.6141, 4],
  ['best of two at 99%', bestOf(2, 0.99), 5.432, 4],
  ['best of three at 95%', bestOf(3, 0.95), 2.5351, 4],
  ['best of five at 99%', bestOf(5, 0.99), 2.9017, 4],
  ['ten behind one queue at 80%', central(10, 0.8), 1.20459, 5],
  ['ten behind one queue at 95%', central(10, 0.95), 2.65117, 5],
  ['a hundred behind one queue at 90%', central(100, 0.9), 1.02169, 5],
] as const)
  test(`the law of ${sentence}`, (t) => t.is(value.toFixed(digits), printed.toFixed(digits)));

interface Cell extends Omit<Point, 'warmup'> {
  says: string;
  theory: number;
  /** Half width of the printed figure, where it was measured. */
  give?: number;
}

const requests = 300_000;
const cells: Cell[] = [
  { says: 'by lot', strategy: 'random', n: 10, load: 0.7, requests, theory: alone(0.7) },
  { says: 'in turn', strategy: 'round-robin', n: 10, load: 0.8, requests, theory: inTurn(10, 0.8) },
  { says: 'one server', strategy: 'p2c', n: 1, load: 0.5, requests, theory: alone(0.5) },
  { says: 'two of 500', strategy: 'p2c', n: 500, load: 0.7, requests, theory: bestOf(2, 0.7), give: 0.003 },
  {
    ...{ says: 'five of 500', strategy: 'p2c', options: { choices: 5 }, n: 500, load: 0.7, requests },
    ...{ theory: bestOf(5, 0.7), give: 0.003 },
  },
  // An independent simulation in C, 5 × 4 million events.
  {
    says: 'two distinct ones of ten',
    strategy: 'p2c',
    n: 10,
    load: 0.8,
    requests,
    theory: 2.07,
    give: 0.007,
  },
  {
    ...{
      says: 'two of ten, perhaps the same',
      strategy: 'p2c',
      options: { replacement: true },
      n: 10,
      load: 0.8,
      requests,
    },
    ...{ theory: 2.158, give: 0.007 },
  },
  {
    says: 'the shortest queue of ten',
    strategy: 'least-connections',
    n: 10,
    load: 0.8,
    requests,
    theory: 1.356,
    give: 0.007,
  },
  {
    says: 'ten workers, one queue',
    strategy: 'random',
    n: 1,
    workers: 10,
    load: 0.8,
    requests,
    theory: central(10, 0.8),
  },
  {
    ...{
      says: 'the shortest queue by a board five services old',
      strategy: 'least-connections',
      n: 100,
      load: 0.9,
    },
    ...{ requests, theory: 12.11, give: 0.25, sets: ['balancer.board.every=50ms'] },
  },
];

for (const { says, theory, give = 0, ...point } of cells)
  test(`${says}, n = ${point.n} at ${point.load}: ${theory.toFixed(3)} services`, async (t) => {
    const warmup = Math.min(relaxation(point.load) * 6, 500);
    const { mean, error, requests: seen } = await sojournAt({ ...point, warmup });
    t.is(seen, point.requests);
    // What so many requests can tell: four standard errors; and enough of them to tell something.
    t.true(error < 0.02 * theory, `standard error ${error}`);
    t.true(Math.abs(mean - theory) < 4 * error + give, `${mean} ± ${error}, not ${theory}`);
  });

/** Ten servers under three hundred times the load they can bear, so that whoever is sent anything stays busy; the first fails at once. */
const shareOfFailing = async (strategy: string, options: Record<string, unknown>): Promise<number> => {
  const { firstShare } = await sojournAt({
    ...{ strategy, options, n: 10, load: 300, requests: 30_000, warmup: 5 },
    sets: ['load.open.rate=300000/s', 'faults=[{ at: 0ms, on: server-1, error: { after: 0ms } }]'],
  });
  return firstShare;
};

for (const [says, strategy, options, share] of [
  ['by lot, 1/n', 'random', {}, 0.1],
  ['in turn, 1/n', 'round-robin', {}, 0.1],
  ['the better of two distinct ones, 2/n', 'p2c', {}, 0.2],
  ['the better of two, perhaps the same, (2n − 1)/n²', 'p2c', { replacement: true }, 0.19],
  ['the best of five, 5/n', 'p2c', { choices: 5 }, 0.5],
  ['least connections, all of it', 'least-connections', {}, 1],
] as const)
  test(`what fails at once attracts, where all others are busy: ${says}`, async (t) => {
    const seen = await shareOfFailing(strategy, options);
    // Four standard errors of 30,000 draws, and what the others can serve meanwhile: 9 of 3,000.
    t.true(Math.abs(seen - share) < 4 * Math.sqrt((share * (1 - share)) / 30_000) + 0.003, `${seen}`);
  });
