/** One simulated trial in memory: a scenario as a user writes it, and what became of every request, in ms from t = 0. */
import { type Scenario, type ScenarioInput, scenarioSchema } from '../../scenarios/scenario.ts';
import type { Options, StrategyDefinition, Values } from '../../strategies/strategy.ts';
import type { TrialEvent } from '../recorder.ts';
import {
  type AttemptKind,
  attemptKinds,
  type Cause,
  causes,
  outcomes,
  type RequestCounts,
  type RequestOutcome,
} from '../recording.ts';
import { listStrategies } from '../strategies.ts';
import { optionValues } from '../strategy-options.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

export const strategies = await listStrategies();

export interface SeenRequest {
  index: number;
  sent: number;
  firstByte: number;
  latency: number;
  outcome: RequestOutcome;
  cause: Cause;
  status: number;
  backend: number;
  attempts: number;
  keyHash: number;
}

export interface SeenAttempt {
  request: number;
  attempt: number;
  backend: number;
  picked: number;
  ended: number;
  kind: AttemptKind;
  status: number;
}

export interface Played {
  scenario: Scenario;
  /** In the order in which they ended. */
  requests: SeenRequest[];
  attempts: SeenAttempt[];
  /** What no attempt that ended ok tells of. */
  executed: { request: number; backend: number }[];
  events: TrialEvent[];
  counts: RequestCounts;
  windowMs: number;
}

export interface PlayOptions {
  /** A name of the folder, or a strategy of the test's own. */
  strategy?: string | StrategyDefinition;
  /** As a user writes them. */
  options?: Record<string, unknown>;
  seed?: number;
  /** The trial is stopped at the first thing that happens after this, ms from t = 0. */
  stopAt?: number;
}

export type WorldInput = Omit<ScenarioInput, 'name' | 'contenders' | 'expect'>;

/** A world where only what a test asks for happens: no checks, no marking down, no retries, no warm-up. */
export const plainBalancer = { health: false, passive: false, retries: { max: 0 } } as const;

export function scenarioOf(input: WorldInput): Scenario {
  return { ...scenarioSchema.parse(input), name: 'world', objective: 'mean' };
}

/** Arrivals at these times, ms from t = 0. */
export const at = (...times: number[]) => ({
  open: { trace: times.map((ms) => (ms === 0 ? 0 : `${ms}ms`)) as (string | 0)[] },
  warmup: '0ms',
});

export function simulationOf(
  scenario: Scenario,
  { strategy = 'round-robin', options = {}, seed = 1 }: PlayOptions,
  { recorder, onEvent }: Pick<SimulationOptions, 'recorder' | 'onEvent'>,
): Simulation {
  const name = typeof strategy === 'string' ? strategy : 'mine';
  const definition = typeof strategy === 'string' ? strategies.get(strategy)! : strategy;
  const values: Values<Options> = optionValues(name, definition.options, options);
  const chosen = { name, file: `/${name}.ts`, definition, values };
  return new Simulation({
    ...{ scenario, seed, recorder, onEvent },
    strategy: chosen,
    settings: scenario.balancer,
  });
}

/** Longest trial a test may ask for; one that never ends fails here and not at AVA's own limit. */
const mostSteps = 5_000_000;

export function play(input: WorldInput, options: PlayOptions = {}): Played {
  const scenario = scenarioOf(input);
  const seen = {
    requests: [] as SeenRequest[],
    attempts: [] as SeenAttempt[],
    executed: [] as Played['executed'],
    events: [] as TrialEvent[],
  };
  const simulation = simulationOf(scenario, options, {
    recorder: {
      request: (index, _due, sent, firstByte, latency, outcome, cause, status, backend, attempts, keyHash) =>
        seen.requests.push({
          ...{ index, sent: sent / 1000, firstByte: firstByte / 1000, latency: latency / 1000 },
          ...{ outcome: outcomes[outcome]!, cause: causes[cause]!, status, backend, attempts, keyHash },
        }),
      attempt: (request, picked, ended, backend, status, attempt, kind) =>
        seen.attempts.push({
          ...{ request, attempt, backend, picked: picked / 1000, ended: ended / 1000 },
          ...{ kind: attemptKinds[kind]!, status },
        }),
      executed: (request, backend) => seen.executed.push({ request, backend }),
      event: () => undefined,
      window: () => undefined,
    },
    onEvent: (event) => seen.events.push(event),
  });
  const { stopAt = Number.POSITIVE_INFINITY } = options;
  for (let steps = 0; simulation.advance(1); steps++) {
    if (steps > mostSteps) throw new Error(`after ${mostSteps} steps, at ${simulation.t} ms, it is not over`);
    if (simulation.t <= stopAt) continue;
    simulation.stop();
    break;
  }
  return { scenario, ...seen, counts: simulation.counts, windowMs: simulation.windowMs };
}

/** In the order in which they were numbered. */
export const byNumber = ({ requests }: Pick<Played, 'requests'>) =>
  requests.toSorted((a, b) => a.index - b.index);
