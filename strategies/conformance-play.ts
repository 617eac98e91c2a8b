/** Plays a sequence of steps against a fresh strategy and says which law it breaks, if any. */
import { type Step, World } from './conformance-world.ts';
import type { Backend, Outcome, Strategy, StrategyDefinition, Values } from './strategy.ts';

export interface Breach {
  readonly law: Law;
  /** What happened, against what the law wants. */
  readonly detail: string;
  /** What ended the play, where something was thrown: its stack knows the line. */
  readonly thrown?: unknown;
}

/** The laws, and what each says. */
export const laws = {
  empty: 'an empty pool gives undefined, and only an empty pool does',
  available: 'the result is one of pool.available',
  untried: 'a backend that was tried is not picked while another is available',
  repeatable: 'the same seed and the same events give the same picks',
  'reads-only': 'the pool, its backends and the request are never changed',
  'own-clock-and-luck': 'time and randomness come from env only',
  survives: 'no sequence of joins, leaves, weights, failures and unmatched ends makes it throw',
  spread: 'requests that end at once are spread as the definition promises',
} as const;

export type Law = keyof typeof laws;

export interface Played {
  readonly picks: readonly (string | undefined)[];
  readonly breach?: Breach;
}

const ambient = ['Date', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate'] as const;

/** Runs `body` while the world's clocks and randomness throw and note their use. Always puts them back. */
export function withoutAmbient<T>(noted: (what: string) => void, body: () => T): T {
  const forbid = (what: string) => {
    const fail = (): never => {
      noted(what);
      throw new Error(`${what} was used`);
    };
    return new Proxy(fail, { get: fail, construct: fail, apply: fail });
  };
  const saved = ambient.flatMap((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    return descriptor?.configurable ? [{ name, descriptor }] : [];
  });
  const random = Math.random;
  for (const { name } of saved) {
    Object.defineProperty(globalThis, name, { value: forbid(name), configurable: true, writable: true });
  }
  Math.random = forbid('Math.random');
  try {
    return body();
  } finally {
    Math.random = random;
    for (const { name, descriptor } of saved) Object.defineProperty(globalThis, name, descriptor);
  }
}

/** Plays the steps from an empty pool; stops at the first breach. */
export function play(
  definition: StrategyDefinition,
  values: Values<StrategyDefinition['options']>,
  steps: readonly Step[],
  seed: number,
): Played {
  const world = new World(seed);
  const picks: (string | undefined)[] = [];
  const ambientUses: string[] = [];
  const found: { breach?: Breach } = {};
  try {
    withoutAmbient(
      (what) => ambientUses.push(what),
      () => {
        const strategy = definition.create(world.env, values);
        strategy.poolChanged?.(world.pool);
        for (const step of steps) {
          const breach = take(step, world, strategy, picks);
          if (breach === undefined) continue;
          found.breach = breach;
          return;
        }
      },
    );
  } catch (error) {
    found.breach = { law: 'survives', detail: `it threw ${describe(error)}`, thrown: error };
  }
  const thrown = found.breach?.thrown;
  // A strategy may have caught what its own breach threw; the notes remain, and name the cause.
  if (world.mutations.length > 0) {
    found.breach = { law: 'reads-only', detail: `it changed ${world.mutations[0]}`, thrown };
  } else if (ambientUses.length > 0) {
    found.breach = { law: 'own-clock-and-luck', detail: `it used ${ambientUses[0]}`, thrown };
  }
  return { picks, ...found };
}

function take(
  step: Step,
  world: World,
  strategy: Strategy,
  picks: (string | undefined)[],
): Breach | undefined {
  switch (step.do) {
    case 'wait':
      world.wait(step.ms);
      return undefined;
    case 'request':
      return request(step, world, strategy, picks);
    case 'end': {
      const [backend] = world.inFlight.splice(step.which % world.inFlight.length, 1);
      if (backend !== undefined) end(backend, step, world, strategy);
      return undefined;
    }
    case 'join':
      world.join(step.id, step.at, step.weight, step.zone);
      break;
    default: {
      const member = world.member(step.which);
      if (member === undefined) return undefined;
      if (step.do === 'stray') {
        strategy.ended?.(member.backend, { kind: step.kind, latency: step.latency, firstByte: step.latency });
        return undefined;
      }
      if (step.do === 'leave') world.members = world.members.filter((other) => other !== member);
      else if (step.do === 'weigh') member.state.weight = step.weight;
      else member.up = step.do === 'up';
    }
  }
  const pool = world.changed(); // not inside the optional call, which would skip it
  strategy.poolChanged?.(pool);
  return undefined;
}

function request(
  { key, attempts, region }: Extract<Step, { do: 'request' }>,
  world: World,
  strategy: Strategy,
  picks: (string | undefined)[],
): Breach | undefined {
  const tried: Backend[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const { available } = world.pool;
    const ask = world.request(key, tried, region);
    const picked = strategy.pick(world.pool, ask);
    picks.push(picked?.id);
    if (picked === undefined) {
      if (available.length === 0) return undefined;
      return { law: 'empty', detail: `it gave undefined with ${names(available)} available` };
    }
    if (!available.includes(picked)) {
      const law = available.length === 0 ? 'empty' : 'available';
      return {
        law,
        detail: `it picked ${describePick(picked, world)} with ${names(available) || 'none'} available`,
      };
    }
    if (tried.includes(picked) && available.some((backend) => !tried.includes(backend))) {
      const detail = `it picked ${picked.id}, tried ${names(tried)}, with ${names(available)} available`;
      return { law: 'untried', detail };
    }
    world.count(picked, 1);
    strategy.started?.(picked, ask);
    tried.push(picked);
    if (attempt < attempts) end(picked, { kind: 'error', latency: 1 }, world, strategy);
    else world.inFlight.push(picked);
  }
  return undefined;
}

function end(
  backend: Backend,
  { kind, latency }: Pick<Outcome, 'kind' | 'latency'>,
  world: World,
  strategy: Strategy,
): void {
  world.count(backend, -1);
  if (kind === 'ok' || kind === 'error') world.report(backend); // only a whole response can carry one
  strategy.ended?.(backend, { kind, latency, firstByte: kind === 'ok' ? latency : Number.NaN });
}

function names(backends: readonly Backend[]): string {
  return backends.map(({ id }) => id).join(', ');
}

/** The id of a backend; of what only looks like one, and of anything else, what it is. */
function describePick(picked: unknown, { members }: World): string {
  if (members.some(({ backend }) => backend === picked)) return (picked as Backend).id;
  if (picked instanceof Promise) return 'a promise';
  const { id } = (picked ?? {}) as { id?: unknown };
  if (typeof id !== 'string') return `something of type ${picked === null ? 'null' : typeof picked}`;
  return members.some(({ backend }) => backend.id === id) ? `a copy of ${id}` : `${id}, which has left,`;
}

/** What was thrown, in words. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
