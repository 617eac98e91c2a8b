/**
 * From a balancer's file and the command line to settings that can be started, or to one error that lists everything wrong
 * with them, each with its place in the file or the option it came from. Reads files; opens and starts nothing else.
 *
 * Paths in the file start at its folder, those on the command line at the working directory.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hostPort } from '../../scenarios/addresses.ts';
import { type BalancerFile, balancerFile, balancerKeys } from '../../scenarios/balancer-file.ts';
import { isPath, type Known, resolveEntries } from '../../scenarios/contenders.ts';
import { explain } from '../../scenarios/explain.ts';
import { layerFindings } from '../../scenarios/layers.ts';
import { type Override, Overrides } from '../../scenarios/overrides.ts';
import { poolProblems } from '../../scenarios/pools.ts';
import { type Finding, type Problem, ScenarioError } from '../../scenarios/problem.ts';
import { parseSource, readText } from '../../scenarios/source.ts';
import type { Options, Values } from '../../strategies/strategy.ts';
import type { AdminSettings, ProxyBackend, ProxySettings } from './settings.ts';

export interface StandaloneInput {
  readonly config?: string;
  /** Laid over the file, in order; the paths they hold start at the working directory. */
  readonly overrides: readonly Override[];
  /** From the environment or a file named on the command line; wins over the configuration's. */
  readonly token?: string;
  readonly strategies: Known['strategies'];
}

export interface Standalone {
  readonly settings: ProxySettings;
  /** Absolute path, or `-` for standard output. */
  readonly accessLog?: string;
  readonly drainMs: number;
}

const fileText = { what: 'a balancer’s file', format: 'YAML', mostBytes: 1_000_000 };

