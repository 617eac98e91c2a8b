/** One balancer over simulated backends with what its requests and attempts came to, for tests of what it does about failures. */
import { balancerSchema, type Scenario, scenarioSchema } from '../../scenarios/scenario.ts';
import type { TrialEvent } from '../recorder.ts';
import { attemptKinds, causes, outcomes } from '../recording.ts';
import { chooseStrategy } from '../strategies.ts';
import { Simulation } from './simulation.ts';

export interface SimulatedRequest {
  index: number;
  /** When it was sent, ms from t = 0. */
  sent: number;
  /** ms; NaN in flight at the end. */
  latency: number;
  outcome: (typeof outcomes)[number];
  cause: (typeof causes)[number];
  status: number;
  /** −1 where the balancer itself answered. */
  backend: number;
  attempts: number;
}

export interface SimulatedAttempt {
  request: number;
  /** ms from t = 0. */
  picked: number;
  ended: number;
  backend: number;
  status: number;
  attempt: number;
  kind: (typeof attemptKinds)[number];
}

/** Runs a scenario to its end. Nothing is checked, marked down or warmed up unless asked for; services are constant unless given. */
export async function simulated(
  { balancer = {}, ...rest }: Record<string, unknown> & { balancer?: Record<string, unknown> },
  strategy = 'round-robin',
) {
  const scenario = scenarioSchema.parse({
    fleet: [{ id: 'app', count: 2, service: { constant: { mean: '10ms' } } }],
    load: { open: { rate: '100/s', arrivals: 'constant' }, warmup: 0, duration: '2s' },
    ...rest,
    balancer: { health: false, passive: false, ...balancer },
  });
  const requests: SimulatedRequest[] = [];
  const attempts: SimulatedAttempt[] = [];
  const events: TrialEvent[] = [];
  const simulation = new Simulation({
    scenario: scenario as Scenario,
    strategy: await chooseStrategy(strategy),
    settings: balancerSchema.parse({ health: false, passive: false, ...balancer }),
    seed: 1,
    recorder: {
      request: (index, _intended, sent, _firstByte, latency, outcome, cause, status, backend, tries) => {
        requests.push({
          ...{ index, status, backend, attempts: tries },
          ...{ sent: sent / 1000, latency: latency / 1000 },
          ...{ outcome: outcomes[outcome]!, cause: causes[cause]! },
        });
      },
      attempt: (request, picked, ended, backend, status, attempt, kind) => {
        attempts.push({
          ...{ request, backend, status, attempt, kind: attemptKinds[kind]! },
          ...{ picked: picked / 1000, ended: ended / 1000 },
        });
      },
      event: () => undefined,
      window: () => undefined,
    },
    onEvent: (event) => events.push(event),
  });
  while (simulation.advance(10_000));
  const { counts } = simulation;
  return { requests: requests.sort((a, b) => a.index - b.index), attempts, events, counts };
}
