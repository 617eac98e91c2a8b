/**
 * Proxy, generators and process-driver backends are processes of their own. This is how such a process is spoken to:
 * JSON messages over Node's IPC channel, settings first, `ready` back, then whatever the role defines.
 * A child whose channel closes has lost its harness and leaves.
 *
 * A child may run a user's own code, and that may never return. The parent notices by its silence (a message it should have
 * sent, or not being ready), and `endStuck` ends it and says where it was: `StrategyError.endless` makes a sentence of that.
 */
import { fileURLToPath } from 'node:url';
import { type Frame, inspectorArgv, whereIs } from './whereabouts.ts';

interface Role<In> {
  /** What is sent back with `ready`. */
  ready?: unknown;
  receive?(message: In): void;
  /** Called once, on SIGTERM or when the harness is gone; the process leaves when it resolves. */
  stop?(): Promise<void> | void;
}

/** Child side: waits for settings, starts, says it is ready. An error in `start` is told to the parent and ends the process with 1. */
export function serve<Settings, In, Out>(
  start: (settings: Settings, say: (message: Out) => void) => Promise<Role<In>>,
): void {
  let role: Role<In> | undefined;
  let leaving = false;
  const say = (message: unknown) => {
    if (process.connected) process.send!(message);
  };
  const leave = async (code: number) => {
    if (leaving) return;
    leaving = true;
    await role?.stop?.();
    process.exit(code);
  };
  process.on('message', async (message: { type: string; settings?: Settings }) => {
    if (message.type !== 'settings') return role?.receive?.(message as In);
    try {
      role = await start(message.settings!, say);
      say({ type: 'ready', ready: role.ready });
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`${(error as Error).stack ?? error}\n`, () => leave(1));
    }
  });
  process.on('disconnect', () => leave(0));
  process.on('SIGTERM', () => leave(0));
  // Ctrl-C reaches the whole process group; the harness decides what stops when.
  process.on('SIGINT', () => undefined);
}

/** Parent side of a child process. */
export interface Child<In, Out> {
  readonly pid: number;
  /** What it said with `ready`. */
  readonly ready: unknown;
  send(message: In): void;
  onMessage(listener: (message: Out) => void): void;
  /** Resolves when the process has ended, however it ended; never rejects. */
  readonly ended: Promise<{ exitCode: number | undefined; signal: string | undefined; stderr: string }>;
  /** SIGTERM, then SIGKILL after `graceMs`. Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /**
   * For a child that no longer answers: finds the calls it is in (innermost first), then ends it with SIGKILL, as nothing else
   * reaches it; `ended` resolves after. Empty where it only waits, undefined where it cannot be asked; takes at most 5 s; never rejects. See whereabouts.ts.
   */
  endStuck(): Promise<readonly Frame[] | undefined>;
}

/** A child was not ready in time, and has been ended. */
export class NotReady extends Error {
  override name = 'NotReady';
  /** The calls it was in, as from `endStuck`. */
  readonly frames: readonly Frame[] | undefined;

  constructor(message: string, frames: readonly Frame[] | undefined) {
    super(message);
    this.frames = frames;
  }
}

export interface LaunchOptions {
  env?: Record<string, string>;
  execArgv?: string[];
  /** Most milliseconds until `ready`. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Starts `file` with this process's Node and resolves once it is ready. Rejects with its standard error when it ends before,
 * with `NotReady` when it is late.
 */
export async function launch<Settings, In, Out>(
  file: URL,
  settings: Settings,
  { env = {}, execArgv = [], timeoutMs = 15_000, signal }: LaunchOptions = {},
): Promise<Child<In, Out>> {
  signal?.throwIfAborted();
  // Loaded here, as only the parent needs it: it would cost every child 100 ms of CPU at its start.
  const { execa } = await import('execa');
  const child = execa(process.execPath, [...inspectorArgv, ...execArgv, fileURLToPath(file)], {
    ipc: true,
    serialization: 'json',
    env,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    maxBuffer: 64_000,
    reject: false,
    cleanup: true,
    forceKillAfterDelay: false,
  });
  const ended = child.then(
    (result) => ({ exitCode: result.exitCode, signal: result.signal, stderr: String(result.stderr ?? '') }),
    (error) => ({ exitCode: undefined, signal: undefined, stderr: String(error) }),
  );
  const listeners: ((message: Out) => void)[] = [];
  const stop = async (graceMs = 5_000) => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  };
  const handle = child.nodeChildProcess;
  const endStuck = async () => {
    const frames = await whereIs({ pid: child.pid!, stderr: handle.stderr! });
    child.kill('SIGKILL');
    return frames; // before `ended` can resolve: whoever waits for both hears where it hung, and not that it was killed
  };
  const name = file.pathname.split('/').pop();
  const ready = await new Promise<unknown>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      if (!late) reject(new Error(`${name} did not start: ${why}`));
    };
    let late = false;
    const timer = setTimeout(async () => {
      late = true;
      const frames = await endStuck();
      reject(new NotReady(`${name} did not start: not ready after ${timeoutMs} ms`, frames));
    }, timeoutMs);
    signal?.addEventListener('abort', () => void stop(), { once: true });
    handle.on('message', (message: { type: string; ready?: unknown }) => {
      if (message.type === 'ready') {
        clearTimeout(timer);
        resolve(message.ready);
      } else for (const listener of listeners) listener(message as Out);
    });
    void ended.then(({ exitCode, signal: by, stderr }) =>
      fail(stderr.trim() || `ended with ${by ?? exitCode}`),
    );
    // A child that dies at once closes the channel under us; `ended` says why.
    handle.send({ type: 'settings', settings }, () => undefined);
  });
  return {
    pid: child.pid!,
    ready,
    send: (message) => void handle.send(message as object, () => undefined),
    onMessage: (listener) => void listeners.push(listener),
    ended,
    stop,
    endStuck,
  };
}
