/**
 * What each backend did, window by window: attempts, failures by kind and status, and a sketch of its service times. When
 * there are too many windows they become twice as wide and half as many, so that a log of any length fits.
 */
import type { Failure } from './logged.ts';
import { Sketch } from './sketch.ts';

export interface Cell {
  ok: number;
  /** By kind and status, such as `error 500`. */
  readonly failures: Map<string, Failed>;
  times: Sketch | undefined;
}

export interface Failed {
  readonly failure: Failure;
  readonly status: number;
  count: number;
  /** ms, all together. */
  took: number;
}

/** Cells in memory at most; each holds some 2 kB. More than there are backends, or widening would not help. */
const mostCells = 16_384;
const mostWindows = 65_536;

export class Timeline {
  /** ms. */
  width = 100;
  /** By backend, then by window; windows without attempts are undefined. */
  readonly #cells: (Cell | undefined)[][] = [];
  readonly #most: number;
  #count = 0;

  constructor(most = mostCells) {
    this.#most = most;
  }

  get cells(): number {
    return this.#count;
  }

  /** An attempt that was sent at `at`, ms from t = 0. */
  add(
    backend: number,
    at: number,
    { took, status, failure }: { took: number | undefined; status: number; failure: Failure | undefined },
  ): void {
    const cell = this.#cell(backend, at);
    if (failure === undefined) {
      cell.ok++;
      if (took === undefined) return;
      cell.times ??= new Sketch();
      cell.times.add(took);
      return;
    }
    const kind = `${failure} ${status}`;
    const failed = cell.failures.get(kind);
    if (failed === undefined) cell.failures.set(kind, { failure, status, count: 1, took: took ?? 0 });
    else {
      failed.count++;
      failed.took += took ?? 0;
    }
  }

  #cell(backend: number, at: number): Cell {
    while (this.#cells.length <= backend) this.#cells.push([]);
    while (at / this.width >= mostWindows) this.#widen();
    const row = this.#cells[backend]!;
    const window = Math.max(0, Math.floor(at / this.width));
    let cell = row[window];
    if (cell !== undefined) return cell;
    if (this.#count >= this.#most) {
      this.#widen();
      return this.#cell(backend, at);
    }
    while (row.length < window) row.push(undefined);
    cell = { ok: 0, failures: new Map(), times: undefined };
    row[window] = cell;
    this.#count++;
    return cell;
  }

  /** Windows of one backend, from t = 0; those at the end may be missing. */
  of(backend: number): readonly (Cell | undefined)[] {
    return this.#cells[backend] ?? [];
  }

  #widen(): void {
    this.width *= 2;
    this.#count = 0;
    for (const [backend, row] of this.#cells.entries()) {
      const half: (Cell | undefined)[] = [];
      for (let i = 0; i < row.length; i += 2) half.push(merged(row[i], row[i + 1]));
      this.#cells[backend] = half;
      for (const cell of half) if (cell !== undefined) this.#count++;
    }
  }
}

/** One cell of several; the first takes the others in. */
export function merged(...cells: (Cell | undefined)[]): Cell | undefined {
  let all: Cell | undefined;
  for (const cell of cells) {
    if (cell === undefined) continue;
    if (all === undefined) {
      all = cell;
      continue;
    }
    all.ok += cell.ok;
    for (const [kind, it] of cell.failures) {
      const failed = all.failures.get(kind);
      if (failed === undefined) all.failures.set(kind, { ...it });
      else {
        failed.count += it.count;
        failed.took += it.took;
      }
    }
    if (all.times === undefined) all.times = cell.times;
    else if (cell.times !== undefined) all.times.merge(cell.times);
  }
  return all;
}
