/**
 * The scenario file: one zod schema that yields the types, the defaults, the JSON Schema for editors and the errors.
 * Once parsed, durations are milliseconds, rates requests per second, shares fractions of one.
 * Unknown keys are errors. Start with `failover.yaml` beside this file.
 */
import { z } from 'zod';
import { type BalancerSettings, balancer } from './balancer-settings.ts';
import { faults, serviceTimes } from './catalogue.ts';
import { expectation } from './expectation-settings.ts';
import { fieldsOf, oneOf } from './fields.ts';
import { fieldValue, mixField } from './header-edits.ts';
import { metrics } from './metrics.ts';
import { count, name } from './names.ts';
import { network } from './network.ts';
import { ownFields, ownOf } from './own-services.ts';
import { methods, mostBody } from './request-shape.ts';
import { check, content } from './response-check.ts';
import { host } from './routes.ts';

import { type ScheduledFault, scheduledFault } from './scheduled-fault.ts';
import { steadySettings } from './steady.ts';

import { tiers } from './tiers.ts';

import { tlsLoad } from './tls-settings.ts';
import { trace } from './trace.ts';
import { duration, positiveDuration, rate } from './units.ts';

export { faults, metrics, serviceTimes };

const service = oneOf(
  Object.fromEntries([...serviceTimes].map(([key, law]) => [key, fieldsOf(law.options)])),
);

/** What a backend of ours is like; of a service of the user's own, what the simulator is to take for it. */
const model = {
  workers: count.max(100_000).default(8).describe('requests served at once'),
  queue: z
    .union([z.int().min(0), z.literal('unlimited')])
    .default(128)
    .describe('requests that may wait for a worker; one more is answered 503'),
  service: service.prefault({ exponential: { mean: '10ms' } }).describe('the law of service times'),
  speed: z.number().positive().default(1).describe('service times are divided by it'),
  work: z
    .enum(['sleep', 'burn'])
    .default('sleep')
    .describe('whether service costs CPU; `throttle` only bites on burn'),
  warmup: z
    .strictObject({ over: duration, slowdown: z.number().min(1) })
    .optional()
    .describe('after a start or revive, service is `slowdown` times slower, falling linearly to 1'),
  contention: z.number().min(0).default(0).describe('each other busy worker lengthens service by this share'),
  pauses: z
    .strictObject({ every: positiveDuration, length: duration })
    .optional()
    .describe('stop-the-world pauses: Poisson with this mean gap, each of this length'),
  cache: z
    .strictObject({ entries: count, hit: duration })
    .optional()
    .describe('LRU by key; a hit takes `hit` instead of the service time'),
  keepAlive: positiveDuration
    .optional()
    .describe('unused connections are closed after this; kept for longer than any run unless given'),
  cancelAbandoned: z.boolean().default(false).describe('stop work whose client has gone'),
  body: z.int().min(2).max(100_000_000).default(128).describe('bytes of the response body'),
};

const fleetEntry = z
  .strictObject({
    id: name.describe('with `count`, backends are id-1 … id-count'),
    count: count.max(10_000).optional(),
    weight: z.number().positive().max(1_000_000).default(1),
    zone: name.optional(),
    ...model,
    ...ownFields,
    model: z
      .strictObject(model)
      .optional()
      .describe('of a service of your own: what the simulator is to take for it'),
  })
  .transform((given, context) => {
    const {
      model: twin,
      image,
      command,
      urls,
      port,
      env,
      files,
      cwd,
      stopSignal,
      ready,
      restart,
      ...entry
    } = given;
    const own = ownOf(given, (key, message) => context.addIssue({ code: 'custom', path: [key], message }));
    const several = (urls?.length ?? 1) > 1 ? { count: urls!.length } : {};
    return { ...entry, ...several, ...twin, ...(own && { own }) };
  });
/** Keys that say what a backend of ours is like. */
export const modelKeys: readonly string[] = Object.keys(model);

const keys = oneOf({
  uniform: z.strictObject({ count }),
  zipf: z.strictObject({ count: count.max(10_000_000), exponent: z.number().min(0).max(10).default(1) }),
});

const mix = z
  .array(
    z
      .strictObject({
        path: z.string().startsWith('/').max(2000).default('/'),
        method: z.enum(methods).default('GET'),
        share: z.number().positive().default(1),
        body: z.int().min(0).max(mostBody).default(0).describe('bytes of the request body'),
        host: host.optional().describe('what Host says; the address of the balancer unless given'),
        headers: z
          .record(mixField, fieldValue)
          .optional()
          .describe('fields beside those that every request has'),
        keys: keys.optional().describe('affinity keys of its own; those of the load unless given'),
        content: content.optional(),
        check: check.optional(),
      })
      .refine((it) => it.content === undefined || it.body === 0, {
        path: ['body'],
        error: 'expected `body` (so many bytes) or `content` (which bytes), got both; remove one of them',
      })
      .transform((it) => (it.content === undefined ? it : { ...it, body: it.content.bytes.length })),
  )
  .min(1);

