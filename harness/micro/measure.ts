/**
 * What a pick costs, strategy by strategy and n by n. Every cell of that table is a process of its own; rounds go over all
 * cells in an order shuffled anew, so that a machine which slows down or warms up favours nobody. The figure of a cell
 * is the median of its rounds.
 */
import { fileURLToPath } from 'node:url';
import { permutation, stream } from '../../scenarios/random.ts';
import { launch } from '../role.ts';
import type { ChosenStrategy } from '../strategies.ts';
import { StrategyError } from '../strategy-guard.ts';
import floor from './floor.ts';
import type { FromWorker, Timing, WorkerSettings } from './worker.ts';

/** One strategy at one n. Times are nanoseconds. */
export interface PickCost {
  /** The contender's name. */
  readonly strategy: string;
  /** Backends, all available. */
  readonly n: number;
  /** Of pick, started and ended, and of the loop around them: median of the rounds' medians. */
  readonly nsPerPick: number;
  /** What that loop costs alone, at this n, with picks drawn beforehand (floor.ts). */
  readonly floorNs: number;
  /** Medians of the rounds' 75th percentiles and median absolute deviations. */
  readonly p75Ns: number;
  readonly madNs: number;
  /** The same request taken through the dispatcher: pick, bookkeeping, draws, end. Where asked for. */
  readonly dispatcherNs?: number;
  /** Least and greatest median of a round. */
  readonly rangeNs: readonly [number, number];
  readonly rounds: number;
  /** Samples of all rounds; each is the mean over a batch of picks that lasts about 0.3 ms. */
  readonly samples: number;
  /** Allocated per pick, collected since or not, and kept per pick after a full collection. At one n only. */
  readonly bytesPerPick?: number;
  readonly keptBytesPerPick?: number;
  readonly heapPicks?: number;
}

export interface Failure {
  readonly strategy: string;
  /** Names the file, and the line where it is known. */
  readonly message: string;
}

