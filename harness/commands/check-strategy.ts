/** `steelyard check` on a strategy: every law it breaks, with the shortest sequence that shows it and how to see it again. */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isPath } from '../../scenarios/contenders.ts';
import { type BrokenLaw, checkStrategy } from '../conformance-check.ts';
import { Exit, exitCode } from '../exit.ts';
import { placeOf } from '../source-place.ts';
import { strategyFile } from '../strategies.ts';
import { StrategyInputError } from '../strategy-options.ts';

/** A law, with where and how to see it again, as `--json` gives it. */
interface Shown extends BrokenLaw {
  /** `file:line`, or the file where no line is known. */
  readonly place: string;
  readonly again: string;
}

/** `given` is the path of a file, from the working directory, or a public name. Exit code 1 when a law is broken. */
export async function checkStrategyFile(
  given: string,
  { seed = 1, json = false }: { seed?: number; json?: boolean },
): Promise<void> {
  const own = isPath(given);
  const file = own ? resolve(given) : strategyFile(given);
  if (!existsSync(file))
    throw new Exit(
      exitCode.input,
      `expected a strategy's file, got ${JSON.stringify(given)}, and there is none at ${file}`,
    );
  const name = own ? basename(file).replace(/\.[^.]+$/, '') : given;
  const found = await interruptibly((signal) => checkStrategy(own ? file : given, file, { seed, signal }));
  const violations = found.map(({ line, ...law }): Shown => {
    const path = /[^\w./@+-]/.test(given) ? `'${given.replaceAll("'", "'\\''")}'` : given;
    return { ...law, place: placeOf(file, line), again: `steelyard check ${path} --seed ${law.seed}` };
  });
  if (json)
    console.log(
      JSON.stringify({ strategy: name, file, seed, conforms: found.length === 0, violations }, undefined, 2),
    );
  else if (violations.length === 0) console.log(`${name} keeps every law (seed ${seed}).`);
  else {
    const count = violations.length === 1 ? 'a law' : `${violations.length} laws`;
    console.log([`${name} breaks ${count}.`, ...violations.map(describe)].join('\n\n'));
  }
  if (violations.length > 0) throw new Exit(exitCode.failed);
}

function describe({ law, says, detail, place, seed, options, sequence, again }: Shown): string {
  const rows: [string, string][] = [
    ['at', place],
    ['found', detail],
    ['seed', String(seed)],
    [
      'options',
      Object.entries(options)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ') || 'it has none',
    ],
    ...sequence.map((step, i): [string, string] => [i === 0 ? 'sequence' : '', `${i + 1}. ${step}`]),
    ['again', again],
  ];
  const [first, ...rest] = rows.map(
    ([key, value]) => `  ${key.padEnd(9)} ${value.replaceAll('\n', `\n${' '.repeat(12)}`)}`,
  );
  return [`${law}: ${says}`, first, ...rest].join('\n');
}

/** A strategy that hangs hears no signal: its process is ended by us when the user has had enough. */
async function interruptibly<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const on = (code: number) => () => abort.abort(new Exit(code));
  const listeners = { SIGINT: on(exitCode.interrupted), SIGTERM: on(exitCode.terminated) } as const;
  // `on`, not `once`: a library that counts listeners would find none left, and end this process at once.
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  try {
    return await body(abort.signal);
  } catch (error) {
    if (error instanceof StrategyInputError) throw new Exit(exitCode.input, error.message, { cause: error });
    throw error;
  } finally {
    for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
  }
}
