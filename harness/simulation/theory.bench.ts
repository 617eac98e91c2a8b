/**
 * The simulator and the strategies against queueing theory: every cell of the tables that textbooks and papers print, through the path
 * that `steelyard simulate theory --set …` takes, on all cores. Within 2% up to 90% load, 4% at 95%, 10% at 99%, unless said
 * otherwise; each line tells the number of measured requests and the standard error of what they came to.
 *
 * What memory a system has of how it began sets the warm-up: six relaxation times, 1 ÷ (1 − √λ)² services each (40,000 at 99%),
 * where a server stands alone, as by lot and in turn; 30 ÷ (1 − λ) services where the shorter of several lines is joined, which forgets
 * much faster. Endlessly many servers are a thousand here, and a hundred in turn at 99%, where a thousand would take 240
 * million requests to warm up; in turn, the law of so many servers is at hand and is what they are held against.
 *
 *   node harness/simulation/theory.bench.ts          ten minutes on two cores
 *   node harness/simulation/theory.bench.ts 0.01     a hundredth of the requests: to see that it works, with claims missed
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { claim } from '../claim.ts';
import { alone, bestOf, central, inTurn, relaxation } from './queueing.test-support.ts';
import { type Point, type Sojourn, sojournAt } from './theory.test-support.ts';

interface Cell extends Omit<Point, 'seed'> {
  what: string;
  theory: number;
  within: number;
  /** Independent parts, each with a seed and a warm-up of its own, so that no core waits for one long cell. */
  parts?: number;
}

const loads = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99] as const;
const within = (load: number) => (load > 0.95 ? 0.1 : load > 0.9 ? 0.04 : 0.02);
const percent = (load: number) => `${Math.round(load * 100)}%`;
/** Millions that bring a server of its own to a quarter of its tolerance: its relative variance is 2(1 + ρ) ÷ (ρ(1 − ρ)²) a request. */
const need = (load: number) => (2 * (1 + load)) / (load * (1 - load) ** 2) / (within(load) / 4) ** 2;
const million = 1e6;
const slow = (load: number) => 6 * relaxation(load);
const quick = (load: number) => 30 / (1 - load);

function* independent(load: number): Generator<Cell> {
  const common = {
    load,
    within: within(load),
    warmup: slow(load),
    parts: Math.ceil(need(load) / (8 * million)),
  };
  const requests = Math.max(million, need(load));
  yield { ...common, what: 'by lot (M/M/1)', strategy: 'random', n: 10, requests, theory: alone(load) };
  const turns = { ...common, strategy: 'round-robin', requests: Math.max(million, 0.6 * requests) };
  yield { ...turns, what: 'in turn, n = 10 (E10/M/1)', n: 10, theory: inTurn(10, load) };
  const n = load > 0.95 ? 100 : 1_000;
  // Each part of so many warms up for long: few parts.
  const parts = load > 0.95 ? 2 : 1;
  yield { ...turns, what: `in turn, n = ${n} (E${n}/M/1)`, n, parts, theory: inTurn(n, load) };
}

function* supermarket(load: number): Generator<Cell> {
  for (const choices of [2, 3, 5])
    yield {
      ...{ what: `best of ${choices}, n = 1,000 (n → ∞)`, strategy: 'p2c', options: { choices } },
      ...{ n: 1_000, load, within: within(load), warmup: quick(load), requests: 3 * million },
      theory: bestOf(choices, load),
    };
}

/** From an independent simulation in C, 5 × 4 million events; half widths of its 95% intervals: .007 at .8, .022 at .9, .055 at .95. */
const finite: [
  n: number,
  load: number,
  distinct: number,
  replaced: number,
  three?: number,
  shortest?: number,
][] = [
  [10, 0.8, 2.07, 2.158, 1.734, 1.356],
  [10, 0.9, 2.98, 3.105, 2.468, 1.916],
  [10, 0.95, 4.306, 4.48, 3.651, 2.918],
  [100, 0.9, 2.643, 2.657, 2.062, 1.065],
  [2, 0.9, 5.456, 5.856],
];

