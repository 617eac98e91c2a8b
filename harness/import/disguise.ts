/**
 * What of a request may be written: clients and queries under pseudonyms, and in paths the segments that name somebody or
 * something: numbers, identifiers, tokens, mail addresses. Words stay, so that paths keep their shape and routes still fit.
 */
import { isIP } from 'node:net';
import { mostBody } from '../../scenarios/request-shape.ts';
import type { Logged } from './logged.ts';
import type { Pseudonyms } from './pseudonyms.ts';

export interface DisguiseOptions {
  readonly keepAddresses: boolean;
  readonly keepQueries: boolean;
  readonly keepIds: boolean;
}

/** Cells of a trace; '' where nothing is known. */
export interface Shown {
  readonly key: string;
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly host: string;
}

export class Disguise {
  readonly #pseudonyms: Pseudonyms;
  readonly #options: DisguiseOptions;

  constructor(pseudonyms: Pseudonyms, options: DisguiseOptions) {
    this.#pseudonyms = pseudonyms;
    this.#options = options;
  }

  /** `method` is one that loads send. */
  shown({ client, user, target, host, body }: Logged, method: string): Shown {
    const who = user ?? client;
    return {
      key: who === undefined ? '' : this.#key(who, user === undefined),
      client: client === undefined ? '' : this.#client(client),
      method,
      path: target === undefined ? '' : this.#target(target),
      body: body === undefined || body === 0 ? '' : String(rounded(Math.min(body, mostBody))),
      host: host === undefined ? '' : this.#host(host),
    };
  }

  #key(who: string, isClient: boolean): string {
    return isClient && this.#options.keepAddresses && isIP(who) !== 0
      ? who
      : `k${this.#pseudonyms.word('client', who)}`;
  }

  #client(client: string): string {
    return this.#options.keepAddresses && isIP(client) !== 0 ? client : this.#pseudonyms.address(client);
  }

  /** Without the port; an address under its pseudonym, and '' for what no Host may say. */
  #host(host: string): string {
    const bare = host.replace(/:\d{1,5}$/, '');
    const address = bare.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) !== 0) return this.#options.keepAddresses ? bare : this.#pseudonyms.address(address);
    return /^[A-Za-z0-9._~-]{1,253}$/.test(bare) ? bare : '';
  }

  #target(target: string): string {
    // Absolute form, and `*` and authorities, which ask for no path.
    const from = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
    const local = target.slice(from);
    const end = local.search(/[?#]/);
    const path = end < 0 ? local : local.slice(0, end);
    const query = end < 0 ? '' : local.slice(end + 1);
    const shown = (path.startsWith('/') ? path : '/')
      .split('/')
      .map((segment) => this.#segment(segment))
      .join('/');
    const asked =
      query === '' ? '' : `?${this.#options.keepQueries ? query : this.#pseudonyms.word('query', query)}`;
    return `${shown}${asked}`.slice(0, 2000);
  }

  #segment(segment: string): string {
    if (this.#options.keepIds || segment === '') return segment;
    const semicolon = segment.indexOf(';');
    if (semicolon >= 0)
      return `${this.#segment(segment.slice(0, semicolon))};${this.#pseudonyms.word('parameter', segment.slice(semicolon))}`;
    if (!tellsApart(segment)) return segment;
    // What is percent-encoded stays no longer than it was, and decodable.
    return this.#pseudonyms.shaped('segment', segment.replace(/%[0-9A-Fa-f]{2}/g, '-'));
  }
}

/** Whether a segment is rather a name of one thing than a word: digits alone, hexadecimal, mail addresses, long mixtures. */
function tellsApart(segment: string): boolean {
  const stem = segment.replace(/\.[A-Za-z]{1,5}$/, '');
  if (/^\d+$/.test(stem) || /@|%40/.test(segment)) return true;
  if (/^[0-9A-Fa-f-]{8,}$/.test(stem) && /\d/.test(stem)) return true;
  if (/\d{5,}/.test(stem)) return true;
  return (stem.length >= 16 && /\d/.test(stem) && /[A-Za-z]/.test(stem)) || stem.length >= 40;
}

/** To two digits: so many different bodies need not be kept. */
function rounded(bytes: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, bytes))) - 1);
  return Math.round(bytes / unit) * unit;
}
