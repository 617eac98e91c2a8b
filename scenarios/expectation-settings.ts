/**
 * What a scenario may expect: a metric within limits, one contender better than another, or several equal. Of the whole window unless
 * a phase is named; of the worst fault unless one is chosen by its position in `faults`, from 0.
 */
import { z } from 'zod';
import { limitOf, metrics } from './metrics.ts';
import { share } from './units.ts';

const names = z.union([z.string(), z.array(z.string()).min(1)]);

const measured = {
  metric: z.enum(metrics),
  phase: z.enum(['before', 'during', 'after']).optional().describe('of the first fault'),
  fault: z.int().min(0).optional().describe('its position in `faults`, from 0; the worst unless given'),
  backend: names.optional().describe('of a share: id or zone:a, or several together'),
};

const limit = z
  .union([z.number(), z.string()])
  .describe('in the unit of the metric: 250ms, 1%, 800/s; a bare number where it is a count');

const limited = z
  .strictObject({
    ...measured,
    contender: names.default('all'),
    below: limit.optional(),
    above: limit.optional(),
  })
  .transform(({ below, above, ...it }, context) => {
    if (below === undefined && above === undefined)
      context.addIssue({ code: 'custom', message: 'expected `below` or `above`, got neither' });
    const limits: { below?: number; above?: number } = {};
    for (const [key, value] of Object.entries({ below, above })) {
      if (value === undefined) continue;
      const parsed = limitOf(it.metric, value);
      if (typeof parsed === 'number') limits[key as 'below' | 'above'] = parsed;
      else context.addIssue({ code: 'custom', path: [key], message: parsed.message });
    }
    return { ...it, ...limits };
  });

const better = z.strictObject({
  ...measured,
  better: z.string(),
  than: z.string(),
  by: share.optional().describe('at least this much better'),
});

const equal = z.strictObject({
  ...measured,
  equal: names.describe('a contender, several, or all'),
  to: names.optional().describe('others'),
  within: share.describe('the largest is at most this much above the smallest'),
});

export const expectation = z.union([limited, better, equal]);
