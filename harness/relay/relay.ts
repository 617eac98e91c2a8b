/**
 * Service-level faults of services that are not ours: a process of our own stands before them, on an address for each, passes
 * requests on and makes of them what the faults' verdicts say, as our own backends do. It is not there in a scenario without such faults.
 */
import { extname } from 'node:path';
import type { RunLabel } from '../drivers/driver.ts';
import { freePorts } from '../drivers/ports.ts';
import { environmentOf } from '../ownership.ts';
import { type Child, launch } from '../role.ts';
import type { Ask, Behind, Fault, FromRelay, ToRelay } from './messages.ts';

const host = '127.0.0.1';
const patienceMs = 5_000;

/** The front of one backend, as the harness speaks to it. */
export interface RelayControl {
  /** Where load goes. */
  readonly at: { readonly host: string; readonly port: number };
  up(): Promise<void>;
  down(): Promise<void>;
  reset(): Promise<void>;
  setFault(fault: Fault): Promise<{ at: number }>;
  clearFault(fault: number): Promise<{ at: number }>;
}

interface Waiting {
  resolve(answer: { at: number }): void;
  reject(error: Error): void;
}

export class Relay {
  readonly #child: Child<ToRelay, FromRelay>;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  private constructor(child: Child<ToRelay, FromRelay>) {
    this.#child = child;
    child.onMessage(({ n, at, error }) => {
      if (error === undefined) this.#waiting.get(n)?.resolve({ at });
      else this.#waiting.get(n)?.reject(new Error(error));
    });
    void child.ended.then(({ stderr }) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the relay has ended: ${stderr.trim()}`));
    });
  }

  static async launch(run: RunLabel, signal: AbortSignal): Promise<Relay> {
    const file = new URL(`./main${extname(import.meta.url)}`, import.meta.url);
    return new Relay(await launch(file, {}, { signal, env: environmentOf(run) }));
  }

  /** Stands before a backend from now on, though it refuses until it is told `up`. */
  async before(behind: Behind): Promise<RelayControl> {
    const [port] = (await freePorts(host, 1)) as [number];
    const { id } = behind;
    const ask = (what: Ask) => this.#ask(id, what);
    const tell = async (what: Ask) => void (await ask(what));
    await ask({ ask: 'open', behind, port });
    return {
      at: { host, port },
      up: () => tell({ ask: 'up' }),
      down: () => tell({ ask: 'down' }),
      reset: () => tell({ ask: 'reset' }),
      setFault: (fault) => ask({ ask: 'set', fault }),
      clearFault: (fault) => ask({ ask: 'clear', fault }),
    };
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  async #ask(id: string, what: Ask): Promise<{ at: number }> {
    const n = this.#asked++;
    const { promise, resolve, reject } = Promise.withResolvers<{ at: number }>();
    this.#waiting.set(n, { resolve, reject });
    const timer = setTimeout(
      () => reject(new Error(`the relay before ${id} did not answer within ${patienceMs} ms`)),
      patienceMs,
    );
    this.#child.send({ type: 'ask', n, id, what });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(n);
    }
  }
}
