/** Keys, their hashes and client addresses by request, each made into a string once where there are not too many. */
import type { Workload } from '../../scenarios/workload.ts';

/** Beyond this many, remembering would cost more memory than making them again costs time. */
const most = 1_000_000;

export class KeyNames {
  readonly #workload: Workload;
  readonly #keys: string[] = [];

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  key(index: number): string {
    const number = this.#workload.keyNumber(index);
    if (number >= most) return this.#workload.key(index);
    return (this.#keys[number] ??= this.#workload.key(index));
  }

  hash(index: number): number {
    return this.#workload.keyHash(index);
  }

  client(index: number): string {
    return this.#workload.client(index);
  }
}
