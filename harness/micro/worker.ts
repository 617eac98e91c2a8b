/**
 * One strategy at one n, timed in a process of its own: what another has left of compiled code, inline caches and heap
 * cannot reach it, and one that never returns can be killed. Started by `measure.ts` with `--expose-gc`.
 */
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { Bench } from 'tinybench';
import type { Options, StrategyDefinition, Values } from '../../strategies/strategy.ts';
import { serve } from '../role.ts';
import { DispatcherState } from './dispatcher-state.ts';
import { SteadyState } from './steady-state.ts';

export interface WorkerSettings {
  readonly strategy: { name: string; file: string; values: Values<Options> };
  readonly n: number;
  /** How many backends draws and keys are confined to (steady-world.ts); n when left out. */
  readonly reach?: number;
  /** Whether it is run by the dispatcher, which costs something of its own. */
  readonly dispatcher?: boolean;
  /** Before anything is timed, ms. */
  readonly warmMs: number;
  /** How long tinybench samples, ms. */
  readonly timeMs: number;
  /** Picks over which allocation is counted; 0 leaves it out. */
  readonly heapPicks: number;
}

export interface Timing {
  /** Median, 75th percentile and median absolute deviation of the samples, ns per pick. */
  readonly p50: number;
  readonly p75: number;
  readonly mad: number;
  readonly samples: number;
  /** Bytes allocated per pick, collected since or not; absent where it was not counted. */
  readonly bytes?: number;
  /** Growth of the heap per pick after a full collection: what is kept for good, bytes. */
  readonly kept?: number;
  /** Over how many picks both were counted. */
  readonly heapPicks?: number;
}

/** `built` once the strategy stands and its first hundred picks were sound. */
export type FromWorker =
  | { type: 'built' }
  | { type: 'timed'; timing: Timing }
  | { type: 'failed'; message: string };

interface Runnable {
  /** That many requests picked, and as many ended. */
  run(picks: number): void;
}

/** A sample lasts about this long, ms: the clock's own cost and resolution vanish in it. */
const sampleMs = 0.3;
/** Counting allocations ends after this long, ms, however many picks it has seen: O(n) strategies are slow. */
const heapMs = 8_000;

serve<WorkerSettings, { type: 'measure' }, FromWorker>(async (settings, say) => {
  const { name, file, values } = settings.strategy;
  const module = (await import(pathToFileURL(file).href)) as { default: StrategyDefinition };
  return {
    receive() {
      try {
        const { n, reach, dispatcher } = settings;
        const chosen = { name, file, values, definition: module.default };
        const state = dispatcher ? new DispatcherState(chosen, n) : new SteadyState(chosen, n, reach);
        say({ type: 'built' });
        say({ type: 'timed', timing: { ...time(state, settings), ...allocation(state, settings) } });
      } catch (error) {
        say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      }
    },
  };
});

function time(state: Runnable, { warmMs, timeMs }: WorkerSettings): Timing {
  const batch = warmUp(state, warmMs);
  const bench = new Bench({ time: timeMs, iterations: 10, warmup: false, throws: true });
  bench.add('pick', () => state.run(batch), { async: false });
  const { result } = bench.runSync()[0]!;
  if (result.state !== 'completed') throw new Error(`tinybench: ${result.state}`);
  const { p50, p75, mad, samplesCount } = result.latency;
  const ns = (ms: number) => (ms / batch) * 1e6;
  return { p50: ns(p50), p75: ns(p75), mad: ns(mad), samples: samplesCount };
}

/** Runs until the code is compiled and the counts have settled; returns how many picks make a sample. */
function warmUp(state: Runnable, ms: number): number {
  const until = performance.now() + ms;
  let batch = 1;
  for (let start = performance.now(); start < until; ) {
    state.run(batch);
    const end = performance.now();
    const took = end - start;
    if (took < sampleMs / 2) batch *= 2;
    else if (took > sampleMs * 2 && batch > 1) batch = Math.ceil(batch / 2);
    start = end;
  }
  return batch;
}

function allocation(
  state: Runnable,
  { heapPicks }: WorkerSettings,
): Pick<Timing, 'bytes' | 'kept' | 'heapPicks'> {
  if (heapPicks === 0) return {};
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('worker.ts needs --expose-gc');
  const chunk = Math.ceil(heapPicks / 100);
  for (let i = 0; i < 5; i++) state.run(chunk); // code that is not compiled yet boxes its numbers
  collect();
  const before = getHeapStatistics() as HeapStatistics;
  const until = performance.now() + heapMs;
  let growth = 0;
  let picks = 0;
  while (picks < heapPicks && performance.now() < until) {
    const used = before.total_allocated_bytes === undefined ? process.memoryUsage().heapUsed : 0;
    state.run(chunk);
    picks += chunk;
    // Where nothing counts what was allocated: what the heap in use has grown by, collections passed over.
    if (used > 0) growth += Math.max(0, process.memoryUsage().heapUsed - used);
  }
  const after = getHeapStatistics() as HeapStatistics;
  collect();
  const kept = getHeapStatistics().used_heap_size - before.used_heap_size;
  const allocated =
    before.total_allocated_bytes === undefined
      ? growth
      : after.total_allocated_bytes! - before.total_allocated_bytes;
  return { bytes: allocated / picks, kept: kept / picks, heapPicks: picks };
}

/** Node 26 counts all that was ever allocated; its types do not know yet. */
type HeapStatistics = ReturnType<typeof getHeapStatistics> & { total_allocated_bytes?: number };
