/**
 * Sessions that stay with their backend: while it is available they go nowhere else, whatever the strategy would say; when
 * it is lost the strategy chooses anew, once, and they stay there, also when the first one comes back.
 *
 * Two kinds. By cookie the client itself remembers: it is told an id that means its backend to every balancer of the same
 * secret and nothing to anybody else. By field the balancer remembers, in a table of bounded size. Pure; proxy and
 * simulator use the same.
 */
import { createHash } from 'node:crypto';
import type { AffinitySettings } from '../scenarios/identity-settings.ts';
import { SessionTable } from '../strategies/session-table.ts';
import type { BackendPool } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';

/** Of one pool. */
export interface Affinity {
  /** The backend that a session is bound to, where it may be picked now. */
  bound(session: string): PooledBackend | undefined;
  /** An attempt for a session went to `backend`. */
  picked(session: string, backend: PooledBackend): void;
}

/** What a client is told of a backend: 96 bits that do not say which. */
export function sessionId(id: string, secret: string): string {
  return createHash('sha256').update(`${secret}\0${id}`).digest('base64url').slice(0, 16);
}

export class CookieAffinity implements Affinity {
  readonly #pool: BackendPool;
  readonly #secret: string;
  #members: readonly PooledBackend[] = [];
  #byId = new Map<string, PooledBackend>();
  readonly #ids = new WeakMap<PooledBackend, string>();

  constructor(pool: BackendPool, secret: string) {
    this.#pool = pool;
    this.#secret = secret;
  }

  bound(session: string): PooledBackend | undefined {
    if (this.#members !== this.#pool.members) {
      this.#members = this.#pool.members;
      this.#byId = new Map(this.#members.map((it) => [this.idOf(it), it]));
    }
    const backend = this.#byId.get(session);
    return backend?.available ? backend : undefined;
  }

  picked(): void {
    // The client remembers.
  }

  idOf(backend: PooledBackend): string {
    let id = this.#ids.get(backend);
    if (id === undefined) {
      id = sessionId(backend.id, this.#secret);
      this.#ids.set(backend, id);
    }
    return id;
  }
}

export class FieldAffinity implements Affinity {
  readonly #pool: BackendPool;
  readonly #sessions: SessionTable;
  #members: readonly PooledBackend[] = [];
  #byIndex: (PooledBackend | undefined)[] = [];

  constructor(pool: BackendPool, entries: number) {
    this.#pool = pool;
    this.#sessions = new SessionTable(entries);
  }

  bound(session: string): PooledBackend | undefined {
    const slot = this.#sessions.find(session);
    if (slot < 0) return undefined;
    if (this.#members !== this.#pool.members) {
      this.#members = this.#pool.members;
      this.#byIndex = [];
      for (const it of this.#members) this.#byIndex[it.index] = it;
    }
    const backend = this.#byIndex[this.#sessions.owner(slot)];
    return backend?.available ? backend : undefined;
  }

  picked(session: string, { index }: PooledBackend): void {
    const slot = this.#sessions.find(session);
    this.#sessions.bind(slot < 0 ? this.#sessions.add(session) : slot, index);
  }
}

/** The name of a pool's cookie: pools of one balancer do not take each other's for their own. */
export function cookieNameOf(name: string, pool: string): string {
  return pool === 'all' ? name : `${name}.${pool.replace(':', '.')}`;
}

export function affinityOf(settings: AffinitySettings, pool: BackendPool): Affinity {
  return 'cookie' in settings
    ? new CookieAffinity(pool, settings.secret)
    : new FieldAffinity(pool, settings.entries);
}
