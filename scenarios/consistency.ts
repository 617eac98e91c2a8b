/**
 * What a schema cannot see: whether the parts of a scenario agree with each other. Each check yields findings lazily, so
 * that a file with thousands of mistakes costs no more than the first few.
 */
import { faults as catalogue, serviceFaultOf, serviceTimeOf } from './catalogue.ts';
import { lengthOf } from './load-length.ts';
import type { Finding } from './problem.ts';
import { backendsOf, type Scenario } from './scenario.ts';
import { show } from './show.ts';
import { didYouMean } from './suggest.ts';
import { firstMeasured, traceLength } from './trace.ts';
import { rateOf } from './workload.ts';

/** The sections that passed the schema; a check whose sections did not is left out. */
export type Sections = Partial<Scenario>;

const mostBackends = 10_000;

/** Whether the fleet is small enough to be spelled out. */
export const countable = (fleet: Scenario['fleet']): boolean =>
  fleet.reduce((sum, { count = 1 }) => sum + count, 0) <= mostBackends;

/** Backends are told apart, can be counted, and their laws can be made. */
export function* fleetFindings({ fleet = [] }: Sections): Generator<Finding> {
  if (!countable(fleet))
    yield { path: ['fleet'], message: `expected at most ${mostBackends} backends in all, got more` };
  const owner = new Map<string, number>();
  for (const [i, entry] of fleet.entries()) {
    if (entry.id === 'all')
      yield {
        path: ['fleet', i, 'id'],
        message: 'expected an id other than `all`, which means every backend',
      };
    const problem = refusal(() => serviceTimeOf(entry.service));
    if (problem !== undefined)
      yield {
        path: ['fleet', i, 'service', entry.service.kind],
        message: `expected a law that exists, got: ${problem}`,
      };
    if (!countable(fleet)) break;
    for (const { id } of backendsOf({ fleet: [entry] })) {
      const twin = owner.get(id);
      if (twin === undefined) owner.set(id, i);
      else {
        yield {
          path: ['fleet', i, 'id'],
          message: `expected ids that are all different, got \`${id}\`, which fleet.${twin} makes already`,
        };
        break;
      }
    }
  }
}

/** Utilization can be turned into a rate; a latency objective has open load. */
export function* loadFindings({ fleet, load, objective }: Sections): Generator<Finding> {
  if (load?.closed && (objective === 'p99' || objective === 'mean'))
    yield {
      path: ['objective'],
      message: `expected goodput, throughput or errorRate under closed load, where slower contenders send fewer requests, got ${objective}; rank latency under load.open`,
    };
  yield* traceFindings(load);
  if (!fleet || load?.open?.utilization === undefined) return;
  const problem = refusal(() => rateOf(load, fleet));
  if (problem !== undefined)
    yield {
      path: ['load', 'open', 'utilization'],
      message: `expected a rate such as 800/s, got a utilization: ${problem}`,
    };
}

/** A trace lies within warm-up and window, and fills what is asked of it. */
function* traceFindings(load: Sections['load']): Generator<Finding> {
  const trace = load?.open?.trace;
  if (load === undefined || trace === undefined || trace.at.length === 0) return;
  const path = ['load', 'open', 'trace'];
  const measured = trace.at.length - firstMeasured(trace);
  if (trace.at[0]! < -load.warmup)
    yield {
      path,
      message: `expected times from the start of the warm-up (${-load.warmup}ms) on, got ${trace.at[0]}ms; make load.warmup longer`,
    };
  if (measured === 0)
    yield {
      path,
      message: `expected times from t = 0 on, got ${trace.at.at(-1)}ms as the last: all of it is warm-up`,
    };
  else if (load.requests !== undefined && load.requests > measured)
    yield {
      path: ['load', 'requests'],
      message: `expected at most the ${measured} requests that the trace has from t = 0 on, got ${load.requests}`,
    };
  else if (traceLength(trace, load) === 0)
    yield { path, message: 'expected times that lie apart, got all at t = 0; give load.duration' };
}

/** Why a definition cannot be made of these values; undefined where it can. */
function refusal(make: () => unknown): string | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** Faults hit backends that exist, while the run lasts. */
export function* faultFindings({ fleet, load, faults = [] }: Sections): Generator<Finding> {
  const length = fleet && load && lengthOf({ fleet, load, faults });
  for (const [i, { at }] of faults.entries())
    if (length !== undefined && at >= length)
      yield {
        path: ['faults', i, 'at'],
        message: `expected a time before the end of the run (${Math.round(length)}ms), got ${at}ms`,
      };
  if (!fleet || !countable(fleet)) return;
  const backends = backendsOf({ fleet });
  const ids = new Set(backends.map(({ id }) => id));
  const zones = new Set(backends.flatMap(({ zone }) => (zone === undefined ? [] : [zone])));
  for (const [i, { kind, options }] of faults.entries()) {
    if (catalogue.get(kind)?.level !== 'service') continue;
    const problem = refusal(() => serviceFaultOf(kind).create(options as never));
    if (problem !== undefined)
      yield { path: ['faults', i, kind], message: `expected a fault that exists, got: ${problem}` };
  }
  for (const [i, { on }] of faults.entries())
    for (const [j, one] of (typeof on === 'string' ? [on] : (on ?? [])).entries()) {
      const message = targetProblem(one, ids, zones);
      if (message !== undefined)
        yield { path: ['faults', i, 'on', ...(typeof on === 'string' ? [] : [j])], message };
    }
}

function targetProblem(on: string, ids: ReadonlySet<string>, zones: ReadonlySet<string>): string | undefined {
  if (on === 'all' || ids.has(on)) return undefined;
  const zone = /^zone:(.*)$/.exec(on)?.[1];
  if (zone !== undefined) {
    if (zones.has(zone)) return undefined;
    const there = zones.size === 0 ? 'no backend has one' : [...zones].slice(0, 10).join(', ');
    return `expected a zone of the fleet (${there}), got ${show(zone)}${didYouMean(zone, zones)}`;
  }
  if (/^random:\d+$/.test(on)) {
    const count = Number(on.slice(7));
    return count >= 1 && count <= ids.size
      ? undefined
      : `expected random:1 to random:${ids.size}, got ${show(on)}`;
  }
  if (/^[\d.]+\s*%$/.test(on)) {
    const percent = Number.parseFloat(on);
    return percent > 0 && percent <= 100
      ? undefined
      : `expected a share above 0% and up to 100%, got ${show(on)}`;
  }
  const some = [...ids].slice(0, 10).join(', ');
  return `expected a backend (${some}${ids.size > 10 ? ', …' : ''}), zone:NAME, random:N, N% or all, got ${show(on)}${didYouMean(on, [...ids, 'all'])}`;
}
