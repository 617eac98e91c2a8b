/** Any scenario there can be, small: for laws that hold in all of them. Drawn as a user would write it, by fast-check. */
import fc from 'fast-check';
import { faults as definitions } from '../../scenarios/scenario.ts';
import type { WorldInput } from './world.test-support.ts';

const ms = (min: number, max: number) => fc.integer({ min, max }).map((n) => `${n}ms`);
/** A setting that is there or not. */
const maybe = <T>(it: fc.Arbitrary<T>) => fc.option(it, { nil: undefined, freq: 1 });

const service = fc.oneof(
  fc.record({ constant: fc.record({ mean: ms(1, 20) }) }),
  fc.record({ exponential: fc.record({ mean: ms(1, 20) }) }),
  fc.record({ lognormal: fc.record({ mean: ms(1, 20) }) }),
  fc.record({ pareto: fc.record({ min: ms(1, 5) }) }),
  fc.record({ uniform: fc.record({ min: ms(0, 2), max: ms(3, 30) }) }),
);
const zone = fc.constantFrom('a', 'b', 'c');
const entry = fc.record(
  {
    count: fc.integer({ min: 1, max: 3 }),
    weight: fc.integer({ min: 1, max: 4 }),
    zone,
    workers: fc.integer({ min: 1, max: 3 }),
    queue: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant('unlimited' as const)),
    service,
    speed: fc.constantFrom(0.5, 1, 3),
    work: fc.constantFrom('sleep' as const, 'burn' as const),
    contention: fc.constantFrom(0, 0.5),
    warmup: fc.constant({ over: '100ms', slowdown: 3 }),
    pauses: fc.record({ every: ms(50, 200), length: ms(1, 40) }),
    cache: fc.record({ entries: fc.integer({ min: 1, max: 5 }), hit: ms(0, 2) }),
    keepAlive: ms(5, 100),
    cancelAbandoned: fc.boolean(),
    body: fc.integer({ min: 2, max: 40 }),
  },
  { requiredKeys: ['service'] },
);

const arrivals = fc.constantFrom('poisson' as const, 'constant' as const);
const connections = fc.constantFrom(2, 20, 'unlimited' as const);
const how: fc.Arbitrary<Pick<WorldInput['load'], 'open' | 'closed'>> = fc.oneof(
  fc.record({
    open: fc.record({ rate: fc.constantFrom('100/s', '400/s', '1500/s'), arrivals, connections }),
  }),
  fc.record({ open: fc.record({ utilization: fc.constantFrom(0.5, 0.9, 1.3), arrivals, connections }) }),
  fc.record({
    open: fc.record({
      trace: fc
        .array(fc.integer({ min: -100, max: 400 }), { minLength: 1, maxLength: 60 })
        .map((times) => [...times, 200].sort((a, b) => a - b).map((it) => `${it}ms`)),
      connections,
    }),
  }),
  fc.record({
    closed: fc.record(
      {
        connections: fc.integer({ min: 1, max: 12 }),
        requestsPerConnection: fc.integer({ min: 1, max: 9 }),
      },
      { requiredKeys: ['connections'] },
    ),
  }),
);
const length: fc.Arbitrary<Pick<WorldInput['load'], 'duration' | 'requests'>> = fc.oneof(
  fc.record({ duration: ms(100, 500) }),
  fc.record({ requests: fc.integer({ min: 1, max: 200 }) }),
);
const load = fc
  .record({
    how,
    length,
    timeout: ms(20, 1_000),
    deadline: maybe(ms(10, 100)),
    keys: fc.constantFrom({ uniform: { count: 10 } }, { zipf: { count: 50, exponent: 1.2 } }),
    clients: fc.integer({ min: 1, max: 50 }),
    regions: maybe(fc.constantFrom({ a: 1 }, { a: 1, b: 2, c: 1 })),
    mix: fc.constantFrom<NonNullable<WorldInput['load']['mix']>[]>(
      [{ method: 'GET' as const }],
      [{ method: 'POST' as const, share: 2 }, {}],
    ),
  })
  .map(({ how: { open, closed }, length: it, regions, deadline, ...rest }) => ({
    ...(open === undefined ? { closed } : { open }),
    ...(open?.trace === undefined ? it : {}),
    ...rest,
    ...(regions && { regions }),
    ...(deadline && { deadline }),
    warmup: '100ms',
  }));

const network = fc.record(
  {
    client: ms(0, 10),
    backend: ms(0, 10),
    jitter: fc.constantFrom(0, 0.3),
    connect: ms(0, 5),
    latencies: fc.constant({ a: { b: '15ms', c: '40ms' }, b: { c: '30ms' } }),
  },
  { requiredKeys: [] },
);

