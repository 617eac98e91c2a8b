/** One subject under load, round after round, and what came of it beside the others. */
import { cpuMs, memoryMB } from './processes.ts';
import type { Serving, Subject } from './subject.ts';
import { type WrkRun, wrk } from './wrk.ts';

export interface Round extends WrkRun {
  /** CPU of its processes, user and system, µs per request. */
  readonly cpu: number;
}

export class Contestant {
  readonly name: string;
  readonly layer: 4 | 7;
  readonly rounds: Round[] = [];
  readonly #serving: Serving;

  constructor({ name, layer }: Pick<Subject, 'name' | 'layer'>, serving: Serving) {
    this.name = name;
    this.layer = layer;
    this.#serving = serving;
  }

  async run(connections: number, seconds: number): Promise<Round> {
    const { port, pid } = this.#serving;
    const before = cpuMs(pid);
    const run = await wrk({ port, connections, seconds });
    return { ...run, cpu: ((cpuMs(pid) - before) * 1000) / run.requests };
  }

  /** Over its rounds. */
  median(of: (round: Round) => number): number {
    return median(this.rounds.map(of));
  }

  /** Of CPU per request: the median of the ratios within each round, which is what a noisy neighbour disturbs least. */
  ratioTo(other: Contestant): number {
    return median(this.rounds.map(({ cpu }, i) => cpu / other.rounds[i]!.cpu));
  }

  /** The most memory its processes ever had, MB. */
  get peakMB(): number {
    return memoryMB(this.#serving.pid).peak;
  }

  /** CPU per request of each round, for whoever doubts the median. */
  get each(): string {
    return this.rounds.map(({ cpu }) => cpu.toFixed(1)).join(' ');
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Medians of all of them; `measure` tells which of the same layer is 1. */
export function table(all: readonly Contestant[], measure: (of: Contestant) => Contestant): string {
  const head = ['', 'CPU µs/request', '× HAProxy', 'requests/s', 'p50 ms', 'p99 ms', 'peak MB'];
  const rows = all.map((it) => [
    it.name,
    it.median(({ cpu }) => cpu).toFixed(1),
    it.ratioTo(measure(it)).toFixed(2),
    Math.round(it.median(({ perSecond }) => perSecond)).toLocaleString('en'),
    it.median(({ p50 }) => p50).toFixed(2),
    it.median(({ p99 }) => p99).toFixed(2),
    it.peakMB.toFixed(0),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  return [head, ...rows]
    .map((row) => row.map((it, i) => (i === 0 ? it.padEnd(widths[i]!) : it.padStart(widths[i]!))).join('  '))
    .join('\n');
}
