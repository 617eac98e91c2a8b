/** The `balancer` section: how many balancers there are, what they see, and what they do about backends that fail. */
import { z } from 'zod';
import { identity } from './identity-settings.ts';
import { count, name } from './names.ts';
import {
  breaker,
  fallback,
  health,
  locality,
  outlier,
  panic,
  passive,
  queue,
  retries,
  slowStart,
} from './resilience-settings.ts';
import { routing } from './routes.ts';
import { layer, tcp } from './tcp-settings.ts';
import { tls } from './tls-settings.ts';
import { positiveDuration } from './units.ts';

const section = z.strictObject({
  count: count
    .max(1000)
    .default(1)
    .describe('balancers side by side, each with counts, checks and a seed of its own'),
  zones: z.array(name).min(1).optional().describe('where the balancers stand, in turn'),
  board: z
    .strictObject({ every: positiveDuration })
    .optional()
    .describe('strategies read in-flight counts off one shared board, refreshed so often'),
  layer,
  tcp,
  tls,
  ...identity,
  ...routing,
  health,
  passive,
  outlier,
  panic,
  breaker,
  connectTimeout: positiveDuration.prefault('500ms'),
  keepAlive: positiveDuration
    .prefault('4s')
    .describe('how long an unused connection to a backend is kept; safe where it is below the backend’s own'),
  tryTimeout: positiveDuration
    .prefault('5s')
    .describe('from sending a request to the last byte of its response'),
  timeout: positiveDuration
    .optional()
    .describe('of the whole request, retries and waiting included; none unless given'),
  retries,
  maxInFlight: z
    .union([count, z.literal('unlimited')])
    .default('unlimited')
    .describe('per backend'),
  queue,
  fallback,
  slowStart,
  locality,
});

export const balancer = section.superRefine(balancerIssues);

/** What of the section's parts does not go together. */
export function balancerIssues(
  { queue: line, maxInFlight }: Pick<BalancerSettings, 'queue' | 'maxInFlight'>,
  context: z.core.$RefinementCtx,
): void {
  if (line !== false && maxInFlight === 'unlimited')
    context.addIssue({
      code: 'custom',
      path: ['maxInFlight'],
      message: 'expected a number where there is a queue, got unlimited: nobody would ever wait',
    });
}

export type BalancerSettings = z.output<typeof section>;
