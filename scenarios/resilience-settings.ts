/** What a balancer does about failures beyond checks: parts of the `balancer` section. */
import { z } from 'zod';
import { count } from './names.ts';
import { positiveDuration, rate, share } from './units.ts';

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
  .describe('on another backend, where idempotent or nothing was sent');

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
