/** Affinity as HTTP says it: the session in a request's cookie or field, and the cookie that a response sets. */
import type { AffinitySettings } from '../../scenarios/identity-settings.ts';
import { type Affinity, affinityOf, type CookieAffinity, cookieNameOf } from '../affinity.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Pools } from '../pools.ts';
import { cookieIn } from './cookies.ts';

interface Place {
  readonly affinity: Affinity;
  /** Of the cookie; empty where there is none. */
  readonly name: string;
}

export class Sessions {
  readonly #places = new Map<Dispatcher, Place>();
  readonly #attributes: string;
  readonly #byCookie: boolean;

  constructor(settings: AffinitySettings, pools: Pools) {
    this.#byCookie = 'cookie' in settings;
    this.#attributes = 'cookie' in settings ? attributesOf(settings) : '';
    for (const [pool, dispatcher] of pools.byName) {
      const name = 'cookie' in settings ? cookieNameOf(settings.cookie, pool) : '';
      this.#places.set(dispatcher, { affinity: affinityOf(settings, dispatcher.pool), name });
    }
  }

  /** The session a request says it belongs to; empty where it says none. `told` is its cookies, or the value of the field. */
  sessionIn(told: string, dispatcher: Dispatcher): string {
    if (!this.#byCookie) return told;
    return cookieIn(told, this.#places.get(dispatcher)!.name) ?? '';
  }

  bound(session: string, dispatcher: Dispatcher): PooledBackend | undefined {
    return session === '' ? undefined : this.#places.get(dispatcher)!.affinity.bound(session);
  }

  /** An attempt goes to `backend`; where the session's own was only full, it stays that one's. */
  picked(session: string, dispatcher: Dispatcher, backend: PooledBackend): void {
    if (session === '') return;
    const { affinity } = this.#places.get(dispatcher)!;
    if (affinity.bound(session) === undefined) affinity.picked(session, backend);
  }

  /** Lines for the response of `backend`: a cookie, where the client has none that still holds. */
  lines(session: string, dispatcher: Dispatcher, backend: PooledBackend): string {
    if (!this.#byCookie) return '';
    const { affinity, name } = this.#places.get(dispatcher)!;
    if (session !== '' && affinity.bound(session) !== undefined) return '';
    return `Set-Cookie: ${name}=${(affinity as CookieAffinity).idOf(backend)}${this.#attributes}\r\n`;
  }
}

function attributesOf(settings: Extract<AffinitySettings, { cookie: string }>): string {
  const { path, maxAge, httpOnly, secure, sameSite } = settings;
  return [
    '',
    `Path=${path}`,
    ...(maxAge === undefined ? [] : [`Max-Age=${Math.ceil(maxAge / 1000)}`]),
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
    `SameSite=${sameSite}`,
  ].join('; ');
}
