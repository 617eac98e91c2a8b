/**
 * The harness's side of a backend's control port: HTTP and JSON, a connection of its own for every request, so that
 * nothing learnt before a fault (a pooled socket, a half-closed one) colours what is seen after it.
 */
import { request } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { now } from '../clock.ts';

/** A backend's state as it tells it. Which fields there are is the backend's business; its identity is not. */
export type BackendState = Readonly<Record<string, unknown>> & { readonly id: string };

export interface Watch {
  /** Resolves with the moment (clock.ts, ms) at which the backend's process died. */
  readonly died: Promise<number>;
  close(): void;
}

export interface Executed {
  startedAt: number;
  requests: number[];
}

export interface Control {
  state(timeoutMs?: number): Promise<BackendState>;
  /** Which requests this process has executed since its reset, and since when there is this process (clock.ts, ms). */
  executed(): Promise<Executed>;
  /** Puts the backend back as it was when it started, with this seed, asked from this zone; resolves to its state then. */
  reset(seed: number, from?: string): Promise<BackendState>;
  /** Tells a process that took another's place in mid-trial what the reset before it said. */
  join(seed: number, from?: string): Promise<BackendState>;
  setFault(fault: {
    fault: number;
    kind: string;
    options: Record<string, unknown>;
    seed: number;
  }): Promise<{ at: number }>;
  /** `was`: whether it was on. */
  clearFault(fault: number): Promise<{ at: number; was: boolean }>;
  /** A response that never ends: the kernel closes its socket at the very moment the process is gone. */
  watch(): Promise<Watch>;
}

/** What our own backends can be asked beside. */
export interface BackendControl extends Control {
  /** Takes memory until the kernel ends the process. */
  takeMemory(): Promise<{ at: number }>;
  /** Cuts its load port off; undefined ends that. */
  partition(direction: string | undefined): Promise<{ at: number }>;
}

const patienceMs = 2_000;
/** Of what starts a thread in the backend, which a busy machine takes its time for. */
const threadMs = 15_000;
/** The list of a million requests takes a while, ms. */
const executedMs = 10_000;

export function controlOf(host: string, port: number): BackendControl {
  const ask = (method: string, path: string, body?: unknown, timeoutMs = patienceMs) =>
    exchange({ host, port, method, path, body, timeoutMs });
  return {
    state: (timeoutMs) => ask('GET', '/state', undefined, timeoutMs) as Promise<BackendState>,
    executed: () => ask('GET', '/executed', undefined, executedMs) as Promise<Executed>,
    reset: (seed, from) => ask('POST', '/reset', { seed, from }) as Promise<BackendState>,
    join: (seed, from) => ask('POST', '/trial', { seed, from }) as Promise<BackendState>,
    setFault: (fault) => ask('POST', '/faults', fault) as Promise<{ at: number }>,
    partition: (direction) =>
      (direction === undefined
        ? ask('DELETE', '/partition', undefined, threadMs)
        : ask('POST', '/partition', { direction }, threadMs)) as Promise<{ at: number }>,
    takeMemory: () => ask('POST', '/memory') as Promise<{ at: number }>,
    clearFault: (fault) => ask('DELETE', `/faults/${fault}`) as Promise<{ at: number; was: boolean }>,
    watch: () => watch(host, port),
  };
}

/** Whether two states tell of the same past load, faults included. Everything counts that is not known to be of the process. */
export function sameState(a: BackendState, b: BackendState): boolean {
  return isDeepStrictEqual(lasting(a), lasting(b));
}

/** Fields that tell of the process, the seed or the moment, and so differ however well a reset works. */
const passing = new Set(['pid', 'seed', 'startedAt', 'now', 'cpuMicros']);

function lasting(state: BackendState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !passing.has(key)));
}

function exchange(ask: {
  host: string;
  port: number;
  method: string;
  path: string;
  body: unknown;
  timeoutMs: number;
}): Promise<unknown> {
  const { body, timeoutMs, ...where } = ask;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new Error(`${ask.method} ${ask.path} at ${ask.host}:${ask.port}: ${(cause as Error).message}`, {
          cause,
        }),
      );
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request({ ...where, headers, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    sent.on('error', fail);
    sent.on('response', async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        if (response.statusCode !== 200)
          throw new Error(`answered ${response.statusCode}: ${text.slice(0, 300)}`);
        resolve(JSON.parse(text));
      } catch (error) {
        fail(error);
      }
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function watch(host: string, port: number): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const died = Promise.withResolvers<number>();
    const sent = request({ host, port, path: '/watch', agent: false });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
    sent.on('error', (cause) => {
      clearTimeout(timer);
      died.resolve(now());
      reject(new Error(`GET /watch at ${host}:${port}: ${cause.message}`, { cause }));
    });
    sent.on('response', (response) => {
      clearTimeout(timer);
      const end = () => died.resolve(now());
      response.on('end', end).on('error', end).on('close', end).resume();
      resolve({ died: died.promise, close: () => sent.destroy() });
    });
    sent.end();
  });
}
