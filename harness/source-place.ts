/**
 * Where in a user's file: `file:line`, from an error's stack, from the calls of a process that hangs, or from a function.
 * A stack names files by URL (a space is %20) and through links by what they lead to; a user names them by path.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Frame } from './whereabouts.ts';

/** One call of a stack: `at pick (file:///a%20b/mine.mts:2:5)`, `at file:///…:2:5`, `at async …`. */
const call = /^\s+at (?:.* \()?(?:async )?(\S.*?):(\d+):\d+\)?$/;

/** The innermost line of `file` among the calls an error was thrown in; undefined where none of them is in it. */
export function lineOfThrow(file: string, error: unknown): number | undefined {
  const stack: unknown = error instanceof Error ? error.stack : undefined;
  return typeof stack === 'string' ? lineOfStack(file, stack) : undefined;
}

/** The same from a stack that was printed. */
export function lineOfStack(file: string, stack: string): number | undefined {
  const paths = pathsOf(file);
  for (const text of stack.split('\n')) {
    const [, place, line] = call.exec(text) ?? [];
    if (place !== undefined && paths.has(pathOf(place))) return Number(line);
  }
  return undefined;
}

/** The path that a URL of a stack or of a script means; other names as they are. */
export function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url; // another machine's, or none at all
  }
}

/** The innermost of the calls that is in `file`. */
export function callIn(file: string, frames: readonly Frame[]): Frame | undefined {
  const paths = pathsOf(file);
  return frames.find((frame) => paths.has(frame.file));
}

/** `file:line`, or the file alone. */
export const placeOf = (file: string, line: number | undefined): string =>
  line === undefined ? file : `${file}:${line}`;

/** The path as given and, where links lead elsewhere, the one that Node loaded. */
function pathsOf(file: string): Set<string> {
  try {
    return new Set([file, realpathSync(file)]);
  } catch {
    return new Set([file]); // gone since it was loaded
  }
}

/** What the inspector tells of an object beside its properties. */
interface Inspected {
  readonly internalProperties?: readonly {
    readonly name: string;
    readonly value?: { readonly value?: { readonly scriptId: string; readonly lineNumber: number } };
  }[];
}

/**
 * The line of `file` on which a function is written; undefined where it is written elsewhere, native or bound. V8 tells it to
 * an inspector alone, so one is opened within this process (no port) and closed before this returns. It may take 200 ms:
 * for errors only.
 */
export function lineOfFunction(file: string, it: unknown): number | undefined {
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  const key = Symbol.for('steelyard.function');
  const holder = globalThis as { [key]?: unknown };
  const scripts = new Map<string, string>();
  let line: number | undefined;
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, pathOf(params.url)));
  holder[key] = it;
  try {
    session.post('Debugger.enable');
    const expression = `globalThis[Symbol.for('${Symbol.keyFor(key)}')]`;
    session.post('Runtime.evaluate', { expression }, (_, reply) => {
      const objectId = reply?.result?.objectId;
      if (objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_, properties) => {
        const { internalProperties = [] } = (properties ?? {}) as Inspected;
        const found = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value;
        if (found !== undefined && pathsOf(file).has(scripts.get(found.scriptId) ?? ''))
          line = found.lineNumber + 1;
      });
    });
  } finally {
    delete holder[key];
    session.disconnect();
  }
  return line;
}
