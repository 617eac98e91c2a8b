/**
 * Who runs: the scenario's `contenders` resolved to strategies with validated options and their own balancer settings.
 * A contender's `balancer` is laid over the scenario's section as it was written, before defaults, and the result goes
 * through the same schema.
 */
import { explain } from './explain.ts';
import { fieldsOf } from './fields.ts';
import { contenderLayerFindings, layerOf, withLayerDefaults } from './layers.ts';
import type { Parameters } from './parameters.ts';
import { checkPoolStrategies } from './pool-strategies.ts';
import type { Finding } from './problem.ts';
import { type BalancerSettings, balancerSchema, type Scenario } from './scenario.ts';
import { choices, type Path, show } from './show.ts';
import { didYouMean } from './suggest.ts';
import { withTlsFiles } from './tls-files.ts';

/** What must be known of a strategy to check a scenario; the definitions in `strategies/` have this shape. */
export interface KnownStrategy {
  readonly options: Parameters;
  readonly needs?: string;
}

export interface Known {
  /** By public name; a user's own file, once loaded, under its absolute path. */
  readonly strategies: ReadonlyMap<string, KnownStrategy>;
  /** The absolute path of a user's own file, or undefined where there is none. Asks the file system unless given. */
  readonly resolvePath?: (path: string, directory: string) => string | undefined;
  /** Whether it will be simulated: `all` then includes what only the simulator can run. */
  readonly simulated?: boolean;
}

interface Resolving extends Required<Omit<Known, 'simulated'>>, Pick<Known, 'simulated'> {
  /** The absolute path that a path relative to a directory means, whether or not something is there. */
  readonly absolute: (directory: string, path: string) => string;
}

export interface ResolvedContender {
  /** Public name in reports and file names; unique in a run. */
  readonly name: string;
  /** The strategy's public name, or the path as the scenario gives it. */
  readonly strategy: string;
  /** Validated, defaults filled in; as given where a user's own file is not loaded yet. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Absolute path of a user's own file. */
  readonly file?: string;
  /** What it needs beyond the basic contract; absent too where a user's own file is not loaded yet. */
  readonly needs?: string;
  readonly balancer: BalancerSettings;
}

type Entry = Exclude<Scenario['contenders'], 'all'>[number];

/** Whether a contender is a user's own file and not a public name. */
export const isPath = (strategy: string): boolean => /^\.{0,2}\/|\.[cm]?[jt]s$/.test(strategy);

