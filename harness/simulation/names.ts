/** Keys, their hashes and client addresses by request; each string is made once where there are not too many. */
import type { Workload } from '../../scenarios/workload.ts';

/** Beyond this many, remembering would cost more memory than making them again costs time. */
const most = 1_000_000;

export class Names {
  /** Of the key asked for last. */
  keyHash = 0;
  readonly #workload: Workload;
  readonly #keys: string[] = [];
  readonly #hashes: number[] = [];
  readonly #clients: string[] = [];

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  /** Of a request that is due at `t`, ms from t = 0. */
  key(index: number, t: number): string {
    const number = this.#workload.keyNumber(index, t);
    let key = this.#keys[number];
    if (key === undefined) {
      key = this.#workload.key(index, t);
      this.keyHash = this.#workload.keyHash(index, t);
      if (number < most) {
        this.#keys[number] = key;
        this.#hashes[number] = this.keyHash;
      }
    } else this.keyHash = this.#hashes[number]!;
    return key;
  }

  client(index: number): string {
    const number = this.#workload.clientNumber(index);
    let client = this.#clients[number];
    if (client === undefined) {
      client = this.#workload.client(index);
      if (number < most) this.#clients[number] = client;
    }
    return client;
  }
}
