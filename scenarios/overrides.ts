/**
 * `--set path=value`: any value of a scenario, by path, before the schema sees it. Setting one variant removes its
 * siblings (an open load replaces a closed one, a rate a utilization, one service law another), parents that are
 * missing are made, and what is then wrong is said of the option and not of the file.
 */
import { parseDocument } from 'yaml';
import { faults, serviceTimes } from './catalogue.ts';
import { namesIn } from './contenders.ts';
import { plainOf } from './plain.ts';
import { type Finding, type Problem, ScenarioError } from './problem.ts';
import { type Path, show } from './show.ts';

/** One value to set, and the option it came from as the user wrote it. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** `--set fleet.0.count=20`. */
  readonly option: string;
}

/** Arguments with options of their own. */
export interface Given {
  /** Names of the scenario's contenders, strategies, files, or `all` alone. */
  readonly contenders?: readonly string[];
  readonly rounds?: number;
  readonly seed?: number;
}

const longest = 10_000;

/** Takes `path=value` apart; the value is YAML. Throws a `ScenarioError` that names the option. */
export function parseSet(text: string): Override {
  const option = `--set ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;
  const refuse = (message: string) => new ScenarioError([{ where: option, path: [], message }]);
  const equals = text.indexOf('=');
  if (equals === -1) throw refuse('expected path=value, such as fleet.0.count=20, got no `=`');
  if (text.length > longest) throw refuse(`expected at most ${longest} characters, got ${text.length}`);
  const steps = text.slice(0, equals).trim().split('.');
  const odd = steps.find((step) => !/^[A-Za-z0-9_-]{1,64}$/.test(step) || step === '__proto__');
  if (odd !== undefined)
    throw refuse(
      `expected keys and indices joined by dots, such as fleet.0.count, got ${show(odd)} among them`,
    );
  const document = parseDocument(text.slice(equals + 1), { prettyErrors: false, uniqueKeys: false });
  const { value, findings } = plainOf(document.contents);
  const [problem] = [...document.errors, ...document.warnings, ...findings];
  if (problem) throw refuse(`expected a value in YAML, got: ${problem.message}`);
  return { path: steps.map((it) => (/^\d{1,6}$/.test(it) ? Number(it) : it)), value, option };
}

/** Where options have changed a scenario: what is wrong at or below such a path is the option's fault. */
export class Overrides {
  readonly #made: { path: Path; option: string }[] = [];

  /** Applies `--set` options, then `--contenders`, `--rounds` and `--seed`. Throws one `ScenarioError` for all of them. */
  applyAll(raw: Record<string, unknown>, sets: readonly string[], given: Given): void {
    const problems: Problem[] = [];
    const steps = [...sets.map((text) => () => [parseSet(text)]), () => argumentsOf(given, raw)];
    for (const step of steps)
      try {
        for (const override of step()) this.apply(raw, override);
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        problems.push(...error.problems);
      }
    if (problems.length > 0) throw new ScenarioError(problems);
  }

  /** Sets one value in `raw`, in place, and removes the variants it replaces. */
  apply(raw: Record<string, unknown>, { path, value, option }: Override): void {
    let here: Container = raw;
    for (const [i, step] of path.entries()) {
      if (Array.isArray(here) && (typeof step !== 'number' || step > here.length))
        throw new ScenarioError([
          { where: option, path: [], message: indexExpected(path.slice(0, i), here, step) },
        ]);
      dropSiblings(here, path.slice(0, i), step, i === path.length - 1 ? value : undefined);
      const slots = here as Record<string | number, unknown>;
      const present: unknown = Object.hasOwn(here, step) ? slots[step] : undefined;
      if (i < path.length - 1 && isContainer(present)) {
        here = present;
        continue;
      }
      // The first place where something new stands; beneath it there was nothing to keep.
      slots[step] = path
        .slice(i + 1)
        .reduceRight((inner, key) => (key === 0 ? [inner] : { [key]: inner }), value);
      this.#made.push({ path: path.slice(0, i + 1), option });
      return;
    }
  }

  /** The option that made the value at `path`, or a value it lies in; the last where several did. */
  madeBy(path: Path): string | undefined {
    return this.#made.findLast((made) => made.path.every((step, i) => path[i] === step))?.option;
  }

  /** The finding told of its option; undefined where the file is to blame. */
  blame(finding: Finding): Problem | undefined {
    const option = this.madeBy(finding.path);
    if (option === undefined) return undefined;
    const [, set] = /^--set ([^=]*)=/.exec(option) ?? [];
    const elsewhere = finding.path.length > 0 && set !== undefined && set !== finding.path.join('.');
    return {
      ...finding,
      where: option,
      message: elsewhere ? `${finding.path.join('.')}: ${finding.message}` : finding.message,
    };
  }
}

type Container = Record<string, unknown> | unknown[];
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

function indexExpected(list: Path, items: readonly unknown[], step: string | number): string {
  const end = items.length;
  return `expected an index from 0 to ${end} after ${list.join('.')} (${end} would add an entry), got ${step}`;
}

/** Keys of which one replaces the others, by the path of the mapping that holds them; `*` is any index. */
const variants: [where: string, names: readonly string[]][] = [
  ['load', ['closed', 'open']],
  ['load', ['duration', 'requests']],
  ['load.open', ['rate', 'utilization', 'trace']],
  ['load.keys', ['uniform', 'zipf']],
  ['load.mix.*.keys', ['uniform', 'zipf']],
  ['load.requests.*.keys', ['uniform', 'zipf']],
  ['fleet.*.service', [...serviceTimes.keys()]],
  ['faults.*', [...faults.keys()]],
];

function dropSiblings(parent: Container, path: Path, key: string | number, value: unknown): void {
  if (Array.isArray(parent)) return;
  const where = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  // `requests` is a length as a number and a mix of requests as a list: the mix stays, under its other name.
  if (where === 'load' && (key === 'mix' || (key === 'requests' && Array.isArray(value)))) {
    delete parent.mix;
    if (Array.isArray(parent.requests)) delete parent.requests;
    return;
  }
  if (where === 'load' && (key === 'duration' || key === 'requests') && Array.isArray(parent.requests)) {
    parent.mix = parent.requests;
    delete parent.requests;
  }
  for (const [at, names] of variants)
    if (at === where && names.includes(String(key)))
      for (const name of names) if (name !== key) delete parent[name];
}

function argumentsOf(
  { contenders, rounds, seed }: Given,
  raw: Readonly<Record<string, unknown>>,
): Override[] {
  const made: Override[] = [];
  if (contenders !== undefined) {
    const value =
      contenders.length === 1 && contenders[0] === 'all' ? 'all' : contenders.map(ownOr(raw.contenders));
    made.push({ path: ['contenders'], value, option: `--contenders ${contenders.join(',')}` });
  }
  if (rounds !== undefined) made.push({ path: ['rounds'], value: rounds, option: `--rounds ${rounds}` });
  if (seed !== undefined) made.push({ path: ['seed'], value: seed, option: `--seed ${seed}` });
  return made;
}

/** A name that one of the scenario's contenders has means that one, with its options. */
function ownOr(contenders: unknown): (name: string) => unknown {
  const own: readonly unknown[] = Array.isArray(contenders) ? contenders : [];
  return (name) => own.find((it) => namesIn([it])?.[0] === name) ?? name;
}
