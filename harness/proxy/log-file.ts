/**
 * A file that lines are added to without the data path waiting for it: they gather in memory and are written in batches,
 * one write at a time. What a slow disk or a stalled reader does not take is bounded: beyond it lines are dropped and
 * counted, and the file itself says so once it takes more. `reopen` is for log rotation.
 */
import { closeSync, openSync, write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LogFileOptions {
  /** `-`: standard output. */
  readonly file: string;
  /** Bytes kept in memory at most, those being written included. */
  readonly most?: number;
  /** What could not be written, in a sentence; at most one a second. */
  readonly onTrouble: (sentence: string) => void;
}

const flushEvery = 250;
const batch = 65_536;
/** A pipe that is full says so and is asked again. */
const retryMs = 10;
/** Most that an end waits for a reader that takes nothing, ms. */
const closeWithin = 2_000;

export class LogFile {
  /** Lines dropped so far. */
  dropped = 0;
  readonly #options: LogFileOptions;
  readonly #most: number;
  readonly #timer: NodeJS.Timeout;
  #fd: number;
  #lines = '';
  #writing: Buffer | undefined = undefined;
  /** Dropped, and not yet said in the file. */
  #untold = 0;
  /** How many of them the batch that is being written says. */
  #telling = 0;
  #lastTrouble = Number.NEGATIVE_INFINITY;
  #closing = false;
  #closed = false;
  /** To be called when nothing is being written. */
  #waiting: (() => void)[] = [];

  /** Throws where the file cannot be opened. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#most = options.most ?? 8 * 1024 * 1024;
    this.#fd = open(options.file);
    this.#timer = setInterval(() => this.#flush(), flushEvery).unref();
  }

  /** Adds a line, its end included. */
  add(line: string): void {
    if (this.#lines.length + (this.#writing?.length ?? 0) + line.length > this.#most) {
      this.dropped++;
      this.#untold++;
      return;
    }
    this.#lines += line;
    if (this.#lines.length >= batch) this.#flush();
  }

  /** Goes on in a new file of the same name, as the old one has been moved away. What is being written still goes to the old one. False on standard output. */
  reopen(): boolean {
    if (this.#options.file === '-') return false;
    if (this.#writing === undefined) this.#swap();
    else this.#waiting.push(() => this.#swap());
    return true;
  }

  /** Writes what is left, and resolves when all of it is, or when nobody takes it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    this.#closing = true;
    const quiet = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#writing !== undefined)
      await Promise.race([quiet, sleep(closeWithin, undefined, { ref: false })]);
    if (this.#writing === undefined) this.flushNow();
    if (this.#options.file !== '-') closeSync(this.#fd);
    this.#closed = true;
  }

  /** For a process that ends at once: writes what is left, or as much as is taken. */
  flushNow(): void {
    if (this.#closed) return;
    if (this.#untold > 0) this.#lines += this.#notice();
    const rest = Buffer.from(this.#lines);
    this.#lines = '';
    if (rest.length === 0) return;
    try {
      for (let at = 0; at < rest.length; ) at += writeSync(this.#fd, rest, at);
    } catch (error) {
      this.#trouble(`${linesIn(rest)} lines were dropped: ${(error as Error).message}`);
    }
  }

  #flush(): void {
    if (this.#writing !== undefined || this.#closing) return;
    if (this.#untold > 0) {
      this.#trouble(`${this.#untold} lines were dropped: it takes them too slowly`);
      this.#telling = this.#untold;
      this.#lines += this.#notice();
    }
    if (this.#lines === '') return;
    this.#writing = Buffer.from(this.#lines);
    this.#lines = '';
    this.#write();
  }

  /** In the file too: a log that is read later must not look whole. */
  #notice(): string {
    const dropped = this.#untold;
    this.#untold = 0;
    return `${JSON.stringify({ time: new Date().toISOString(), dropped })}\n`;
  }

  #write(): void {
    write(this.#fd, this.#writing!, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#write(), retryMs);
        return;
      }
      if (error !== null) this.#failed(this.#writing!, error);
      else if (written < this.#writing!.length) {
        this.#writing = this.#writing!.subarray(written);
        this.#write();
        return;
      }
      this.#telling = 0;
      this.#writing = undefined;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const act of waiting) act();
      if (this.#lines.length >= batch) this.#flush();
    });
  }

  #failed(rest: Buffer, error: Error): void {
    const notices = this.#telling > 0 ? 1 : 0;
    const lost = linesIn(rest) - notices;
    this.dropped += lost;
    this.#untold += lost + this.#telling;
    this.#trouble(`${lost} lines were dropped: ${error.message}`);
  }

  #swap(): void {
    try {
      const next = openSync(this.#options.file, 'a');
      closeSync(this.#fd);
      this.#fd = next;
    } catch (error) {
      this.#trouble(`cannot be opened anew, and the old one is kept: ${(error as Error).message}`);
    }
  }

  #trouble(what: string): void {
    const at = performance.now();
    if (at - this.#lastTrouble < 1_000) return;
    this.#lastTrouble = at;
    this.#options.onTrouble(`access log ${this.#options.file}: ${what}`);
  }
}

const linesIn = (bytes: Buffer): number => bytes.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);

const open = (file: string): number => (file === '-' ? 1 : openSync(file, 'a'));