const balancer = fc.record(
  {
    count: fc.integer({ min: 1, max: 4 }),
    zones: fc.constantFrom<string[]>(['a'], ['b', 'a']),
    board: fc.record({ every: ms(5, 50) }),
    health: fc.oneof(
      fc.constant(false as const),
      fc.record({
        type: fc.constantFrom('http' as const, 'tcp' as const),
        interval: ms(20, 60),
        jitter: fc.constantFrom(0, 0.4),
        timeout: ms(10, 100),
        unhealthy: fc.integer({ min: 1, max: 3 }),
      }),
    ),
    passive: fc.oneof(
      fc.constant(false as const),
      fc.record({
        failures: fc.integer({ min: 1, max: 3 }),
        errors: fc.boolean(),
        ejection: ms(20, 200),
        maxEjection: ms(20, 400),
        maxEjected: fc.constantFrom(0.3, 1),
      }),
    ),
    outlier: fc.record({
      interval: ms(20, 100),
      ejection: ms(20, 100),
      maxEjected: fc.constantFrom(0.3, 1),
      successRate: fc.constant({ hosts: 2, requests: 2, factor: 1 }),
      failurePercentage: fc.constant({ hosts: 1, requests: 2, threshold: 0.5 }),
    }),
    breaker: fc.record({
      failures: fc.integer({ min: 1, max: 3 }),
      errors: fc.boolean(),
      open: ms(5, 100),
      trials: fc.integer({ min: 1, max: 3 }),
    }),
    panic: fc.record({ below: fc.constantFrom(0.3, 0.7) }),
    locality: fc.record({ overprovisioning: fc.constantFrom(1, 1.4) }),
    fallback: fc.constant({ response: { status: 599, body: 'sorry' } }),
    connectTimeout: ms(5, 300),
    tryTimeout: ms(5, 300),
    retries: fc.record({
      max: fc.integer({ min: 0, max: 3 }),
      on: fc.subarray(['unreachable' as const, 'reset' as const, 'timeout' as const]),
      statuses: fc.subarray([404, 500, 503]),
      budget: fc.oneof(fc.constant(false as const), fc.constant({ share: 0.1, min: '2/s' })),
      backoff: fc.oneof(fc.constant(false as const), fc.record({ base: ms(1, 30), max: ms(30, 60) })),
    }),
    timeout: ms(5, 300),
    slowStart: fc.record({ window: ms(20, 200), steps: fc.integer({ min: 1, max: 5 }) }),
  },
  { requiredKeys: [] },
);
const limited = fc.record(
  {
    maxInFlight: fc.integer({ min: 1, max: 4 }),
    queue: fc.record({ length: fc.integer({ min: 1, max: 10 }), timeout: ms(1, 100) }),
  },
  { requiredKeys: ['maxInFlight'] },
);

/** Some share of requests, so that others pass. */
const part = { share: 0.5 };
const optionsOf: Record<string, readonly object[]> = {
  slow: [{ factor: 5 }, { added: '50ms' }],
  error: [{}, { ...part, status: 404 }],
  lie: [part],
  sick: [{}, part],
  reset: [{}, { ...part, sent: 0.5 }],
  hang: [{}, part],
  truncate: [{}, { ...part, sent: 0 }],
  drip: [{}, { ...part, every: '1ms' }],
  throttle: [{ quota: 0.3 }],
  partition: [{}, { direction: 'out' }],
  law: [{ times: ['1ms', '30ms'] }],
  leak: [{ perSecond: '200ms' }, { perRequest: '1ms', most: '20ms' }],
  pauses: [{ every: '50ms', shortest: '5ms', longest: '20ms' }],
  'bad-length': [part, { ...part, how: 'too-long' }],
  'extra-bytes': [{}, part],
  spike: [{ factor: 4 }, { factor: 0.3 }],
  ramp: [{ to: 3 }, { to: 2, over: '50ms' }],
  'hot-key': [part, { keys: 3 }],
  abort: [{ ...part, after: '5ms' }, { after: '30ms' }],
};
const kinds = [...definitions.keys()];
const fault = fc
  .record({
    kind: fc.constantFrom(...kinds),
    which: fc.nat({ max: 1 }),
    from: fc.integer({ min: 0, max: 90 }),
    lasts: maybe(fc.integer({ min: 1, max: 300 })),
    on: fc.constantFrom('all', 'random:1', '50%'),
  })
  .map(({ kind, which, from, lasts, on }) => ({
    ...{ at: `${from}ms`, ...(definitions.get(kind)!.level === 'load' ? {} : { on }) },
    ...(lasts === undefined ? {} : { until: `${from + lasts}ms` }),
    [kind]: (optionsOf[kind] ?? [{}]).at(which) ?? optionsOf[kind]?.[0] ?? {},
  }));

export const anyWorld: fc.Arbitrary<WorldInput> = fc.record({
  fleet: fc
    .array(entry, { minLength: 1, maxLength: 3 })
    .map((entries) => entries.map((it, i) => ({ id: `e${i}`, ...it }))),
  load,
  network,
  balancer: fc.tuple(balancer, maybe(limited)).map(([rest, limits]) => ({ ...rest, ...limits })),
  faults: fc.array(fault, { maxLength: 4 }),
}) as fc.Arbitrary<WorldInput>;

/** What a host cannot be made to do in the state it is in: such a scenario fails as a whole, and says so. */
export const impossible = /^(crash|vanish|freeze|stop|throttle|out-of-memory|partition) on .*: cannot /;
