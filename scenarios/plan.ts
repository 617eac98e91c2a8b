/** What a scenario would do, worked out without running it: how long, how much load, how full the fleet is in each phase. */
import { serviceFaultOf, serviceTimeOf } from './catalogue.ts';
import { Crowd } from './crowd.ts';
import { hasDistances } from './distances.ts';
import { lengthOf, loadClockOf } from './load-length.ts';
import { type Occurrence, occurrencesOf } from './occurrences.ts';
import { busiestOf, loadedPools, type PoolPlan, poolPlans } from './pool-plan.ts';
import { type BackendSpec, backendsOf, faults as catalogue, type Scenario } from './scenario.ts';
import { rateOf } from './workload.ts';

/**
 * Fewer rounds cannot prove an order of so many contenders: 7 for the four metrics of a gate (signed-rank, Holm), and more where the best
 * is chosen from more than seven, 2⁻ⁿ ≤ 5% ÷ (k − 1); see reports/statistics/.
 */
export function roundsToProve(contenders: number): number {
  return Math.max(7, Math.ceil(Math.log2(Math.max(1, contenders - 1) / 0.05)));
}

export interface Phase {
  /** ms from t = 0. */
  readonly from: number;
  readonly to: number;
  /** Faults that hold, such as `crash app-2`; empty where none does. */
  readonly faults: readonly string[];
  /** Requests per second the fleet can serve; NaN where a service of the user's own has no model. */
  readonly capacity: number;
  /** Requests per second offered, at their most; absent where faults leave the load alone, and for closed load. */
  readonly rate?: number;
  /** Connections of a closed load, at their most; absent where faults leave them alone, and for open load. */
  readonly connections?: number;
  /** Offered ÷ capacity; Infinity where nothing is left. Absent for closed load, which offers what is served. */
  readonly utilization?: number;
  /** Where the load goes to several pools, or to one that is not all: how full each is. */
  readonly pools?: readonly PoolPlan[];
  /** The fullest backend, were the load of each pool shared by weight among those that answer. Absent for closed load. */
  readonly busiest?: { readonly id: string; readonly utilization: number };
}

export interface Plan {
  readonly backends: number;
  readonly contenders: number;
  readonly rounds: number;
  readonly trials: number;
  /** How many there are side by side, where they stand, and how old the counts on their shared board may be, ms. */
  readonly balancers: {
    readonly count: number;
    readonly zones?: readonly string[];
    readonly boardMs?: number;
  };
  /** Latencies in ms and jitter, as the scenario has them; absent where trips take no time. */
  readonly network?: Scenario['network'];
  readonly roundsToProve: number;
  readonly proves: boolean;
  /** The measured window, ms. A number of requests under closed load is reckoned at the fleet's capacity. */
  readonly windowMs: number;
  /** Warm-up and window, ms. */
  readonly trialMs: number;
  /** All trials, ms; starting and resetting backends comes on top. */
  readonly runMs: number;
  /** Requests per second offered; absent for closed load. */
  readonly rate?: number;
  /** Connections of a closed load. */
  readonly connections?: number;
  /** Of the whole fleet without faults, as if all shared the load; absent for closed load. */
  readonly utilization?: number;
  /** From fault to fault, in order. */
  readonly phases: readonly Phase[];
}

/** Faults under which a backend serves nothing new. Others take capacity only as far as they lengthen service. */
const serveNothing: ReadonlySet<string> = new Set([
  'crash',
  'out-of-memory',
  'vanish',
  'partition',
  'freeze',
  'stop',
]);

/** The plan of a scenario for so many contenders. Pure. */
export function planOf(scenario: Scenario, contenders: number): Plan {
  const { load, fleet, rounds } = scenario;
  const specs = backendsOf(scenario);
  const whole = sum(specs.map((spec) => capacity(spec, [])));
  const rate = load.open ? rateOf(load, fleet) : undefined;
  const windowMs = lengthOf(scenario) ?? ((load.requests ?? 0) * 1000) / whole;
  const trialMs = load.warmup + windowMs;
  const trials = contenders * rounds;
  return {
    backends: specs.length,
    contenders,
    rounds,
    trials,
    balancers: {
      count: scenario.balancer.count,
      ...(scenario.balancer.zones && { zones: scenario.balancer.zones }),
      ...(scenario.balancer.board && { boardMs: scenario.balancer.board.every }),
    },
    ...(hasDistances(scenario.network) && { network: scenario.network }),
    roundsToProve: roundsToProve(contenders),
    proves: rounds >= roundsToProve(contenders) && contenders > 1,
    windowMs,
    trialMs,
    runMs: trials * trialMs,
    ...(rate !== undefined && { rate, ...(isKnown(whole) && { utilization: rate / whole }) }),
    ...(load.closed && { connections: load.closed.connections }),
    phases: phasesOf(scenario, specs, windowMs, rate),
  };
}

