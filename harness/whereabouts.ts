/**
 * Where a process hangs: the calls it is in, asked from outside, as a loop that never ends cannot be asked from inside.
 *
 * SIGUSR1 makes Node open its inspector (a thread of its own, so it answers while the main one loops); the Chrome
 * DevTools Protocol then pauses the loop and names every call of it. Type stripping keeps lines and columns, so they are
 * the user's own. The process must have been started with `inspectorArgv`, or two of them would want the same port.
 * Afterwards the inspector stays open: `Child.endStuck` (role.ts) ends the process at once, and is the way to come here.
 * Sources: Node's "Signal events" (SIGUSR1), CDP's Debugger domain (`enable`, `pause`, `paused`, `scriptParsed`).
 */
import type { Readable } from 'node:stream';
import { pathOf } from './source-place.ts';

/** Flags of Node for a process that can be asked: a free port of this machine's own, opened only when it is asked. */
export const inspectorArgv: readonly string[] = ['--inspect-port=127.0.0.1:0'];

/** One call that a process is in. */
export interface Frame {
  /** Empty for the top of a module and for functions without a name. */
  readonly function: string;
  /** Absolute path; `node:…` for Node's own. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** What is needed of a process: its pid, and its standard error, on which the inspector says where it listens. */
export interface Asked {
  readonly pid: number;
  readonly stderr: Readable;
}

/** Most milliseconds for an answer: it takes 20, and a machine under load many times that. */
const answerWithin = 5_000;

/**
 * The calls the process is in, innermost first; none where it is in no call and only waits. Undefined where it gives no answer
 * in time: it is gone, or inside native code that lets nobody in (long arithmetic on BigInts, say; regular expressions and
 * sorts do). Never rejects.
 */
export async function whereIs(asked: Asked, withinMs = answerWithin): Promise<readonly Frame[] | undefined> {
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), withinMs);
  try {
    const address = addressOf(asked.stderr, ended.signal);
    // Windows has no SIGUSR1, and a process may be gone; both are no answer.
    if (!signalled(asked.pid)) return undefined;
    const url = await address;
    return url === undefined ? undefined : await callsOf(url, ended.signal);
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

function signalled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGUSR1');
  } catch {
    return false;
  }
}

/** The address that the inspector prints when it opens. */
function addressOf(stderr: Readable, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const onData = (text: Buffer | string) => {
      said = (said + text.toString()).slice(-4_000);
      const [, url] = /Debugger listening on (ws:\/\/\S+)\s/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    };
    stderr.on('data', onData);
    stderr.once('close', () => resolve(undefined));
    signal.addEventListener('abort', () => {
      stderr.off('data', onData);
      resolve(undefined);
    });
  });
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId?: string;
    readonly url?: string;
    readonly callFrames?: readonly {
      readonly functionName: string;
      readonly location: { readonly scriptId: string; readonly lineNumber: number };
    }[];
  };
}

const pauseId = 2;
/** Most milliseconds from the answer that it will pause to the pause. */
const pauseWithin = 1_500;

function callsOf(url: string, signal: AbortSignal): Promise<readonly Frame[] | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    // Closed only when the caller is done; the process may run on from then.
    signal.addEventListener('abort', () => {
      socket.close();
      resolve(undefined);
    });
    const urls = new Map<string, string>();
    socket.addEventListener('error', () => resolve(undefined));
    socket.addEventListener('close', () => resolve(undefined));
    socket.addEventListener('open', () => {
      socket.send('{"id":1,"method":"Debugger.enable"}');
      socket.send(`{"id":${pauseId},"method":"Debugger.pause"}`);
    });
    socket.addEventListener('message', ({ data }) => {
      const { id, method, params } = JSON.parse(String(data)) as Message;
      // What is in a call pauses as soon as it agrees to.
      if (id === pauseId) setTimeout(() => resolve([]), pauseWithin).unref();
      if (method === 'Debugger.scriptParsed') urls.set(params!.scriptId!, params!.url!);
      if (method !== 'Debugger.paused') return;
      resolve(
        params!.callFrames!.map(({ functionName, location }) => ({
          function: functionName,
          file: pathOf(urls.get(location.scriptId) ?? ''),
          line: location.lineNumber + 1,
        })),
      );
    });
  });
}
