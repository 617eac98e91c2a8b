/**
 * From a file and the command line to a scenario that can run, or to one error that lists everything wrong with it:
 * read within bounds, parsed as YAML, overridden, checked against the schema, then for what its parts say of each other.
 *
 * A strategy given as a path in the file is relative to the file's folder; one on the command line is relative to the
 * working directory. In the loaded scenario all of them are relative to the file's folder.
 */
import { statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { countable, faultFindings, fleetFindings, loadFindings, type Sections } from './consistency.ts';
import { isPath, type Known, nameOf, namesIn, type ResolvedContender, resolveEntries } from './contenders.ts';
import { contendersOf, expectationFindings } from './expectations.ts';
import { explain } from './explain.ts';
import { layerFindings, tlsFindings } from './layers.ts';
import { findScenario } from './library.ts';
import { loadFaultFindings } from './load-findings.ts';
import { overlapFindings } from './overlap-findings.ts';
import { Overrides } from './overrides.ts';
import { assumeHealth, modelBeside, ownNotes, ownUnable, unsimulable } from './own-findings.ts';
import { withFolder } from './own-services.ts';
import { placeFindings, placeNotes } from './places.ts';
import { poolFindings } from './pool-findings.ts';
import { type Finding, mostProblems, type Problem, ScenarioError } from './problem.ts';
import { asBytes, checkNotes } from './response-check.ts';
import {
  backendsOf,
  type Expectation,
  faults,
  type Objective,
  type Scenario,
  scenarioSchema,
} from './scenario.ts';
import { shapeFindings, shapeNotes } from './shape-findings.ts';
import { simulatorOnly } from './simulator-only.ts';
import { parseSource, readText, type Source } from './source.ts';
import { firstMeasured, type Trace } from './trace.ts';
import { parseTrace } from './trace-file.ts';

export { ScenarioError };

export interface LoadOptions {
  /** A file, or the name of a scenario of the library. With `text`, only a label, and where relative paths start. */
  readonly file: string;
  readonly text?: string;
  /** `path=value` each, as after `--set`. */
  readonly sets?: readonly string[];
  /** Instead of the scenario's own: names of its contenders, strategies, files, or `all`. */
  readonly contenders?: readonly string[];
  readonly rounds?: number;
  readonly seed?: number;
  readonly known: Known;
  /** What this driver of real backends cannot do is a problem too; ask `refuseUnable` where it is chosen later. */
  readonly driver?: RealDriver;
}

/** A driver of real backends: its name, and the host-level faults it can do. */
export interface RealDriver {
  readonly name: string;
  readonly can: ReadonlySet<string>;
}

export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly contenders: readonly ResolvedContender[];
  readonly file: string;
  readonly text: string;
  readonly sets: readonly string[];
  /** Where relative paths in the scenario start. */
  readonly directory: string;
  /** Values as written, overrides applied, before defaults. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Sentences the report must show: an expectation left out because its contender does not run. */
  readonly notes: readonly string[];
  /** Gives a finding its place in the file or on the command line. */
  place(finding: Finding): Problem;
}

