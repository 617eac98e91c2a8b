/**
 * The world that conformance plays a strategy in: a pool that changes, requests that start, are retried and end.
 *
 * A step is plain data and means something in any state (`which` is taken modulo what there is), so any subset of a
 * sequence is a sequence and can be shrunk. Everything handed to the strategy is behind a proxy that refuses writes.
 */
import { Telemetry } from './conformance-telemetry.ts';
import { avalanche, hashString } from './hash.ts';
import type { Backend, Env, LoadReport, OutcomeKind, Pool, Request } from './strategy.ts';

export type Step =
  | {
      readonly do: 'join';
      readonly id: string;
      readonly at: number;
      readonly weight: number;
      readonly zone?: string | undefined;
    }
  | { readonly do: 'leave' | 'down' | 'up'; readonly which: number }
  | { readonly do: 'weigh'; readonly which: number; readonly weight: number }
  /** A request of `attempts` attempts: all but the last fail at once, the last stays in flight. */
  | {
      readonly do: 'request';
      readonly key: string;
      readonly attempts: number;
      readonly region?: string | undefined;
    }
  /** The end of a request in flight; `stray`: an end that no start matches. */
  | {
      readonly do: 'end' | 'stray';
      readonly which: number;
      readonly kind: OutcomeKind;
      readonly latency: number;
    }
  | { readonly do: 'wait'; readonly ms: number };

/** A strategy wrote to what it was given. */
export class Mutation extends Error {}

/** A view of an object that throws, and notes, every attempt to change it. */
export function guarded<T extends object>(target: T, noted: (what: string) => void): T {
  const refuse = (what: string): never => {
    noted(what);
    throw new Mutation(what);
  };
  return new Proxy(target, {
    set: (_, property) => refuse(`set ${String(property)}`),
    defineProperty: (_, property) => refuse(`defined ${String(property)}`),
    deleteProperty: (_, property) => refuse(`deleted ${String(property)}`),
    setPrototypeOf: () => refuse('set the prototype'),
    preventExtensions: () => refuse('froze it'),
  });
}

/** ms. Two zones as far as each other from the south; of others nothing is known. */
const latencies: Readonly<Record<string, number>> = {
  'east east': 1,
  'east west': 30,
  'south east': 20,
  'south west': 20,
  'west west': 1,
};

interface Member {
  readonly state: { weight: number; inFlight: number; reported: LoadReport | undefined };
  readonly backend: Backend;
  up: boolean;
}

/** The balancer's side of the contract: it owns the pool and every in-flight count. */
export class World {
  time = 0;
  members: Member[] = [];
  readonly inFlight: Backend[] = [];
  readonly mutations: string[] = [];
  readonly telemetry: Telemetry;
  #draws = 0;
  #request = 0;
  readonly #seed: number;
  pool: Pool;

  constructor(seed: number) {
    this.#seed = seed;
    this.telemetry = new Telemetry(seed, () => this.time);
    this.pool = this.#snapshot();
  }

