/**
 * Affinity in virtual time: what a client's cookie, or a field of its requests, says of the backend it is bound to. Cookies
 * are kept where the load says that clients keep them; a balancer's ids mean the same to every balancer, so a jar is of a pool
 * and not of one balancer's.
 */
import { headers } from '../../scenarios/headers.ts';
import type { AffinitySettings } from '../../scenarios/identity-settings.ts';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import { FieldAffinity } from '../affinity.ts';
import type { BackendPool } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Flight } from './flight.ts';

export interface Stays {
  /** The backend a request is bound to, where it may be picked now. */
  bound(flight: Flight): PooledBackend | undefined;
  /** An attempt goes to `backend`. */
  picked(flight: Flight, backend: PooledBackend): void;
  /** The response of `backend` is passed on. */
  answered(flight: Flight, backend: PooledBackend): void;
}

/** By a pool's name and a client's address: the id of the backend its cookie means. */
export class Jars {
  readonly #jars = new Map<string, Map<string, string>>();

  of(pool: string): Map<string, string> {
    let jar = this.#jars.get(pool);
    if (jar === undefined) {
      jar = new Map();
      this.#jars.set(pool, jar);
    }
    return jar;
  }
}

export function byCookie(pool: BackendPool, jar: Map<string, string>): Stays {
  const bound = ({ client }: Flight) => {
    const id = jar.get(client);
    const backend = id === undefined ? undefined : pool.get(id);
    return backend?.available ? backend : undefined;
  };
  return {
    bound,
    picked: () => undefined,
    answered: (flight, backend) => {
      if (bound(flight) === undefined) jar.set(flight.client, backend.id);
    },
  };
}

export function byField(
  pool: BackendPool,
  { header, entries }: Extract<AffinitySettings, { header: string }>,
  shapeOf: (number: number) => RequestShape,
): Stays {
  const affinity = new FieldAffinity(pool, entries);
  const name = header.toLowerCase();
  const session = (flight: Flight): string => {
    if (name === headers.key) return flight.key;
    if (name === headers.client) return flight.client;
    if (name === headers.region) return flight.region ?? '';
    for (const [key, value] of Object.entries(shapeOf(flight.number).headers ?? {}))
      if (key.toLowerCase() === name) return value;
    return '';
  };
  return {
    bound: (flight) => {
      const it = session(flight);
      return it === '' ? undefined : affinity.bound(it);
    },
    picked: (flight, backend) => {
      const it = session(flight);
      if (it !== '' && affinity.bound(it) === undefined) affinity.picked(it, backend);
    },
    answered: () => undefined,
  };
}