function phasesOf(
  scenario: Scenario,
  specs: readonly BackendSpec[],
  end: number,
  usual: number | undefined,
): Phase[] {
  const occurrences = occurrencesOf(scenario.faults, specs, scenario.seed, end);
  const clock = loadClockOf(scenario);
  const crowd = clock && scenario.load.closed && new Crowd(scenario.load.closed.connections, clock);
  const pools = loadedPools(scenario);
  const routed = pools.some(({ name }) => name !== 'all');
  const edges = occurrences.flatMap(({ at, until = end }) => [at, until]).filter((t) => t > 0 && t < end);
  const starts = [...new Set([0, ...edges])].sort((a, b) => a - b);
  // What flaps is under the same faults again and again.
  const known = new Map<string, Omit<Phase, 'from' | 'to'>>();
  return starts.map((from, i) => {
    const holding = occurrences.filter(({ at, until = end }) => at <= from && until > from);
    const to = starts[i + 1] ?? end;
    const times = clock?.mostWithin(from, to) ?? 1;
    const connections = crowd && { connections: crowd.mostWithin(from, to) };
    const key = [times, ...holding.map(({ fault, backends }) => `${fault} ${backends.join()}`)].join();
    const world = known.get(key) ?? under(holding, times);
    known.set(key, world);
    return { from, to, ...world, ...connections };
  });

  /** `times`: how many times its usual rate the load has. */
  function under(holding: readonly Occurrence[], times: number): Omit<Phase, 'from' | 'to'> {
    const rate = usual === undefined ? undefined : usual * times;
    const served = specs.map((spec) => ({
      spec,
      capacity: capacity(
        spec,
        holding
          .filter(({ backends }) => backends.includes(spec.id))
          .map(({ fault }) => scenario.faults[fault]!),
      ),
    }));
    const left = sum(served.map((it) => it.capacity));
    const busiest = rate === undefined || !isKnown(left) ? undefined : busiestOf(pools, served, rate);
    return {
      faults: holding.map((it) => named(scenario.faults[it.fault]!, it)),
      capacity: left,
      ...(rate !== undefined && clock && { rate }),
      ...(rate !== undefined &&
        isKnown(left) && {
          utilization: left > 0 ? rate / left : Infinity,
          ...(busiest && { busiest }),
        }),
      ...(routed && isKnown(left) && { pools: poolPlans(pools, served, rate) }),
    };
  }
}

/** As the scenario says it, unless only some of its targets are meant. */
function named({ kind, on, stagger }: Scenario['faults'][number], { backends }: Occurrence): string {
  const whom = stagger === undefined ? [on ?? []].flat() : backends;
  return [kind, whom.join(', ')].filter((it) => it !== '').join(' ');
}

/** Requests per second one backend can serve under the faults that hold on it. Contention, pauses and cache are left out. */
function capacity(
  { workers, speed, service, own }: BackendSpec,
  holding: readonly Scenario['faults'][number][],
): number {
  if (holding.some(({ kind }) => serveNothing.has(kind))) return 0;
  if (own?.modelled === false) return Number.NaN;
  const mean = serviceTimeOf(service).mean / speed;
  const added = sum(holding.map((fault) => addedBy(fault, mean)));
  return (workers * 1000) / (mean + added);
}

/** How much longer the mean request occupies its worker once the fault is fully grown, ms. */
function addedBy({ kind, options }: Scenario['faults'][number], service: number): number {
  if (catalogue.get(kind)?.level !== 'service') return 0;
  const verdict = serviceFaultOf(kind).create(options as never);
  const draws = 32;
  const delays = Array.from({ length: draws }, (_, i) => {
    const it = verdict({
      elapsed: Number.MAX_SAFE_INTEGER,
      taken: Number.MAX_SAFE_INTEGER,
      request: i,
      healthCheck: false,
      service,
      quantile: (i + 0.5) / draws,
      random: (i + 0.5) / draws,
    });
    return it.kind === 'delay' ? it.ms : 0;
  });
  return sum(delays) / draws;
}

const isKnown = (capacity: number): boolean => !Number.isNaN(capacity);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
