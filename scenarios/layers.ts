/**
 * Settings that mean nothing at the layer a balancer works at. They are looked for in the section as it was written, so
 * that a default is no mistake, and a setting that would have no effect is refused and not ignored.
 */
import type { BalancerSettings } from './balancer-settings.ts';
import type { ResolvedContender } from './contenders.ts';
import type { Finding } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { type Path, show } from './show.ts';

interface Misplaced {
  readonly path: Path;
  /** Whether this value, as written, has no meaning there; any value unless said otherwise. */
  readonly when?: (value: unknown) => boolean;
  /** What is expected instead, after `expected`. */
  readonly expected: string;
}

const sees = 'at layer 4, which passes bytes and sees no requests';

const some = (value: unknown) => Object.keys(Object(value)).length > 0;

const routesOf = (routes: unknown): object[] =>
  Array.isArray(routes) ? routes.filter((it) => typeof it === 'object' && it !== null) : [];

const isOfNames = (key: string) => key === 'sni' || key === 'pool';

/** Of `layer: 4`. */
const atLayer4: readonly Misplaced[] = [
  { path: ['key'], when: (key) => key !== 'client', expected: `\`client\` as the key ${sees}` },
  {
    path: ['routes'],
    when: (routes) => !routesOf(routes).every((it) => Object.keys(it).every(isOfNames) && 'sni' in it),
    expected: `routes by \`sni\` to a \`pool\`, and by nothing else, ${sees}`,
  },
  {
    path: ['affinity'],
    when: (it) => it !== false,
    expected: `no affinity by cookie or field ${sees}, so that sessions are the client's address (key: client)`,
  },
  { path: ['request'], expected: `no changes of requests ${sees}` },
  { path: ['response'], expected: `no changes of responses ${sees} and no responses` },
  {
    path: ['keepAlive'],
    expected: `no keepAlive ${sees}, where a backend’s connection lasts as long as its client’s (tcp.idle)`,
  },
  { path: ['tryTimeout'], expected: `no tryTimeout ${sees} and no responses` },
  { path: ['timeout'], expected: `no timeout of requests ${sees}` },
  { path: ['retries', 'statuses'], when: some, expected: `no retries by status ${sees} and no responses` },
  {
    path: ['retries', 'on'],
    when: (on) => Array.isArray(on) && on.some((it) => it !== 'unreachable' && it !== 'reset'),
    expected: 'retries of connections that cannot be made, and of no more, at layer 4',
  },
  {
    path: ['fallback'],
    when: (fallback) => fallback !== false,
    expected: `no fallback for requests ${sees} and no responses`,
  },
  {
    path: ['passive', 'errors'],
    when: (errors) => errors === true,
    expected: `no counting of error responses ${sees} and no responses`,
  },
];

/** Of `layer: 7`. */
const atLayer7: readonly Misplaced[] = [
  {
    path: ['routes'],
    when: (routes) => routesOf(routes).some((it) => 'sni' in it),
    expected:
      'routes by `host`, as the name a TLS client asks for is that of a connection (`layer: 4`, `sni`)',
  },
  { path: ['tcp'], expected: '`layer: 4` beside `tcp`, which is about connections that it balances' },
];

/** Of a `balancer` section as it was written. */
export const layerOf = (section: unknown): 4 | 7 => (valueAt(section, ['layer']) === 4 ? 4 : 7);

/** What of a `balancer` section, as written, does not belong to its layer. Paths begin within the section. */
export function* layerFindings(section: unknown): Generator<Finding> {
  const at4 = layerOf(section) === 4;
  for (const { path, when = () => true, expected } of at4 ? atLayer4 : atLayer7) {
    const value = valueAt(section, path);
    if (value === undefined || !when(value)) continue;
    const remedy = at4 ? 'remove it, or give it to the contenders at layer 7 only' : 'remove one of them';
    yield { path, message: `expected ${expected}, got ${show(value)}; ${remedy}` };
  }
}

/**
 * The settings of a section, with what a layer makes of what it does not say: at layer 4 a check is a connection, unless the
 * section says what to ask for over HTTP.
 */
export function withLayerDefaults(settings: BalancerSettings, section: unknown): BalancerSettings {
  const { layer, health } = settings;
  if (layer !== 4 || health === false) return settings;
  const said = ['type', 'path', 'statuses'].some((key) => valueAt(section, ['health', key]) !== undefined);
  return said ? settings : { ...settings, health: { ...health, type: 'tcp' } };
}

/** Of a contender's section, `own` laid over the scenario's as `merged`: only what is new in it. */
export function* contenderLayerFindings(own: unknown, merged: unknown): Generator<Finding> {
  for (const finding of layerFindings(merged)) {
    if (valueAt(own, finding.path) !== undefined) yield finding;
    else if (valueAt(own, ['layer']) !== undefined)
      yield {
        path: ['layer'],
        message: `${finding.path.join('.')} of the scenario's balancer: ${finding.message}`,
      };
  }
}

function valueAt(section: unknown, path: Path): unknown {
  let here = section;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/** Handshakes that nobody would answer. */
export function* tlsFindings(
  load: Pick<Scenario['load'], 'tls'> | undefined,
  contenders: readonly Pick<ResolvedContender, 'balancer'>[],
): Generator<Finding> {
  if (load?.tls === undefined || contenders.length === 0) return;
  if (contenders.some(({ balancer }) => balancer.tls !== false)) return;
  yield {
    path: ['load', 'tls'],
    message:
      'expected a contender with balancer.tls beside load.tls, got none: nobody would shake hands; try balancer.tls.selfSigned: true',
  };
}