export interface MeasureOptions {
  /** Under the names that the result gives them. */
  readonly contenders: readonly ChosenStrategy[];
  readonly ns: readonly number[];
  /** Confines draws and keys to this many backends (steady-world.ts). */
  readonly reach?: number;
  readonly rounds: number;
  /** Whether each is also measured through the dispatcher. */
  readonly dispatcher?: boolean;
  /** Picks over which allocation is counted at the n nearest to 100, once; 0 leaves it out. */
  readonly heapPicks: number;
  readonly warmMs?: number;
  readonly timeMs?: number;
  /** Longest until a strategy stands and has made its first picks, ms; a third of the longest that timing it may take. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number, what: string) => void;
}

const loop: ChosenStrategy = {
  name: 'floor',
  file: fileURLToPath(new URL(`./floor${import.meta.url.slice(-3)}`, import.meta.url)),
  definition: floor,
  values: {},
};

/** Rows in the order of contenders, then of n. A contender that fails has no row; the others are measured all the same. */
export async function measurePicks(
  options: MeasureOptions,
): Promise<{ rows: PickCost[]; failures: Failure[] }> {
  const { contenders, ns, rounds, signal, onProgress } = options;
  const heapN = ns.reduce((best, n) => (nearness(n) < nearness(best) ? n : best));
  const cells: Cell[] = [loop, ...contenders].flatMap((chosen) =>
    ns.flatMap((n) =>
      (options.dispatcher && chosen !== loop ? [false, true] : [false]).map((dispatcher) => ({
        ...{ chosen, n, dispatcher, timings: [] },
      })),
    ),
  );
  const failed = new Map<ChosenStrategy, string>();
  for (let round = 0; round < rounds; round++)
    for (const [place, at] of permutation(cells.length, 1, stream.order, round).entries()) {
      const { chosen, n, dispatcher, timings } = cells[at]!;
      signal?.throwIfAborted();
      if (failed.has(chosen)) continue;
      onProgress?.(round * cells.length + place, rounds * cells.length, `${chosen.name}, n = ${n}`);
      const counts = round === 0 && n === heapN && chosen !== loop && !dispatcher;
      const result = await timeOne(cells[at]!, counts ? options.heapPicks : 0, options);
      if (typeof result !== 'string') timings.push(result);
      else if (chosen === loop) throw new Error(result);
      else failed.set(chosen, result);
    }
  signal?.throwIfAborted();
  const timingsOf = (chosen: ChosenStrategy, n: number, dispatcher = false) =>
    cells.find((it) => it.chosen === chosen && it.n === n && it.dispatcher === dispatcher)?.timings ?? [];
  return {
    rows: contenders
      .filter((it) => !failed.has(it))
      .flatMap((it) =>
        ns.map((n) => rowOf(it.name, n, timingsOf(it, n), timingsOf(it, n, true), timingsOf(loop, n))),
      ),
    failures: [...failed].map(([{ name }, message]) => ({ strategy: name, message })),
  };
}

interface Cell {
  readonly chosen: ChosenStrategy;
  readonly n: number;
  readonly dispatcher: boolean;
  readonly timings: Timing[];
}

/** A timing, or why there is none. */
async function timeOne(
  { chosen: { name, file, values }, n, dispatcher }: Cell,
  heapPicks: number,
  { reach, warmMs = 150, timeMs = 100, limitMs = 20_000, signal }: MeasureOptions,
): Promise<Timing | string> {
  const settings: WorkerSettings = {
    ...{ strategy: { name, file, values }, n, dispatcher, warmMs, timeMs, heapPicks },
    ...(reach !== undefined && reach < n && { reach }),
  };
  const worker = await launch<WorkerSettings, { type: 'measure' }, FromWorker>(
    new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url),
    settings,
    { execArgv: ['--expose-gc'], ...(signal && { signal }) },
  );
  const error = (what: string) => new StrategyError({ name, file }, what).message;
  const result = await new Promise<Timing | string>((resolve) => {
    const within = (ms: number) =>
      setTimeout(async () => {
        const silent = `not through with n = ${n} after ${ms / 1000} s`;
        resolve(StrategyError.endless({ name, file }, silent, await worker.endStuck()).message);
      }, ms);
    let timer = within(limitMs);
    worker.onMessage((it) => {
      clearTimeout(timer);
      if (it.type === 'built') timer = within(3 * limitMs);
      else resolve(it.type === 'timed' ? it.timing : it.message);
    });
    void worker.ended.then(({ exitCode, signal: by, stderr }) => {
      clearTimeout(timer);
      resolve(error(`its process ended with ${by ?? exitCode}: ${stderr.trim()}`));
    });
    worker.send({ type: 'measure' });
  });
  await worker.stop(50);
  return result;
}

function rowOf(
  strategy: string,
  n: number,
  timings: readonly Timing[],
  dispatched: readonly Timing[],
  floors: readonly Timing[],
): PickCost {
  const medians = timings.map(({ p50 }) => p50);
  const heap = timings.find(({ bytes }) => bytes !== undefined);
  return {
    strategy,
    n,
    nsPerPick: median(medians),
    floorNs: median(floors.map(({ p50 }) => p50)),
    ...(dispatched.length > 0 && { dispatcherNs: median(dispatched.map(({ p50 }) => p50)) }),
    p75Ns: median(timings.map(({ p75 }) => p75)),
    madNs: median(timings.map(({ mad }) => mad)),
    rangeNs: [Math.min(...medians), Math.max(...medians)],
    rounds: timings.length,
    samples: timings.reduce((sum, { samples }) => sum + samples, 0),
    ...(heap && {
      bytesPerPick: heap.bytes!,
      keptBytesPerPick: heap.kept!,
      heapPicks: heap.heapPicks!,
    }),
  };
}

/** How far n is from 100, in decades. */
const nearness = (n: number) => Math.abs(Math.log10(n) - 2);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
