/** What a balancer does about failures beyond checks: parts of the `balancer` section. */
import { z } from 'zod';
import { count, name } from './names.ts';
import { duration, positiveDuration, rate, share } from './units.ts';

export const slowStart = z
  .union([
    z.literal(false),
    z.strictObject({
      window: positiveDuration.describe('until its whole weight counts'),
      aggression: z.number().positive().max(100).default(1).describe('1 is linear, above it quick at first'),
      min: share.prefault('10%').describe('least share of the weight'),
      steps: count.max(1000).default(10).describe('changes of the weight over the window'),
    }),
  ])
  .default(false)
  .describe(
    'a backend that joins or comes back gets its share little by little; strategies that weigh heed it',
  );

export const retries = z
  .strictObject({
    max: z.int().min(0).max(10).default(1),
    on: z
      .array(z.enum(['unreachable', 'reset', 'timeout']))
      .default(['unreachable', 'reset'])
      .describe('how an attempt must have ended to be tried again'),
    statuses: z
      .array(z.int().min(400).max(599))
      .default([])
      .describe('a response of one of these is not passed on while another try is allowed'),
    elsewhere: z
      .boolean()
      .default(true)
      .describe('not on a backend that the request has tried, while there is another'),
    budget: z
      .union([
        z.literal(false),
        z.strictObject({
          share: share.prefault('20%').describe('retries per request'),
          min: rate.prefault('10/s').describe('retries, whatever the load'),
        }),
      ])
      .prefault({})
      .describe('most retries the balancer adds to the load, over ten seconds'),
    backoff: z
      .union([
        z.literal(false),
        z.strictObject({
          base: positiveDuration.prefault('25ms'),
          max: positiveDuration.prefault('250ms'),
        }),
      ])
      .default(false)
      .describe('a retry waits anything up to base, then twice as long, at most max'),
  })
  .prefault({})
  .describe('where idempotent or nothing was sent, on another backend unless told otherwise');

export const queue = z
  .union([
    z.literal(false),
    z.strictObject({
      length: count.max(1_000_000).default(1024).describe('one more is answered 503'),
      timeout: positiveDuration.optional().describe('then 503; as long as connectTimeout unless given'),
    }),
  ])
  .default(false)
  .describe('where requests wait when every backend has maxInFlight');

export const passive = z
  .union([
    z.literal(false),
    z.strictObject({
      failures: count.default(3).describe('connection failures, resets and timeouts in a row'),
      errors: z.boolean().default(false).describe('a complete response of 500 or above counts too'),
      ejection: duration.prefault('10s').describe('how long, where no active check brings it back'),
      maxEjection: duration
        .optional()
        .describe('each further one is longer by `ejection`, up to this; unless given, all are equally long'),
      maxEjected: share.prefault('100%').describe('share of the backends that may be out; one always may'),
    }),
  ])
  .prefault({})
  .describe('mark down on what real requests meet');

export const outlier = z
  .union([
    z.literal(false),
    z.strictObject({
      interval: positiveDuration.prefault('10s').describe('between two looks at what has ended'),
      ejection: positiveDuration.prefault('30s').describe('the first; each further one is longer by this'),
      maxEjection: duration.prefault('300s').describe('the longest'),
      maxEjected: share.prefault('10%').describe('share of the backends that may be out; one always may'),
      successRate: z
        .union([
          z.literal(false),
          z.strictObject({
            factor: z
              .number()
              .positive()
              .max(100)
              .default(1.9)
              .describe('standard deviations below the mean'),
            hosts: count.default(5).describe('least number with enough requests'),
            requests: count.default(100).describe('that ended in an interval, to be compared'),
          }),
        ])
        .prefault({})
        .describe('below the others; cannot see more than 1/(1 + factor²) of them, 21.7% by default'),
      failurePercentage: z
        .union([
          z.literal(false),
          z.strictObject({
            threshold: share.prefault('85%').describe('that failed'),
            hosts: count.default(5).describe('least number with enough requests'),
            requests: count.default(50).describe('that ended in an interval, to be judged'),
          }),
        ])
        .default(false)
        .describe('whatever the others do'),
    }),
  ])
  .default(false)
  .describe('leave out for a while who answers much worse than the others, whatever checks say');

export const panic = z
  .union([z.literal(false), z.strictObject({ below: share.prefault('50%') })])
  .default(false)
  .describe('use all backends when less than this share of them is available');

export const breaker = z
  .union([
    z.literal(false),
    z.strictObject({
      failures: count.default(5).describe('in a row, to open'),
      errors: z.boolean().default(true).describe('a complete response of 500 or above is one'),
      open: positiveDuration.prefault('5s').describe('until trials are let through'),
      trials: count.max(1000).default(1).describe('all of them must go well to close'),
    }),
  ])
  .default(false)
  .describe('of each backend: let nothing through after failures in a row, then a few trials');

/** What the balancer answers of its own accord where no backend has. */
const ownFailure = z.union([z.literal(502), z.literal(503), z.literal(504)]);

export const fallback = z
  .union([
    z.literal(false),
    z
      .strictObject({
        on: z.array(ownFailure).min(1).default([502, 503, 504]).describe('what would be answered otherwise'),
        pool: name.optional().describe('one of balancer.pools, asked first, where that is safe'),
        response: z
          .strictObject({
            status: z
              .int()
              .min(200)
              .max(599)
              .refine((it) => ![204, 205, 304].includes(it), { error: 'expected a status that has a body' })
              .default(503),
            type: z
              .string()
              .regex(/^[!-~]+(?: [!-~]+)*$/, 'expected a media type, such as text/html')
              .max(200)
              .default('text/plain; charset=utf-8'),
            body: z.string().max(65_536).default(''),
          })
          .optional()
          .describe('given in the end'),
      })
      .refine((it) => it.pool !== undefined || it.response !== undefined, {
        error: 'expected a pool or a response, got neither',
      }),
  ])
  .default(false)
  .describe('instead of an error of the balancer: another pool, or a response of yours');

export const health = z
  .union([
    z.literal(false),
    z.strictObject({
      type: z
        .enum(['http', 'tcp'])
        .default('http')
        .describe('a GET that is answered well, or a connection that is accepted'),
      path: z.string().startsWith('/').default('/health').describe('of http'),
      statuses: z.array(z.int().min(200).max(599)).min(1).default([200]).describe('that pass, of http'),
      interval: positiveDuration.prefault('500ms'),
      jitter: share.prefault('0%').describe('of the interval, by which each check comes later at most'),
      timeout: positiveDuration.prefault('200ms'),
      unhealthy: count.default(3).describe('failed checks in a row'),
      healthy: count.default(2).describe('passed checks in a row'),
      assume: z.enum(['unknown', 'healthy']).default('unknown').describe('before the first verdict'),
    }),
  ])
  .prefault({})
  .describe('active health checks');

export const locality = z
  .union([
    z.literal(false),
    z.strictObject({
      zone: name
        .optional()
        .describe("the balancer's own; unless given, where balancer.zones puts it, or each client's region"),
      order: z
        .array(name)
        .optional()
        .describe('the others, nearest first; by network.latencies unless given'),
      overprovisioning: z
        .number()
        .min(1)
        .max(100)
        .default(1.4)
        .describe('a zone keeps everything while so many times its available share is 1 or more'),
    }),
  ])
  .default(false)
  .describe('keep to the own zone while it can carry the load, then spill to the next by share');