/** Of the variants exactly one is given; the finding stands at the second where there are more. */
function exactlyOne<K extends string>(
  value: { readonly [key in K]?: unknown },
  names: readonly K[],
  context: z.core.$RefinementCtx,
  kind = '',
): void {
  const given = names.filter((key) => value[key] !== undefined);
  if (given.length === 1) return;
  const all = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}${kind}`;
  const few = names.length === 2;
  const got =
    given.length === 0
      ? few
        ? 'neither'
        : 'none of them'
      : `${few ? 'both' : given.join(' and ')}; remove ${given.length === 2 ? 'one of them' : 'all but one'}`;
  context.addIssue({
    code: 'custom',
    path: given.slice(1, 2),
    message: `expected exactly one of ${all}, got ${got}`,
  });
}

const closed = z.strictObject({
  connections: count.max(10_000),
  requestsPerConnection: count.optional().describe('reconnect after so many'),
});
const open = z
  .strictObject({
    rate: rate.optional(),
    utilization: z.number().positive().max(10).optional().describe('of the whole fleet, faults aside'),
    trace: trace.optional().describe('arrivals as recorded: a CSV file, or a list of times from t = 0'),
    arrivals: z.enum(['poisson', 'constant']).default('poisson').describe('not of a trace'),
    connections: z
      .union([count.max(60_000), z.literal('unlimited')])
      .default(1024)
      .describe(
        'most connections at once; arrivals beyond are `notSent`; unlimited is 60000 on real drivers',
      ),
  })
  .superRefine((it, context) => exactlyOne(it, ['rate', 'utilization', 'trace'], context));

const load = z
  .strictObject({
    closed: closed.optional().describe('autocannon: answers throughput'),
    open: open.optional().describe('scheduled arrivals: answers latency'),
    warmup: duration.prefault('1s').describe('t = 0 at its end'),
    duration: positiveDuration.optional(),
    requests: z.union([count, mix]).optional().describe('how many to send; or, as a list, the mix'),
    mix: mix.optional(),
    deadline: positiveDuration.optional().describe('a request answered later is bad'),
    timeout: positiveDuration.prefault('10s').describe('when the client gives up'),
    keys: keys.prefault({ uniform: { count: 10_000 } }),
    cookies: z
      .boolean()
      .default(false)
      .describe('clients keep the cookies they are given, each by its address'),
    clients: count.max(16_000_000).default(1000).describe('distinct client addresses'),
    tls: tlsLoad,
    regions: z
      .record(name, z.number().positive())
      .optional()
      .describe('regions that clients are in, with their shares'),
  })
  .superRefine((it, context) => {
    exactlyOne(it, ['closed', 'open'], context);
    const requests = typeof it.requests === 'number' ? it.requests : undefined;
    // A trace ends by itself.
    if (it.open?.trace === undefined || (it.duration !== undefined && requests !== undefined))
      exactlyOne({ duration: it.duration, requests }, ['duration', 'requests'], context, ' (a number)');
    if (Array.isArray(it.requests) && it.mix)
      context.addIssue({
        code: 'custom',
        path: ['mix'],
        message: 'expected one mix, got two: a list of requests and mix; remove one of them',
      });
  })
  .transform(({ requests, mix: given, ...rest }) => ({
    ...rest,
    requests: typeof requests === 'number' ? requests : undefined,
    mix: given ?? (Array.isArray(requests) ? requests : mix.parse([{}])),
  }));

const contenderObject = z.strictObject({
  strategy: z.string(),
  name: name.optional(),
  options: z.record(z.string(), z.unknown()).default({}),
  balancer: z.record(z.string(), z.unknown()).default({}).describe('overrides of the balancer section'),
});
const contenders = z
  .union([z.literal('all'), z.array(z.union([z.string(), contenderObject])).min(1)])
  .default('all')
  .describe('names, ./files, or objects with options');

export const scenarioSchema = z.strictObject({
  name: name.optional().describe('the file name, unless given'),
  about: z.string().max(2000).optional().describe('the story, in a sentence or two'),
  tier: z.enum(tiers).optional().describe('short: one of the few of `run --all --tier short`'),
  fleet: z.array(fleetEntry).min(1),
  load,
  network: network.prefault({}),
  balancer: balancer.prefault({}),
  contenders,
  faults: z.array(scheduledFault).default([]),
  steady: steadySettings,
  expect: z.array(expectation).default([]),
  objective: z.enum(['goodput', 'throughput', 'p99', 'mean', 'errorRate']).optional(),
  rounds: count.max(10_000).default(1),
  seed: z.int().min(0).default(1),
});

export { type BalancerSettings, balancer as balancerSchema, type ScheduledFault };
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Scenario = z.output<typeof scenarioSchema> & { name: string; objective: Objective };
export type Objective = NonNullable<z.output<typeof scenarioSchema>['objective']>;
export type FleetEntry = z.output<typeof fleetEntry>;
export type Load = z.output<typeof load>;
export type Expectation = z.output<typeof expectation>;
export type ServiceSetting = z.output<typeof service>;

/** One backend of the fleet: `app` with count 4 is app-1 … app-4. */
export type BackendSpec = Omit<FleetEntry, 'count'> & { readonly index: number };

/** The fleet's entries spelled out, in order; `index` counts from 0 over the whole fleet, and of `urls` each has its own. */
export function backendsOf(scenario: Pick<Scenario, 'fleet'>): BackendSpec[] {
  const specs: BackendSpec[] = [];
  for (const { count: copies, ...entry } of scenario.fleet)
    for (let i = 1; i <= (copies ?? 1); i++) {
      const { urls } = entry.own ?? {};
      const own = urls && { own: { ...entry.own!, urls: urls.slice(i - 1, i) } };
      const id = copies === undefined ? entry.id : `${entry.id}-${i}`;
      specs.push({ ...entry, ...own, id, index: specs.length });
    }
  return specs;
}
