/** What a balancer can do beyond checks and retries, each part of the `balancer` section and off unless it is given. */
import { z } from 'zod';
import { count } from './names.ts';
import { positiveDuration, share } from './units.ts';

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
