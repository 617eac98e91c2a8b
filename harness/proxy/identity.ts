/**
 * Whether whoever answers at a backend's address is that backend. After a restart an address may be another's, and its
 * answers would be taken for good ones: so where backends say their id in a field, one that says another's is out at once.
 * One that says nothing is believed.
 */
import type { PooledBackend } from '../pooled-backend.ts';
import type { Pools } from '../pools.ts';
import { hashOf } from './fields.ts';
import type { ResponseHead } from './response-head.ts';

export class Identity {
  readonly #field: { readonly name: string; readonly hash: number };
  readonly #pools: Pools;

  constructor(field: string, pools: Pools) {
    const name = field.toLowerCase();
    this.#field = { name, hash: hashOf(name) };
    this.#pools = pools;
  }

  /** Whether a response is somebody else's; its backend is out then. To be asked before the next scan. */
  refutes(response: ResponseHead, b: Buffer, backend: PooledBackend): boolean {
    const said = response.field(b, this.#field);
    if (said === undefined || said === backend.id) return false;
    for (const { pool } of this.#pools.dispatchers)
      if (pool.get(backend.id) === backend) pool.distrust(backend, cutShort(said), 'passive');
    return true;
  }
}

/** As much of what a stranger says as is worth telling. */
export function cutShort(said: string): string {
  return said.slice(0, 80);
}
