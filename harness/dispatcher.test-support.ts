/** A dispatcher on a clock that the test turns, with backends a, b, c … and every event and attempt kept. */
import { balancerSchema } from '../scenarios/scenario.ts';
import type { Options, OutcomeKind, Strategy, StrategyDefinition, Values } from '../strategies/strategy.ts';
import type { AttemptObserver } from './dispatch.ts';
import { Dispatcher, type EnvExtras } from './dispatcher.ts';
import type { BalancerEvent } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';

/** The simplest lawful strategy: the first available backend that was not tried. */
export const firstUntried: Strategy = {
  pick: (pool, { tried }) => pool.available.find((it) => !tried.includes(it)) ?? pool.available[0],
};

export function strategyOf(strategy: Strategy): StrategyDefinition {
  return { about: '', options: {}, create: () => strategy } as StrategyDefinition;
}

export interface BenchOptions {
  strategy?: StrategyDefinition;
  /** The strategy's options. */
  values?: Values<Options>;
  backends?: number;
  /** Of the backends, in turn. */
  zones?: readonly string[];
  /** As written in a scenario. */
  balancer?: Record<string, unknown>;
  seed?: number;
  observer?: AttemptObserver;
  env?: EnvExtras;
}

export function bench({
  strategy = strategyOf(firstUntried),
  values = {},
  backends = 3,
  zones = [],
  balancer = { health: false },
  seed = 1,
  observer,
  env = {},
}: BenchOptions = {}) {
  const clock = { t: 0 };
  const events: BalancerEvent[] = [];
  const dispatcher = new Dispatcher({
    strategy: { name: 'mine', file: '/mine.ts', definition: strategy, values },
    seed,
    settings: balancerSchema.parse(balancer),
    backends: Array.from({ length: backends }, (_, index) => ({
      id: String.fromCharCode(97 + index),
      index,
      host: '127.0.0.1',
      port: 1000 + index,
      weight: 1,
      ...(zones.length === 0 ? {} : { zone: zones[index % zones.length]! }),
    })),
    now: () => clock.t,
    onEvent: (event) => events.push(event),
    env,
    ...(observer === undefined ? {} : { observer }),
  });
  const check = (backend: PooledBackend, passed: boolean) =>
    dispatcher.pool.checked(backend, {
      passed,
      startedAt: clock.t,
      responseTime: 1,
      error: passed ? '' : 'ECONNREFUSED',
    });
  return { dispatcher, pool: dispatcher.pool, clock, events, check };
}

export const request = (number = 0, idempotent = true) => ({ number, key: '', client: '', idempotent });

/** The end of an attempt whose request was sent and whose client has heard nothing. */
export const unanswered = { status: 0, firstByte: Number.NaN, sent: true, answered: false };

export const kinds: readonly OutcomeKind[] = ['ok', 'error', 'unreachable', 'reset', 'timeout', 'cancelled'];
