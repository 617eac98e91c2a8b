/**
 * The trace of an import, written as its rows come. A trace holds so many rows and bytes at most; where there are more,
 * every other one is left out, again and again until they fit: drawn by their number, so that what stays is a fair sample.
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { draw } from '../../scenarios/random.ts';
import { mostRows } from '../../scenarios/trace-file.ts';
import type { Shown } from './disguise.ts';

const header = 'at,key,client,method,path,body,host\n';
/** Half of what the loader reads. */
const mostBytes = 100_000_000;
/** Its own stream of draws, apart from those of scenarios. */
const stream = 0x7ace;

export class TraceRows {
  readonly #file: string;
  readonly #most: number;
  readonly #seed: number;
  #chunks: string[] = [header];
  #size = header.length;
  #pending = 0;
  #index = 0;
  /** Share of the requests that are kept. */
  share: number;
  rows = 0;

  /** `share` of the requests at most is kept from the start. */
  constructor(file: string, { share = 1, most = mostRows, seed = 1 } = {}) {
    this.#file = file;
    this.share = share;
    this.#most = Math.min(most, mostRows);
    this.#seed = seed;
  }

  /** `at` in ms from t = 0. */
  add(at: number, { key, client, method, path, body, host }: Shown): void {
    const luck = draw(this.#seed, stream, this.#index++);
    if (luck >= this.share) return;
    // The draw stands first until the file is done, so that rows can be thinned out by it later.
    const row = `${luck},${at.toFixed(3)},${cell(key)},${cell(client)},${method},${cell(path)},${body},${cell(host)}\n`;
    this.#chunks.push(row);
    this.#pending += row.length;
    this.#size += row.length;
    this.rows++;
  }

  /** Writes what has come, and thins it out where that is too much. To be awaited now and then. */
  async drain(): Promise<void> {
    if (this.#pending === 0) return;
    const handle = await open(`${this.#file}.partial`, 'a');
    try {
      await handle.write(this.#chunks.splice(0).join(''));
    } finally {
      await handle.close();
    }
    this.#pending = 0;
    while (this.rows > this.#most || this.#size > mostBytes) await this.#thin();
  }

  async #thin(): Promise<void> {
    this.share /= 2;
    await this.#rewrite(`${this.#file}.thinner`, (row) =>
      row === header.trimEnd() || Number(row.slice(0, row.indexOf(','))) < this.share ? row : undefined,
    );
    await rename(`${this.#file}.thinner`, `${this.#file}.partial`);
  }

  async #rewrite(to: string, keep: (row: string) => string | undefined): Promise<void> {
    const out = createWriteStream(to, { flags: 'w' });
    this.rows = -1;
    this.#size = 0;
    for await (const row of createInterface({ input: createReadStream(`${this.#file}.partial`) })) {
      const kept = keep(row);
      if (kept === undefined) continue;
      this.rows++;
      this.#size += kept.length + 1;
      if (!out.write(`${kept}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
  }

  /** The file is there, complete. */
  async close(): Promise<void> {
    await this.drain();
    await this.#rewrite(this.#file, (row) =>
      row === header.trimEnd() ? row : row.slice(row.indexOf(',') + 1),
    );
    await this.discard();
  }

  /** Leaves nothing of what is not complete. */
  async discard(): Promise<void> {
    await rm(`${this.#file}.partial`, { force: true });
    await rm(`${this.#file}.thinner`, { force: true });
  }
}

const cell = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
