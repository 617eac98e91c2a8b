/**
 * Where each backend stands in `pool.available`, in O(1), from its stable index; and who has just arrived.
 *
 * Rebuilt in `poolChanged`, O(n). An index may come to belong to another backend after a leave and a join, so
 * arrivals are told by id.
 */
import type { Backend } from './strategy.ts';

export class Positions {
  #of = new Int32Array(0);
  #ids: string[] = [];

  /** Calls `arrived` for every backend that was not available before (first seen, back from a failure, or a new owner of its index). */
  update(available: readonly Backend[], arrived?: (backend: Backend) => void): void {
    let length = 0;
    for (const backend of available) length = Math.max(length, backend.index + 1);
    const of = new Int32Array(length).fill(-1);
    const ids: string[] = new Array(length).fill('');
    for (let position = 0; position < available.length; position++) {
      const backend = available[position]!;
      of[backend.index] = position;
      ids[backend.index] = backend.id;
      if (arrived !== undefined && !this.has(backend)) arrived(backend);
    }
    this.#of = of;
    this.#ids = ids;
  }

  /** The position of the backend with this index, or -1. */
  at(index: number): number {
    return index < this.#of.length ? this.#of[index]! : -1;
  }

  /** Whether this very backend, and not another that took its index, is available. */
  has(backend: Backend): boolean {
    return this.at(backend.index) >= 0 && this.#ids[backend.index] === backend.id;
  }
}