  /** Randomness counted by (seed, request, draw), as the drivers give it. */
  readonly env: Env = {
    now: () => this.time,
    random: () => {
      const word = avalanche(this.#seed ^ avalanche(this.#request * 1000 + this.#draws++ + 1));
      return word / 2 ** 32;
    },
    probe: (backend, done) => this.telemetry.probe(backend, done),
    sojourn: (backend, request) => this.telemetry.sojourn(backend, request),
    latency: (from, to) => latencies[`${from} ${to}`],
  };

  join(id: string, at: number, weight: number, zone?: string): void {
    if (this.members.some(({ backend }) => backend.id === id)) return;
    const taken = new Set(this.members.map(({ backend }) => backend.index));
    let index = 0;
    while (taken.has(index)) index++;
    const state: Member['state'] = { weight, inFlight: 0, reported: undefined };
    const fields = {
      id,
      index,
      ...(zone === undefined ? {} : { zone }),
      maxInFlight: Infinity,
      get weight() {
        return state.weight;
      },
      get inFlight() {
        return state.inFlight;
      },
      get reported() {
        return state.reported;
      },
    };
    const note = (what: string) => this.mutations.push(`a backend: ${what}`);
    const backend = guarded(fields as Backend, note); // `reported` reads as undefined while there is none
    this.members.splice(at % (this.members.length + 1), 0, { state, backend, up: true });
  }

  /** The member a step means; undefined when there is none. */
  member(which: number): Member | undefined {
    return this.members[which % this.members.length];
  }

  /** New arrays for the pool; the strategy is to be told. */
  changed(): Pool {
    this.pool = this.#snapshot();
    return this.pool;
  }

  request(key: string, tried: readonly Backend[], region?: string): Request {
    this.#draws = tried.length * 100;
    if (tried.length === 0) this.#request++;
    const note = (what: string) => this.mutations.push(`the request: ${what}`);
    const client = `192.0.2.${hashString(key) % 256}`;
    const from = region === undefined ? {} : { region };
    return guarded({ key, client, ...from, tried: guarded([...tried], note) }, note);
  }

  count(backend: Backend, by: 1 | -1): void {
    const member = this.members.find((candidate) => candidate.backend === backend);
    if (member !== undefined) member.state.inFlight += by;
  }

  /** Lets time pass; late answers to probes come at its end. */
  wait(ms: number): void {
    this.time += ms;
    this.telemetry.deliver();
  }

  /** The response that is about to end carries this report; without one, what the seed says it carries. */
  report(backend: Backend, reported = this.telemetry.report(backend.inFlight)): void {
    const member = this.members.find((candidate) => candidate.backend === backend);
    if (member === undefined || reported === undefined) return;
    member.state.reported = guarded(reported, (what) => this.mutations.push(`a report: ${what}`));
  }

  #snapshot(): Pool {
    const note = (what: string) => this.mutations.push(`the pool: ${what}`);
    const members = this.members.map(({ backend }) => backend);
    const available = this.members.filter(({ up }) => up).map(({ backend }) => backend);
    return guarded({ members: guarded(members, note), available: guarded(available, note) }, note);
  }
}

/** A sequence of steps from a seed: a pool of a few, mostly requests and ends, now and then a change. */
export function sequence(seed: number, length: number): Step[] {
  let draws = 0;
  const below = (n: number) => avalanche(seed ^ avalanche(++draws)) % n;
  const weights = [1, 1, 1, 2, 3, 5, 0.5, 10];
  const weight = () => weights[below(weights.length)]!;
  const kinds: OutcomeKind[] = [
    'ok',
    'ok',
    'ok',
    'ok',
    'error',
    'unreachable',
    'reset',
    'timeout',
    'cancelled',
  ];
  let joined = 0;
  const zones = ['east', 'west', 'north', undefined];
  const regions = ['east', 'south', 'moon', undefined];
  const join = (): Step => {
    const id = `b${joined++}`;
    return { do: 'join', id, at: below(20), weight: weight(), zone: zones[hashString(id) % 4] };
  };
  const steps: Step[] = Array.from({ length: below(6) }, join);
  while (steps.length < length) {
    const which = below(100);
    const dice = below(100);
    if (dice < 4) steps.push(join());
    else if (dice < 7) steps.push({ do: 'leave', which });
    else if (dice < 11) steps.push({ do: 'down', which });
    else if (dice < 16) steps.push({ do: 'up', which });
    else if (dice < 18) steps.push({ do: 'weigh', which, weight: weight() });
    else if (dice < 58) {
      const name = below(40);
      const key = name === 0 ? '' : `key-${name}`;
      steps.push({ do: 'request', key, attempts: 1 + below(4), region: regions[name % 4] });
    } else if (dice < 92) {
      const kind = kinds[below(kinds.length)]!;
      steps.push({ do: dice < 90 ? 'end' : 'stray', which, kind, latency: below(200) });
    } else steps.push({ do: 'wait', ms: below(5000) });
  }
  return steps;
}

/** One step in words, for a report. */
export function inWords(step: Step): string {
  switch (step.do) {
    case 'join': {
      const where = step.zone === undefined ? '' : ` in zone ${step.zone}`;
      return `${step.id} joins with weight ${step.weight} at place ${step.at}${where}`;
    }
    case 'leave':
      return `member ${step.which} leaves`;
    case 'down':
      return `member ${step.which} becomes unavailable`;
    case 'up':
      return `member ${step.which} becomes available`;
    case 'weigh':
      return `member ${step.which} gets weight ${step.weight}`;
    case 'request': {
      const from = step.region === undefined ? '' : ` from region ${step.region}`;
      return `a request with key ${step.key}${from} is tried ${step.attempts} times`;
    }
    case 'end':
      return `request ${step.which} in flight ends: ${step.kind} after ${step.latency} ms`;
    case 'stray':
      return `member ${step.which} is told of an end that no start matches: ${step.kind}`;
    case 'wait':
      return `${step.ms} ms pass`;
  }
}
