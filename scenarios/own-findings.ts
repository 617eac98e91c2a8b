/**
 * What a scenario asks of services of the user's own that cannot be: keys of our model beside them, faults that nobody can do
 * to them, a simulation of what has no model. Also what balancers assume of them where the scenario does not say.
 */
import { faults as catalogue } from './catalogue.ts';
import { countable, type Sections } from './consistency.ts';
import { hasDistances } from './distances.ts';
import type { HostFaultKind } from './faults/fault.ts';
import { kindOf, type OwnKind } from './own-services.ts';
import type { Finding } from './problem.ts';
import { type BackendSpec, backendsOf, modelKeys, type Scenario } from './scenario.ts';

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const entriesOf = (raw: Readonly<Mapping>): unknown[] => (Array.isArray(raw.fleet) ? raw.fleet : []);

/** Keys of the model beside a service that is not the model. `raw` is the scenario as written. */
export function* modelBeside(raw: Readonly<Mapping>): Generator<Finding> {
  for (const [i, entry] of entriesOf(raw).entries()) {
    const kind = isMapping(entry) ? kindOf(entry) : undefined;
    if (kind === undefined) continue;
    for (const key of modelKeys.filter((it) => Object.hasOwn(entry as Mapping, it)))
      yield {
        path: ['fleet', i, key],
        key: true,
        message: `expected no \`${key}\` beside ${kind}: a service of your own is what it is; for the simulator write model: { ${key}: … }`,
      };
  }
}

/**
 * Gives `raw.balancer` the health check that suits services of the user's own, where it names none: a GET of the one path that
 * all of them are ready by, or else a connection that is accepted. `/health` is ours.
 */
export function assumeHealth(raw: Mapping): void {
  const entries = entriesOf(raw).filter(isMapping);
  const own = entries.filter((it) => kindOf(it) !== undefined);
  const balancer = raw.balancer ?? {};
  if (own.length === 0 || !isMapping(balancer)) return;
  const health = balancer.health ?? {};
  if (!isMapping(health) || health.type !== undefined || health.path !== undefined) return;
  const paths = new Set(own.map(({ ready }) => (isMapping(ready) ? ready.path : undefined)));
  const [path] = paths;
  const http = own.length === entries.length && paths.size === 1 && typeof path === 'string';
  raw.balancer = { ...balancer, health: { ...health, ...(http ? { path } : { type: 'tcp' }) } };
}

/** Entries that only the user's own service knows the pace of. */
export function unmodelled(fleet: Scenario['fleet']): { i: number; id: string; kind: OwnKind }[] {
  return fleet.flatMap(({ id, own }, i) =>
    own === undefined || own.modelled ? [] : [{ i, id, kind: own.kind }],
  );
}

/** What has no model cannot be simulated. */
export function* unsimulable({ fleet = [] }: Sections): Generator<Finding> {
  for (const { i, id, kind } of unmodelled(fleet))
    yield {
      path: ['fleet', i, kind],
      key: true,
      message: `expected a model of ${id} for the simulator, got a service of your own; give fleet.${i}.model: { workers: …, service: … }, or take steelyard run`,
    };
}

/**
 * Host-level faults that can be done to a process, whatever runs in it: what signals can do. It has no address of its own that could
 * vanish and, without privileges, no CPU quota.
 */
export const toProcesses: ReadonlySet<HostFaultKind> = new Set(['crash', 'freeze', 'stop'] as const);
/** And to a container; others need a server of ours in it. */
export const toContainers: ReadonlySet<HostFaultKind> = new Set([
  ...toProcesses,
  'vanish',
  'throttle',
] as const);

/** What a run on real backends cannot do to services of the user's own. `driver` runs ours. */
export function* ownUnable(
  { fleet, network, faults = [] }: Sections,
  driver: { readonly name: string; readonly can: ReadonlySet<string> },
): Generator<Finding> {
  if (!fleet?.some(({ own }) => own) || !countable(fleet)) return;
  for (const [i, { own }] of fleet.entries()) {
    if (own?.kind === 'image' && driver.name !== 'docker')
      yield {
        path: ['fleet', i, 'image'],
        message: `expected Docker for an image, got the ${driver.name} driver; start a Docker daemon (steelyard doctor says what it lacks), or give command instead`,
      };
    if (own && network && hasDistances(network))
      yield {
        path: ['fleet', i, own.kind],
        key: true,
        message:
          'expected backends of ours where network makes distances, got a service of your own: they make them themselves',
      };
  }
  const specs = backendsOf({ fleet });
  const relayed = faults.some(({ kind }) => catalogue.get(kind)?.level === 'service');
  for (const [i, { kind, on }] of faults.entries()) {
    if (catalogue.get(kind)?.level !== 'host' || on === undefined) continue;
    for (const spec of mayHit(on, specs)) {
      const why = spec.own && refusalOf(kind as HostFaultKind, spec, driver.can, relayed);
      if (!why) continue;
      yield {
        path: ['faults', i, kind],
        key: true,
        message: `expected a fault that can be done to ${spec.id} ${why}, got ${kind}`,
      };
      break;
    }
  }
}

/** In words that follow `a fault that can be done to ID`; undefined where it can. */
function refusalOf(
  kind: HostFaultKind,
  { own }: BackendSpec,
  can: ReadonlySet<string>,
  relayed: boolean,
): string | undefined {
  if (own?.kind === 'urls')
    return '(slow, error, reset, hang and other service-level ones: its process is not ours; give command or image for it)';
  if (own?.kind === 'command' && !toProcesses.has(kind))
    return `by signals (${[...toProcesses].join(', ')}${toContainers.has(kind) ? '; give image for it' : ''})`;
  if (own?.kind === 'image' && !(can.has(kind) && toContainers.has(kind)))
    return `in a container of an image that is not ours (${[...toContainers].join(', ')})`;
  // The relay stands on this machine, and would go on accepting.
  if (relayed && kind === 'vanish')
    return 'beside service-level ones, which are made by a relay on this machine (crash, stop or freeze, or a scenario of its own)';
  return undefined;
}

/** Every backend that a fault may hit in some round. */
function mayHit(on: string | readonly string[], specs: readonly BackendSpec[]): BackendSpec[] {
  const named = (one: string) => specs.filter(({ id, zone }) => one === id || one === `zone:${zone}`);
  return [on].flat().flatMap((one) => {
    const some = named(one);
    return some.length > 0 ? some : specs;
  });
}

/** Sentences that the report of a run must show. */
export function ownNotes({ fleet, faults }: Pick<Scenario, 'fleet' | 'faults'>): string[] {
  const own = fleet.flatMap((entry) => (entry.own === undefined ? [] : [{ ...entry, own: entry.own }]));
  const relayed = faults.some(({ kind }) => catalogue.get(kind)?.level === 'service');
  return own.map(({ id, count, own: { kind, restart } }) => {
    const who = count === undefined ? id : `${id}-1 … ${id}-${count}`;
    const runs = { image: 'containers of an image', command: 'processes', urls: 'addresses' }[kind];
    const before = restart
      ? 'every trial begins with a start of it anew; what it keeps elsewhere stays'
      : 'nothing is reset between trials, so a later one may meet what an earlier one left (caches, data, connections)';
    const way = relayed
      ? '; requests to it pass through a relay, which makes the service-level faults and takes its share of the latency'
      : '';
    return `${who}: a service of your own (${runs}). Its pace and its answers are its own; ${before}${way}.`;
  });
}