function* few([n, load, distinct, replaced, three, shortest]: (typeof finite)[number]): Generator<Cell> {
  const common = { n, load, within: within(load), warmup: Math.max(slow(load), quick(load)) };
  const requests = (n === 2 ? 10 : 4) * million;
  const p2c = { ...common, strategy: 'p2c', requests, parts: 2 };
  yield { ...p2c, what: `best of 2, n = ${n}, distinct`, theory: distinct };
  yield {
    ...p2c,
    what: `best of 2, n = ${n}, with replacement`,
    options: { replacement: true },
    theory: replaced,
  };
  if (three !== undefined)
    yield { ...p2c, what: `best of 3, n = ${n}`, options: { choices: 3 }, theory: three };
  if (shortest !== undefined)
    yield { ...p2c, what: `shortest of all, n = ${n}`, strategy: 'least-connections', theory: shortest };
}

/** From the same simulation; ties drawn at random. Cf. Mitzenmacher, "How Useful Is Old Information?", PODC 1997. */
const stale: [every: number, two: number, three: number, shortest: number][] = [
  [0.1, 2.68, 2.12, 1.55],
  [1, 2.97, 2.6, 4.05],
  [5, 4.0, 4.34, 12.11],
  [10, 5.11, 6.31, 23.4],
  [20, 7.08, 10.07, 57.0],
];

function* old([every, two, three, shortest]: (typeof stale)[number]): Generator<Cell> {
  const common = { n: 100, load: 0.9, within: 0.02, warmup: 1_000, requests: 4 * million };
  const board = { ...common, sets: [`balancer.board.every=${every * 10}ms`] };
  const what = (which: string) => `${which}, n = 100, a board ${every} services old`;
  yield { ...board, what: what('best of 2'), strategy: 'p2c', theory: two };
  yield { ...board, what: what('best of 3'), strategy: 'p2c', options: { choices: 3 }, theory: three };
  // Herds make waves, and the older the news, the longer: the printed 57.0 has 3% of its own in it.
  const waves = every < 10 ? {} : { requests: (every > 10 ? 40 : 12) * million, parts: 4 };
  const shown = every > 10 ? { within: 0.04 } : {};
  yield {
    ...{ ...board, ...waves, ...shown, what: what('shortest of all'), strategy: 'least-connections' },
    theory: shortest,
  };
}

function* queue(workers: number, load: number): Generator<Cell> {
  yield {
    ...{
      what: `one queue before ${workers} workers (M/M/${workers})`,
      strategy: 'random',
      n: 1,
      workers,
      load,
    },
    ...{ within: within(load), warmup: slow(load), requests: 6 * million, theory: central(workers, load) },
  };
}

const cells: Cell[] = [
  ...loads.flatMap((load) => [...independent(load), ...supermarket(load)]),
  ...finite.flatMap((row) => [...few(row)]),
  ...stale.flatMap((row) => [...old(row)]),
  ...[0.8, 0.9, 0.95].flatMap((load) => [...queue(10, load)]),
  ...queue(100, 0.9),
];

/** What fails at once, where whoever else is sent anything stays busy; the first of n does. By strategy, its share. */
const attracted: [
  what: string,
  strategy: string,
  options: Record<string, unknown>,
  share: (n: number) => number,
][] = [
  ['by lot', 'random', {}, (n) => 1 / n],
  ['in turn', 'round-robin', {}, (n) => 1 / n],
  ['best of 2, distinct', 'p2c', {}, (n) => 2 / n],
  ['best of 2, with replacement', 'p2c', { replacement: true }, (n) => (2 * n - 1) / n ** 2],
  ['best of 5', 'p2c', { choices: 5 }, (n) => 5 / n],
  ['shortest of all', 'least-connections', {}, () => 1],
];