/** Loads a scenario. Throws a `ScenarioError` that lists every problem; nothing else for whatever the file holds. */
export function loadScenario(options: LoadOptions): LoadedScenario {
  const { known, sets = [], driver } = options;
  const found = options.text === undefined ? findScenario(options.file) : { file: options.file, missing: '' };
  const text = options.text ?? readText(found.file, found.missing);
  const source = parseSource(found.file, text);
  const directory = dirname(resolve(found.file));
  const overrides = new Overrides();
  const place = (finding: Finding) => overrides.blame(finding) ?? source.place(finding);

  const raw = mappingOf(source);
  const written = raw.contenders;
  overrides.applyAll(raw, sets, options);
  const path = lengthThatIsNone(raw, []);
  if (path !== undefined)
    throw new ScenarioError([
      place({ path, message: 'expected a duration under `length`, got something with parts of its own' }),
    ]);
  const typed = rebasePaths(raw, overrides, directory, options.contenders);
  assumeHealth(raw);

  const schema = explain(scenarioSchema, raw);
  const valid: Sections = 'value' in schema ? (schema.value as Sections) : validSections(raw);
  // Expectations may name whoever the file lets run: those that an option leaves out are left out with a note.
  const names = new Set(
    [written, raw.contenders].flatMap((it) => namesIn(it) ?? [...known.strategies.keys()]),
  );
  const resolved = valid.contenders
    ? resolveEntries(valid.contenders, valid.balancer ? raw : {}, resolving(known), directory, typed)
    : { contenders: [], findings: [] };

  if (valid.fleet) valid.fleet = withFolders(valid.fleet, directory);
  const problems: Problem[] = [...source.problems];
  if (valid.load) {
    const mixed = (raw.load as { requests?: unknown } | undefined)?.requests;
    const key = Array.isArray(mixed) ? 'requests' : 'mix';
    const complain = (i: number, message: string) =>
      problems.push(place({ path: ['load', key, i, 'content', 'file'], message }));
    valid.load = withContents(valid.load, directory, complain);
  }
  try {
    if (valid.load) valid.load = withTrace(valid.load, directory);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    // A file that is not there is the scenario's mistake; a line that is wrong is the file's.
    for (const it of error.problems)
      problems.push(
        it.line === undefined
          ? place({ path: ['load', 'open', 'trace'], message: `${it.message} (${it.where})` })
          : it,
      );
  }
  for (const finding of inTurn(
    'findings' in schema ? schema.findings : [],
    modelBeside(raw),
    known.simulated ? unsimulable(valid) : [],
    fleetFindings(valid),
    loadFindings(valid),
    faultFindings(valid),
    shapeFindings(valid),
    loadFaultFindings(valid),
    overlapFindings(valid),
    placeFindings(valid),
    poolFindings(valid, resolved.contenders),
    layersOf(raw),
    resolved.findings,
    tlsFindings(valid.load, resolved.contenders),
    valid.contenders
      ? expectationFindings(
          valid.expect ?? [],
          names,
          valid.faults,
          valid.fleet && countable(valid.fleet) ? backendsOf({ fleet: valid.fleet }) : undefined,
        )
      : [],
    driver ? unable(valid, resolved.contenders, found.file, driver) : [],
  )) {
    if (problems.length > mostProblems) break;
    problems.push(place(finding));
  }
  if (problems.length > 0 || 'findings' in schema) throw new ScenarioError(problems.sort(byPlace));

  const name = schema.value.name ?? nameOf(basename(found.file).replace(/\.ya?ml$/, ''));
  const objective: Objective = schema.value.objective ?? (schema.value.load.closed ? 'goodput' : 'p99');
  const running = new Set(resolved.contenders.map((it) => it.name));
  const runs = (it: Expectation) => contendersOf(it).every((one) => running.has(one));
  const expect = schema.value.expect.filter(runs);
  const leftOut = schema.value.expect
    .filter((it) => !runs(it))
    .map(
      (it) =>
        `An expectation on ${contendersOf(it).join(' and ')} (${it.metric}) is left out: not every contender it names runs.`,
    );
  const { load = schema.value.load, fleet = schema.value.fleet } = valid;
  const scenario = { ...schema.value, load, fleet, name, objective, expect };
  return {
    scenario,
    contenders: resolved.contenders,
    file: found.file,
    text,
    sets: [...sets],
    directory,
    raw,
    notes: [
      ...leftOut,
      ...placeNotes(scenario),
      ...shapeNotes(scenario),
      ...(known.simulated ? checkNotes(scenario.load) : ownNotes(scenario)),
    ],
    place,
  };
}

/** The contenders anew, after files of the user's own were loaded and added to `known` under their absolute paths. */
export function resolveContenders(loaded: LoadedScenario, known: Known): readonly ResolvedContender[] {
  const { contenders, findings } = resolveEntries(
    loaded.scenario.contenders,
    loaded.raw,
    resolving(known),
    loaded.directory,
  );
  if (findings.length > 0) throw new ScenarioError(findings.map(loaded.place));
  return contenders;
}

/**
 * Throws a `ScenarioError` for everything a driver of real backends cannot do: host-level faults, and what only the
 * simulator has. `contenders` are those of `resolveContenders`, where users' own files were loaded.
 */
export function refuseUnable(
  loaded: LoadedScenario,
  driver: string,
  can: ReadonlySet<string>,
  contenders: readonly ResolvedContender[] = loaded.contenders,
): void {
  const findings = [...unable(loaded.scenario, contenders, loaded.file, { name: driver, can })];
  if (findings.length > 0) throw new ScenarioError(findings.map(loaded.place).sort(byPlace));
}

/** Whether such a driver can run it. */
export function isAble(loaded: LoadedScenario, driver: RealDriver): boolean {
  return unable(loaded.scenario, loaded.contenders, loaded.file, driver).next().done === true;
}

function* unable(
  scenario: Sections,
  contenders: readonly ResolvedContender[],
  file: string,
  { name, can }: RealDriver,
): Generator<Finding> {
  yield* ownUnable(scenario, { name, can });
  const able = [...can].sort().join(', ');
  for (const [i, { kind }] of (scenario.faults ?? []).entries())
    if (faults.get(kind)?.level === 'host' && !can.has(kind))
      yield {
        path: ['faults', i, kind],
        key: true,
        message: `expected a fault that the ${name} driver can do (${able || 'it can do none'}), got ${kind}${name === 'docker' ? '' : '; use --driver docker'}`,
      };
  const { balancer, network, fleet, contenders: entries } = scenario;
  if (balancer && network && fleet && entries && countable(fleet))
    yield* simulatorOnly({ balancer, network, fleet, contenders: entries }, contenders, file);
}

