/** Starts the real server as a process of its own, for tests, and speaks to it: over HTTP, and in raw bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { NetworkSettings } from '../scenarios/distances.ts';
import type { BackendSpec } from '../scenarios/scenario.ts';
import type { BackendState } from './control.ts';

export const plainSpec: BackendSpec = {
  id: 'app-1',
  index: 0,
  weight: 1,
  zone: undefined,
  workers: 8,
  queue: 128,
  service: { kind: 'constant', options: { mean: 1 } },
  speed: 1,
  work: 'sleep',
  warmup: undefined,
  contention: 0,
  pauses: undefined,
  cache: undefined,
  keepAlive: undefined,
  cancelAbandoned: false,
  body: 128,
};

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly controlPort: number;
  /** Of the load port, without a path. */
  readonly url: string;
  control<T = BackendState>(route: string, body?: unknown): Promise<{ status: number; says: T }>;
  /** Waits for a state; fails after 20 s. */
  until(holds: (state: BackendState) => boolean): Promise<void>;
  setFault(kind: string, options?: Record<string, unknown>, fault?: number): Promise<void>;
  /** Sends bytes on a connection of its own and answers with what came back, and how it ended. */
  raw(bytes: string, forMs?: number): Promise<RawAnswer>;
}

export interface RawAnswer {
  readonly text: string;
  readonly end: 'fin' | 'reset' | 'refused' | 'open';
}

/** Whether one response is there down to its last byte. */
function isWhole(text: string): boolean {
  const [head, body] = text.split('\r\n\r\n');
  const length = /content-length: (\d+)/.exec(head ?? '')?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}

/** Answers once the connection has ended, a moment after one whole response, or after `forMs`. */
export async function exchange(port: number, bytes: string, forMs = 3_000): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  return await new Promise((resolve) => {
    const done = (end: RawAnswer['end']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, end });
    };
    const timer = setTimeout(() => done('open'), forMs);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (isWhole(text)) setTimeout(done, 50, 'open');
    });
    socket.on('end', () => done('fin'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? 'refused' : 'reset'),
    );
    socket.write(bytes);
  });
}

/** Stops with the test. `file` is another copy of the server; `env` adds to its environment; `network` makes ways to it. */
export async function startBackend(
  t: ExecutionContext,
  change: Partial<BackendSpec> = {},
  {
    file = new URL('./server.ts', import.meta.url),
    env = {} as Record<string, string>,
    network = undefined as NetworkSettings | undefined,
  } = {},
): Promise<Started> {
  const spec = { ...plainSpec, ...change };
  const settings = { spec, host: '127.0.0.1', port: 0, controlPort: 0, seed: 1, network };
  const child = spawn(process.execPath, [file.pathname], {
    env: { STEELYARD_BACKEND: JSON.stringify(settings), ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const { port, controlPort, pid } = JSON.parse(line) as Record<string, number>;
  t.is(pid, child.pid);
  const control: Started['control'] = async (route, body) => {
    const [method, path] = route.split(' ');
    const init = body === undefined ? { method: method! } : { method: method!, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${controlPort}${path}`, init);
    return { status: response.status, says: (await response.json()) as never };
  };
  return {
    child,
    port: port!,
    controlPort: controlPort!,
    url: `http://127.0.0.1:${port}`,
    control,
    until: async (holds) => {
      const latest = performance.now() + 20_000;
      while (!holds((await control('GET /state')).says))
        if (performance.now() > latest) throw new Error(`not within 20 s: ${holds}`);
    },
    setFault: async (kind, options = {}, fault = 0) => {
      const { status, says } = await control('POST /faults', { fault, kind, options, seed: 1 });
      t.is(status, 200, JSON.stringify(says));
    },
    raw: (bytes, forMs) => exchange(port!, bytes, forMs),
  };
}