async function attract(n: number, scale: number): Promise<void> {
  for (const [what, strategy, options, share] of attracted) {
    const load = 300;
    const requests = Math.ceil(200_000 * Math.max(scale, 0.1));
    const sets = [
      `load.open.rate=${load * n * 100}/s`,
      'faults=[{ at: 0ms, on: server-1, error: { after: 0ms } }]',
    ];
    const { firstShare } = await sojournAt({ strategy, options, n, load, requests, warmup: 5, sets });
    const theory = share(n);
    // Five standard errors, and what the others serve in the meantime.
    const give = 5 * Math.sqrt((theory * (1 - theory)) / requests) + 2 / load;
    claim({
      ...{
        what: `share of a server that fails at once, ${what}, n = ${n}`,
        value: firstShare,
        unit: 'of all',
      },
      ...{ least: theory - give, most: theory + give },
      detail: `theory ${theory.toFixed(4)}, of ${requests} requests`,
    });
  }
}

interface Task {
  cell: number;
  point: Point;
}

/** The parts of every cell, the longest first, so that the cores end together. */
function tasksOf(scale: number): Task[] {
  const tasks = cells.flatMap(
    ({ what: _what, theory: _theory, within: _within, parts = 1, ...point }, cell) =>
      Array.from({ length: parts }, (_, part) => ({
        cell,
        point: {
          ...point,
          requests: Math.ceil((point.requests * scale) / parts),
          warmup: point.warmup * Math.min(1, scale * 10),
          seed: 1 + part,
        },
      })),
  );
  const length = ({ n, workers = 1, load, warmup, requests }: Point) =>
    requests + warmup * n * workers * load;
  return tasks.sort((a, b) => length(b.point) - length(a.point));
}

/** Hands the tasks out to a process per core, and resolves with what each cell's parts came to. */
async function simulateAll(tasks: readonly Task[]): Promise<Sojourn[][]> {
  const results: Sojourn[][] = cells.map(() => []);
  const left = [...tasks];
  const serve = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      let task: Task | undefined;
      const next = () => {
        task = left.shift();
        if (task !== undefined) child.send(task.point);
        else {
          resolve();
          child.disconnect();
        }
      };
      child.on('message', (it: Sojourn) => {
        results[task!.cell]!.push(it);
        next();
      });
      child.once('exit', (code) =>
        reject(new Error(`a simulation of ${JSON.stringify(task)} ended with ${code}`)),
      );
      next();
    });
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const children = Array.from({ length: availableParallelism() }, () =>
    fork(import.meta.filename, ['point'], { stdio: [...stdio] }),
  );
  try {
    await Promise.all(children.map(serve));
  } finally {
    for (const child of children) child.kill();
  }
  return results;
}

/** Of parts that do not know of one another: the mean over all requests, and its standard error. */
function together(parts: readonly Sojourn[]): Pick<Sojourn, 'mean' | 'error' | 'requests'> {
  const requests = parts.reduce((sum, it) => sum + it.requests, 0);
  const mean = parts.reduce((sum, it) => sum + it.mean * it.requests, 0) / requests;
  const error = Math.hypot(...parts.map((it) => (it.error * it.requests) / requests));
  return { mean, error, requests };
}

if (process.argv[2] === 'point' && process.send !== undefined)
  process.on('message', async (point: Point) => process.send!(await sojournAt(point)));
else {
  const scale = Number(process.argv[2] ?? 1);
  for (const n of [10, 100]) await attract(n, scale);
  const results = await simulateAll(tasksOf(scale));
  for (const [i, { what, load, theory, within: share }] of cells.entries()) {
    const { mean, error, requests } = together(results[i]!);
    claim({
      what: `${what} at ${percent(load)}`,
      value: mean,
      unit: 'services',
      least: theory * (1 - share),
      most: theory * (1 + share),
      detail: `theory ${theory.toFixed(4)}, ± ${error.toPrecision(2)} of ${(requests / million).toFixed(1)} million requests`,
    });
  }
}