/** Throws a `ScenarioError`. A strategy's own file must be in `strategies` under its absolute path to be checked: see `ownStrategy`. */
export function loadStandalone(input: StandaloneInput): Standalone {
  const { raw, place, directory } = written(input);
  const schema = explain(balancerFile, raw);
  const chosen = strategyOf(raw, directory, input.strategies, 'value' in schema);
  const findings = [...('findings' in schema ? schema.findings : []), ...chosen.findings];
  if (findings.length > 0 || !('value' in schema) || chosen.value === undefined)
    throw new ScenarioError(findings.map(place).sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
  const file = schema.value;
  const backends = backendsOf(file);
  const amiss = [
    ...layerFindings(raw),
    ...twinsIn(backends),
    ...poolProblems(chosen.value.balancer, backends),
  ];
  if (amiss.length > 0) throw new ScenarioError(amiss.map(place));
  const { listen, drain, seed, latencies, accessLog } = file;
  const admin = adminOf(file, input.token, (path) => readToken(path, directory, place));
  return {
    settings: {
      listen: { host: listen.host, port: listen.port },
      strategy: chosen.value.strategy,
      balancer: chosen.value.balancer,
      backends,
      seed,
      ...(admin === undefined ? {} : { admin }),
      ...(Object.keys(latencies).length === 0 ? {} : { latencies }),
    },
    drainMs: drain,
    ...(accessLog === undefined
      ? {}
      : { accessLog: accessLog === '-' ? '-' : resolve(directory, accessLog) }),
  };
}

/** The absolute path of the strategy's file that is meant; undefined where it is a public name or nothing is said of it. */
export function ownStrategyFile(input: StandaloneInput): string | undefined {
  const { raw, directory } = written(input);
  return typeof raw.strategy === 'string' && isPath(raw.strategy)
    ? existing(raw.strategy, directory)
    : undefined;
}

interface Written {
  readonly raw: Record<string, unknown>;
  readonly directory: string;
  place(finding: Finding): Problem;
}

/** Keys that hold paths. */
const pathKeys = ['strategy', 'accessLog', 'admin.tokenFile'];

function written({ config, overrides }: StandaloneInput): Written {
  const made = new Overrides();
  const source =
    config === undefined ? undefined : parseSource(config, readText(config, '', fileText), fileText);
  const given = source?.raw ?? {};
  if (source !== undefined && (typeof given !== 'object' || Array.isArray(given))) {
    const result = explain(balancerFile, given);
    throw new ScenarioError('findings' in result ? result.findings.map((it) => source.place(it)) : []);
  }
  if (source !== undefined && source.problems.length > 0) throw new ScenarioError(source.problems);
  const raw = given as Record<string, unknown>;
  for (const override of overrides) {
    const { path, value } = override;
    const isFile = pathKeys.includes(path.join('.')) && typeof value === 'string' && value !== '-';
    const rebase = isFile && (path[0] !== 'strategy' || isPath(value));
    // Options in the file are those of the strategy in the file.
    if (path[0] === 'strategy' && raw.strategy !== value) delete raw.options;
    if (path[0] === 'admin' && path.length > 1 && typeof raw.admin === 'string')
      raw.admin = { listen: raw.admin };
    made.apply(raw, rebase ? { ...override, value: resolve(value) } : override);
  }
  return {
    raw,
    directory: config === undefined ? process.cwd() : dirname(resolve(config)),
    place: (finding) => made.blame(finding) ?? source?.place(finding) ?? missing(finding),
  };
}

/** What must be there, by the option that gives it where there is no file. */
const required: Readonly<Record<string, [option: string, wanted: string]>> = {
  listen: ['--listen', 'HOST:PORT, such as 127.0.0.1:8080'],
  backends: ['--backend', 'at least one, such as http://127.0.0.1:8081'],
  'admin.listen': ['--admin', 'HOST:PORT, such as 127.0.0.1:9090'],
};

/** Of something that neither a file nor an option has given. */
function missing({ path, message }: Finding): Problem {
  const [where, wanted] = required[path.join('.')] ?? [`--set ${path.join('.')}`];
  return {
    path,
    where,
    message: wanted === undefined ? message : `expected ${wanted}, got nothing; or a file with --config`,
  };
}

function existing(path: string, directory: string): string | undefined {
  const file = resolve(directory, path);
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

interface Chosen {
  readonly strategy: ProxySettings['strategy'];
  readonly balancer: ProxySettings['balancer'];
}

/** The strategy and the balancer's settings, resolved as a contender's are: `whole` where the schema has nothing against the file. */
function strategyOf(
  raw: Readonly<Record<string, unknown>>,
  directory: string,
  strategies: Known['strategies'],
  whole: boolean,
): { value?: Chosen; findings: Finding[] } {
  const { strategy = 'p2c', options = {} } = raw;
  if (typeof strategy !== 'string' || typeof options !== 'object' || options === null)
    return { findings: [] };
  const balancer = whole
    ? Object.fromEntries(Object.entries(raw).filter(([key]) => balancerKeys.has(key)))
    : {};
  const { contenders, findings } = resolveEntries(
    [{ strategy, options: options as Record<string, unknown>, balancer: {} }],
    { balancer },
    { strategies, resolvePath: existing, absolute: resolve },
    directory,
  );
  const own = findings.map((it): Finding => {
    const [section, ...rest] = it.path[0] === 'contenders' ? it.path.slice(2) : it.path;
    return { ...it, path: section === 'balancer' ? rest : [section ?? 'strategy', ...rest] };
  });
  const [found] = contenders;
  if (found?.needs === 'simulator')
    own.push({
      path: ['strategy'],
      message: `expected a strategy that asks for no more than a balancer can know, got ${strategy}, which runs in the simulator only`,
    });
  if (found === undefined || own.length > 0) return { findings: own };
  return {
    value: {
      strategy: { name: found.file ?? found.strategy, values: found.options as Values<Options> },
      balancer: found.balancer,
    },
    findings: [],
  };
}

function backendsOf({ backends }: BalancerFile): ProxyBackend[] {
  return backends.map(({ id, host, port, weight, zone }, index) => ({
    id:
      id ??
      hostPort(host, port)
        .toLowerCase()
        .replaceAll(/[^a-z0-9._-]+/g, '-')
        .replace(/^-/, ''),
    index,
    host,
    port,
    weight,
    ...(zone === undefined ? {} : { zone }),
  }));
}

function* twinsIn(backends: readonly ProxyBackend[]): Generator<Finding> {
  const ids = new Set<string>();
  for (const { id, index } of backends) {
    if (ids.has(id))
      yield {
        path: ['backends', index],
        message: `expected a backend that is not there yet, got ${id} once more; give it an \`id\` of its own`,
      };
    ids.add(id);
  }
}

function adminOf(
  { admin }: BalancerFile,
  token: string | undefined,
  read: (path: string) => string,
): AdminSettings | undefined {
  if (admin === undefined) return undefined;
  const { listen, hosts } = admin;
  const file = 'tokenFile' in admin ? admin.tokenFile : undefined;
  const secret = token ?? (file === undefined ? undefined : read(file));
  return { ...listen, hosts, ...(secret === undefined ? {} : { token: secret }) };
}

function readToken(path: string, directory: string, place: (finding: Finding) => Problem): string {
  const refuse = (message: string) =>
    new ScenarioError([
      place({ path: ['admin', 'tokenFile'], message: `expected a file with the token, ${message}` }),
    ]);
  let text: string;
  try {
    text = readFileSync(resolve(directory, path), 'utf8').trim();
  } catch (error) {
    throw refuse(`got: ${(error as Error).message}`);
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(text))
    throw refuse(
      `at least 16 visible characters in one word, got ${text.length === 0 ? 'an empty one' : 'another text'}`,
    );
  return text;
}