const resolving = (known: Known) => ({
  ...known,
  resolvePath: known.resolvePath ?? existingFile,
  absolute: resolve,
});

function existingFile(path: string, directory: string): string | undefined {
  const file = resolve(directory, path);
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

/**
 * Paths that came from the command line start at the working directory; from here on they start at `directory`. Returns the
 * contenders' as they were typed, by position. A name after `--contenders` that means one of the scenario's own leaves its path.
 */
function rebasePaths(
  raw: Record<string, unknown>,
  overrides: Overrides,
  directory: string,
  named: readonly string[] = [],
): ReadonlyMap<number, string> {
  const open = (raw.load as { open?: { trace?: unknown } } | undefined | null)?.open;
  if (typeof open?.trace === 'string' && overrides.madeBy(['load', 'open', 'trace']) !== undefined)
    open.trace = relative(directory, resolve(open.trace));
  const typed = new Map<number, string>();
  if (!Array.isArray(raw.contenders)) return typed;
  raw.contenders = raw.contenders.map((it: unknown, i) => {
    const strategy = typeof it === 'string' ? it : (it as { strategy?: unknown } | null)?.strategy;
    const option = overrides.madeBy(['contenders', i]);
    if (typeof strategy !== 'string' || !isPath(strategy) || option === undefined) return it;
    if (option.startsWith('--contenders') && !isPath(named[i] ?? '')) return it;
    typed.set(i, strategy);
    const path = relative(directory, resolve(strategy));
    const rebased = path.startsWith('.') ? path : `./${path}`;
    return typeof it === 'string' ? rebased : { ...(it as object), strategy: rebased };
  });
  return typed;
}

const contentText = { what: 'the body of a request', format: 'a file', mostBytes: 1_000_000 };

/** The load with the bodies read that are named as files; those that cannot be are told to `complain`. */
function withContents(
  load: Scenario['load'],
  directory: string,
  complain: (i: number, message: string) => void,
): Scenario['load'] {
  const mix = load.mix.map((it, i) => {
    const { file, type } = it.content ?? {};
    if (file === undefined || type === undefined) return it;
    try {
      const bytes = asBytes(readText(resolve(directory, file), '', contentText));
      return { ...it, content: { type, bytes }, body: bytes.length };
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      for (const { message, where } of error.problems) complain(i, `${message} (${where})`);
      return it;
    }
  });
  return { ...load, mix };
}

/** The fleet with the folders that commands run in, from the scenario's own. */
function withFolders(fleet: Scenario['fleet'], directory: string): Scenario['fleet'] {
  return fleet.map(({ own, ...entry }) => ({
    ...entry,
    ...(own && { own: withFolder(own, (folder) => resolve(directory, folder)) }),
  }));
}

const traceText = { what: 'a trace', format: 'CSV', mostBytes: 200_000_000 };

function readTrace(directory: string, file: string): Trace {
  const path = resolve(directory, file);
  return { file, ...parseTrace(readText(path, '', traceText), path) };
}

/** The load with its trace read, and as many requests as that has where nothing else says how long. */
function withTrace(load: Scenario['load'], directory: string): Scenario['load'] {
  const named = load.open?.trace;
  if (load.open === undefined || named === undefined) return load;
  const trace = named.file === undefined ? named : readTrace(directory, named.file);
  const measured = trace.at.length - firstMeasured(trace);
  const whole = load.duration === undefined && load.requests === undefined && measured > 0;
  return { ...load, open: { ...load.open, trace }, ...(whole && { requests: measured }) };
}

/** The top of the scenario as a mapping; the schema says what else it should have been. */
function mappingOf({ raw, place }: Source): Record<string, unknown> {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Record<string, unknown>;
  const result = explain(scenarioSchema, raw);
  throw new ScenarioError('findings' in result ? result.findings.map(place) : []);
}

/** Where a mapping has a `length` that is no plain value: zod takes it for that of a list, and stumbles. */
function lengthThatIsNone(value: unknown, path: Finding['path']): Finding['path'] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, key];
    if (key === 'length' && typeof inner === 'object' && inner !== null) return here;
    const found = lengthThatIsNone(inner, here);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The sections that pass the schema on their own, where the whole does not. */
function validSections(raw: Readonly<Record<string, unknown>>): Sections {
  const valid: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(scenarioSchema.shape)) {
    const result = schema.safeParse(raw[key]);
    if (result.success) valid[key] = result.data;
  }
  return valid;
}

function* layersOf({ balancer }: Readonly<Record<string, unknown>>): Generator<Finding> {
  for (const it of layerFindings(balancer)) yield { ...it, path: ['balancer', ...it.path] };
}

function* inTurn<T>(...lists: Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}

/** Options first, then from top to bottom. */
const byPlace = (a: Problem, b: Problem) =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
