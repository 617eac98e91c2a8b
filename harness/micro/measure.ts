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
  /** Picks over which allocation is counted at the n nearest to 100, once; 0 leaves it out. */
  readonly heapPicks: number;
  readonly warmMs?: number;
  readonly timeMs?: number;
  /** Longest a cell may take, ms: what takes longer never returns. */
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
  const cells = [loop, ...contenders].flatMap((chosen) =>
    ns.map((n) => ({ chosen, n, timings: [] as Timing[] })),
  );
  const failed = new Map<ChosenStrategy, string>();
  for (let round = 0; round < rounds; round++)
    for (const [place, at] of permutation(cells.length, 1, stream.order, round).entries()) {
      const { chosen, n, timings } = cells[at]!;
      signal?.throwIfAborted();
      if (failed.has(chosen)) continue;
      onProgress?.(round * cells.length + place, rounds * cells.length, `${chosen.name}, n = ${n}`);
      const heapPicks = round === 0 && n === heapN && chosen !== loop ? options.heapPicks : 0;
      const result = await timeOne(chosen, n, heapPicks, options);
      if (typeof result !== 'string') timings.push(result);
      else if (chosen === loop) throw new Error(result);
      else failed.set(chosen, result);
    }
  const floors = new Map(ns.map((n, i) => [n, median(cells[i]!.timings.map(({ p50 }) => p50))]));
  return {
    rows: cells.flatMap(({ chosen, n, timings }) =>
      chosen === loop || failed.has(chosen) ? [] : [rowOf(chosen.name, n, floors.get(n)!, timings)],
    ),
    failures: [...failed].map(([{ name }, message]) => ({ strategy: name, message })),
  };
}

/** A timing, or why there is none. */
async function timeOne(
  { name, file, values }: ChosenStrategy,
  n: number,
  heapPicks: number,
  { reach, warmMs = 150, timeMs = 100, limitMs = 60_000, signal }: MeasureOptions,
): Promise<Timing | string> {
  const settings: WorkerSettings = {
    ...{ strategy: { name, file, values }, n, warmMs, timeMs, heapPicks },
    ...(reach !== undefined && reach < n && { reach }),
  };
  const worker = await launch<WorkerSettings, { type: 'measure' }, FromWorker>(
    new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url),
    settings,
    { execArgv: ['--expose-gc'], ...(signal && { signal }) },
  );
  let timer: NodeJS.Timeout | undefined;
  const result = await Promise.race([
    new Promise<Timing | string>((resolve) =>
      worker.onMessage((it) => resolve(it.type === 'timed' ? it.timing : it.message)),
    ),
    worker.ended.then(
      ({ exitCode, signal: by, stderr }) =>
        new StrategyError({ name, file }, `its process ended with ${by ?? exitCode}: ${stderr.trim()}`)
          .message,
    ),
    new Promise<string>((resolve) => {
      timer = setTimeout(() => {
        const what = `not through after ${limitMs / 1000} s at n = ${n}: something in it never returns`;
        resolve(new StrategyError({ name, file }, what).message);
      }, limitMs);
      worker.send({ type: 'measure' });
    }),
  ]);
  clearTimeout(timer);
  // It has nothing to lose, and one that never returns hears no SIGTERM.
  await worker.stop(50);
  return result;
}

function rowOf(strategy: string, n: number, floorNs: number, timings: readonly Timing[]): PickCost {
  const medians = timings.map(({ p50 }) => p50);
  const heap = timings.find(({ bytes }) => bytes !== undefined);
  return {
    strategy,
    n,
    nsPerPick: median(medians),
    floorNs,
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
