/** How long a load takes, and which faults it meets on the way: each needs to know the other. */
import { faults as catalogue, loadFaultOf } from './catalogue.ts';
import type { LoadClock } from './load-clock.ts';
import { clockOf, type LoadOccurrence } from './load-faults.ts';
import { occurrencesOf } from './occurrences.ts';
import type { Scenario, ScheduledFault } from './scenario.ts';
import { traceLength } from './trace.ts';
import { rateOf } from './workload.ts';

type Loaded = Pick<Scenario, 'fleet' | 'load'> & Partial<Pick<Scenario, 'faults'>>;

/** The load faults of a scenario, each time that they come. What holds to the end says when that is, where anybody knows. */
export function loadOccurrencesOf(scenario: Loaded): LoadOccurrence[] {
  const { load, faults = [] } = scenario;
  if (!faults.some(isOfLoad)) return [];
  const steady = steadyLength(scenario);
  // At its slowest, all along: what comes too late does no harm.
  const longest = load.duration ?? (steady === undefined ? undefined : steady / slowest(faults));
  return occurrencesOf(faults, [], 0, longest).flatMap(({ fault, at, until = load.duration }) => {
    const { kind, options } = faults[fault]!;
    if (!isOfLoad({ kind })) return [];
    return [{ fault, kind, options, at, ...(until === undefined ? {} : { until }) }];
  });
}

const isOfLoad = ({ kind }: Pick<ScheduledFault, 'kind'>) => catalogue.get(kind)?.level === 'load';

/** How many times the rate it is where all that slow the load hold together. */
function slowest(faults: readonly ScheduledFault[]): number {
  return faults.filter(isOfLoad).reduce((times, { kind, options }) => {
    const change = loadFaultOf(kind).create(options as never)(0);
    return change.kind === 'rate' ? times * Math.min(1, change.from, change.to) : times;
  }, 1);
}

/** What the load of a scenario runs by; undefined where its rate is always the same. */
export function loadClockOf(scenario: Loaded): LoadClock | undefined {
  return clockOf(loadOccurrencesOf(scenario));
}

/** The measured window, ms; of a number of requests under closed load it is not known. */
export function lengthOf(scenario: Loaded): number | undefined {
  const steady = steadyLength(scenario);
  if (steady === undefined || scenario.load.duration !== undefined) return steady;
  return loadClockOf(scenario)?.timeOf(steady) ?? steady;
}

/** The same, as if no fault touched the load. */
function steadyLength({ fleet, load }: Loaded): number | undefined {
  if (load.duration !== undefined) return load.duration;
  if (load.open?.trace !== undefined) return traceLength(load.open.trace, load);
  if (load.open === undefined || load.requests === undefined) return undefined;
  try {
    return (load.requests * 1000) / rateOf(load, fleet);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // told by loadFindings
    throw error;
  }
}

/** Requests of an open load over the whole trial, warm-up included; undefined for a closed loop, where nobody can know. */
export function plannedRequests(scenario: Loaded): number | undefined {
  const { load, fleet } = scenario;
  if (load.open === undefined) return undefined;
  const perMs = rateOf(load, fleet) / 1000;
  const { warmup, requests, duration = 0 } = load;
  const loaded = loadClockOf(scenario)?.loadAt(duration) ?? duration;
  return Math.ceil(warmup * perMs + (requests ?? loaded * perMs));
}
