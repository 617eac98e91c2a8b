/**
 * A user's own strategy file: loaded, and checked for what it exports. Whatever is wrong with it is bad input, told with
 * what was expected, what stood there, and the line where that can be known.
 */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { didYouMean } from '../scenarios/suggest.ts';
import type { StrategyDefinition } from '../strategies/strategy.ts';
import { lineOfThrow, pathOf, placeOf } from './source-place.ts';
import { StrategyInputError } from './strategy-options.ts';

/** The definition in the file at this absolute path. Rejects with `StrategyInputError`. */
export async function loadStrategyFile(
  file: string,
): Promise<{ name: string; file: string; definition: StrategyDefinition }> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new StrategyInputError(
      ['strategy'],
      `strategy file ${await placeOfFailure(file, cause)} cannot be loaded: ${inWords(cause)}`,
      cause,
    );
  }
  const fault = faultOf(module.default);
  if (fault !== undefined) throw new StrategyInputError(['strategy'], `strategy file ${file}: ${fault}`);
  const name = basename(file).replace(/\.[^.]+$/, '');
  return { name, file, definition: module.default as StrategyDefinition };
}

const inWords = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

/**
 * `file:line` of what went wrong as it was loaded: in the file or in one that it imports. A syntax error in TypeScript
 * begins its stack with the place; one in JavaScript has it only where Node prints an error nobody caught, so Node is asked
 * to (nothing of the file runs then: it does not even parse).
 */
async function placeOfFailure(file: string, cause: unknown): Promise<string> {
  if (!(cause instanceof SyntaxError)) return placeOf(file, lineOfThrow(file, cause));
  const told = placeAtTop(cause.stack ?? '') ?? placeAtTop(await printedBy(file));
  if (told === undefined) return file;
  return told.path === file ? `${file}:${told.line}` : `${file} (${told.path}:${told.line})`;
}

function placeAtTop(text: string): { path: string; line: string } | undefined {
  const [, url, line] = /^(file:\S+|\/.+):(\d+)$/m.exec(text.trimStart().split('\n', 1)[0]!) ?? [];
  return url === undefined ? undefined : { path: pathOf(url), line: line! };
}

/** What Node prints of a file that it cannot import. */
function printedBy(file: string): Promise<string> {
  const code = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', code],
      { timeout: 10_000, killSignal: 'SIGKILL' },
      (_, _stdout, stderr) => resolve(stderr),
    ),
  );
}

const shapeWanted = 'expected `export default { about, options, create }`';
const optionTypes = ['number', 'integer', 'duration', 'boolean', 'choice'];

/** What is wrong with a default export; undefined where it is a definition. */
export function faultOf(it: unknown): string | undefined {
  if (it === undefined) return `${shapeWanted}, got no default export`;
  if (typeof it !== 'object' || it === null)
    return `${shapeWanted}, got a default export of type ${it === null ? 'null' : typeof it}`;
  const { options, create } = it as Partial<Record<string, unknown>>;
  const got = `got { ${Object.keys(it).join(', ')} }`;
  if (typeof create !== 'function' && create !== undefined)
    return `${shapeWanted} with a function create, got one of type ${typeof create}`;
  if (create === undefined || options === undefined) return `${shapeWanted}, ${got}`;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return `expected \`options\` to be an object of descriptors, {} where there are none, got ${show(options)}`;
  for (const [name, option] of Object.entries(options)) {
    const fault = faultOfOption(option);
    if (fault !== undefined) return `options.${name}: ${fault}`;
  }
  return undefined;
}

function faultOfOption(option: unknown): string | undefined {
  if (typeof option !== 'object' || option === null)
    return `expected a descriptor such as { type: 'integer', default: 2, about: '…' }, got ${show(option)}`;
  const { type, default: value, of } = option as Partial<Record<string, unknown>>;
  if (typeof type !== 'string' || !optionTypes.includes(type))
    return `expected a type of ${optionTypes.join(', ')}, got ${show(type)}${didYouMean(String(type), optionTypes)}`;
  if (type === 'choice') {
    if (!Array.isArray(of) || of.length === 0 || !of.every((it) => typeof it === 'string'))
      return `expected \`of\` to list the choices, such as ['first', 'random'], got ${show(of)}`;
    return (of as unknown[]).includes(value)
      ? undefined
      : `expected a default of ${of.join(', ')}, got ${show(value)}`;
  }
  const wanted = type === 'boolean' ? 'boolean' : 'number';
  if (typeof value === wanted && !Number.isNaN(value)) return undefined;
  const unit = type === 'duration' ? ' of milliseconds' : '';
  return `expected a default of type ${wanted}${unit}, got ${show(value)}`;
}

const show = (it: unknown) => (it === undefined ? 'nothing' : (JSON.stringify(it) ?? typeof it));