/** The name a contender without one gets: its strategy's, or its file's without folder and extension. */
export function nameOf(entry: string | { strategy: string; name?: string | undefined }): string {
  if (typeof entry !== 'string' && entry.name !== undefined) return entry.name;
  const strategy = typeof entry === 'string' ? entry : entry.strategy;
  if (!isPath(strategy)) return strategy;
  const base = strategy.replace(/^.*\//, '').replace(/\.[^.]+$/, '');
  return (
    base
      .toLowerCase()
      .replace(/[^a-z0-9._-]/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 64) || 'own'
  );
}

/** The names in `contenders` as written; undefined for all of them. */
export function namesIn(contenders: unknown): string[] | undefined {
  if (!Array.isArray(contenders)) return contenders === undefined || contenders === 'all' ? undefined : [];
  return contenders.flatMap((it: unknown) => {
    if (typeof it === 'string') return [nameOf(it)];
    const { strategy, name } = (it ?? {}) as { strategy?: unknown; name?: unknown };
    if (typeof name === 'string') return [name];
    return typeof strategy === 'string' ? [nameOf(strategy)] : [];
  });
}

/** Every strategy that can run on real backends, sorted. */
const everyone = (known: Known, section: unknown): string[] =>
  [...known.strategies]
    .filter(([name, { needs }]) => (needs !== 'simulator' || known.simulated === true) && !isPath(name))
    .filter(([, { needs }]) => needs !== 'reported' || layerOf(section) === 7)
    .map(([name]) => name)
    .sort();

/**
 * Resolves `contenders` against the strategies known. `raw` is the balancer section as written; paths are relative
 * to `directory`, and `typed` has those, by position, that the command line gave otherwise. What cannot be resolved is in
 * `findings` and missing from `contenders`.
 */
export function resolveEntries(
  contenders: Scenario['contenders'],
  raw: { readonly balancer?: unknown },
  known: Resolving,
  directory: string,
  typed: ReadonlyMap<number, string> = new Map(),
): { contenders: ResolvedContender[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const resolved: ResolvedContender[] = [];
  const taken = new Map<string, number>();
  const entries: readonly Entry[] = contenders === 'all' ? everyone(known, raw.balancer) : contenders;
  for (const [i, entry] of entries.entries()) {
    const path: Path = ['contenders', i];
    const name = nameOf(entry);
    const twin = taken.get(name);
    if (twin !== undefined)
      findings.push({
        path,
        message: `expected a name that no other contender has, got \`${name}\`, which contenders.${twin} has; give one of them a \`name\``,
      });
    else taken.set(name, i);
    const one = resolveOne(
      typeof entry === 'string' ? { strategy: entry, options: {}, balancer: {} } : entry,
      {
        path,
        named: typeof entry !== 'string',
        raw,
        known,
        directory,
        typed: typed.get(i),
      },
    );
    findings.push(...one.findings);
    if (one.value) resolved.push({ name, ...one.value });
  }
  return { contenders: resolved, findings: once(findings) };
}

/** What is wrong with the scenario's own section is found for each contender, and told once. */
function once(findings: readonly Finding[]): Finding[] {
  const told = new Map(findings.map((it) => [JSON.stringify([it.path, it.message]), it]));
  return [...told.values()];
}

interface Place {
  path: Path;
  named: boolean;
  raw: { readonly balancer?: unknown };
  known: Resolving;
  directory: string;
  typed: string | undefined;
}

function resolveOne(
  { strategy, options, balancer }: Exclude<Entry, string>,
  { path, named, raw, known, directory, typed }: Place,
): { value?: Omit<ResolvedContender, 'name'>; findings: Finding[] } {
  const at = named ? [...path, 'strategy'] : path;
  const file = isPath(strategy) ? known.resolvePath(strategy, directory) : undefined;
  if (isPath(strategy) && file === undefined)
    return {
      findings: [
        {
          path: at,
          message: `expected a strategy's file, got ${show(typed ?? strategy)}, and there is none at ${known.absolute(directory, strategy)}`,
        },
      ],
    };
  const definition = known.strategies.get(file ?? strategy);
  if (!definition && file === undefined)
    return { findings: [{ path: at, message: unknown(strategy, known) }] };
  const checked = definition
    ? explain(fieldsOf(definition.options), options, [...path, 'options'])
    : { value: options };
  const section = overlay(raw.balancer ?? {}, balancer);
  const merged = explain(balancerSchema, section, [...path, 'balancer']);
  const own = Object.hasOwn(balancer, 'pools') ? [...path, 'balancer'] : ['balancer'];
  const pooled = 'findings' in merged ? merged : checkPoolStrategies(merged.value, known.strategies, own);
  const findings = [checked, pooled].flatMap((it) => ('findings' in it ? it.findings : []));
  for (const it of contenderLayerFindings(balancer, section))
    findings.push({ ...it, path: [...path, 'balancer', ...it.path] });
  if ('findings' in checked || 'findings' in pooled) return { findings };
  if (definition?.needs === 'reported' && pooled.value.layer === 4)
    findings.push({
      path: at,
      message: `expected a strategy that does without backends' reports at layer 4, where nobody sees the responses that bring them, got ${strategy}`,
    });
  const files = withTlsFiles(withLayerDefaults(pooled.value, section), (path) =>
    known.resolvePath(path, directory),
  );
  const itsOwn = Object.hasOwn(balancer, 'tls');
  for (const it of files.findings)
    findings.push({ ...it, path: [...(itsOwn ? path : []), 'balancer', ...it.path] });
  return {
    value: {
      strategy,
      options: checked.value,
      ...(file !== undefined && { file }),
      ...(definition?.needs !== undefined && { needs: definition.needs }),
      balancer: files.value,
    },
    findings,
  };
}

function unknown(strategy: string, known: Known): string {
  const names = [...known.strategies.keys()].filter((name) => !isPath(name)).sort();
  return `expected a strategy (${choices(names)}) or the path of a file, got ${show(strategy)}${didYouMean(strategy, names)}`;
}

/** `over` laid over `base`: mappings merge key by key, anything else replaces. */
function overlay(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = Object.hasOwn(base, key) ? overlay(base[key], value) : value;
  return merged;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
