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
 * The calls the process is in and does not leave, innermost first; none where it is in no call and only waits. Undefined where it gives no answer
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

/** A call as CDP tells it. */
interface Call {
  readonly functionName: string;
  readonly functionLocation?: Location;
  readonly location: Location;
}

interface Location {
  readonly scriptId: string;
  /** From 0. */
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId?: string;
    readonly url?: string;
    readonly callFrames?: readonly Call[];
  };
}

/** A loop calls functions that do return: looked at this often, so long apart (ms), only what never returns stays. */
const looks = 5;
const lookEvery = 20;
/** Most milliseconds from the answer that it will pause to the pause: what is in a call pauses as soon as it agrees to. */
const pauseWithin = 1_500;
const pause = { id: 2, method: 'Debugger.pause' };

function callsOf(url: string, signal: AbortSignal): Promise<readonly Frame[] | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const send = (message: object) => socket.send(JSON.stringify(message));
    // Closed only when the caller is done; the process may run on from then.
    signal.addEventListener('abort', () => {
      socket.close();
      resolve(undefined);
    });
    socket.addEventListener('error', () => resolve(undefined));
    socket.addEventListener('close', () => resolve(undefined));
    socket.addEventListener('open', () => {
      send({ id: 1, method: 'Debugger.enable' });
      send(pause);
    });
    const urls = new Map<string, string>();
    let calls: readonly Call[] | undefined;
    let looked = 0;
    let waits: NodeJS.Timeout | undefined;
    socket.addEventListener('message', ({ data }) => {
      const { id, method, params } = JSON.parse(String(data)) as Message;
      if (id === pause.id) waits = setTimeout(() => resolve([]), pauseWithin);
      if (method === 'Debugger.scriptParsed') urls.set(params!.scriptId!, params!.url!);
      if (method !== 'Debugger.paused') return;
      clearTimeout(waits);
      calls = lasting(params!.callFrames!, calls);
      if (++looked === looks)
        return resolve(
          calls.map(({ functionName, location }) => ({
            function: functionName,
            file: pathOf(urls.get(location.scriptId) ?? ''),
            line: location.lineNumber + 1,
          })),
        );
      send({ id: 3, method: 'Debugger.resume' });
      setTimeout(send, lookEvery, pause);
    });
  });
}

/** The calls of both looks that did not return in between, from the outermost on; lines as of the later look. */
export function lasting(later: readonly Call[], earlier: readonly Call[] = later): readonly Call[] {
  const key = ({ functionName, functionLocation, location }: Call) =>
    `${functionName} ${JSON.stringify(functionLocation ?? location)}`;
  let same = 0;
  while (
    same < Math.min(later.length, earlier.length) &&
    key(later.at(-1 - same)!) === key(earlier.at(-1 - same)!)
  )
    same++;
  return later.slice(later.length - same);
}
