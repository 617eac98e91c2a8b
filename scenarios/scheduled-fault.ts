/**
 * One entry of `faults`: what goes wrong, to whom, when, and in which shape. `at` and `until` say when the first occurrence begins
 * and ends; `every` makes it come again (flapping), `stagger` takes its targets one after the other (rolling).
 * `occurrences.ts` spells out what comes of it.
 */
import { z } from 'zod';
import { faults } from './catalogue.ts';
import { fieldsOf, oneOf } from './fields.ts';
import { count } from './names.ts';
import { duration, positiveDuration } from './units.ts';

const shape = {
  at: duration.describe('from t = 0'),
  until: duration.optional().describe('when it is healed; otherwise at the end'),
  every: positiveDuration
    .optional()
    .describe('flapping: it begins again this long after it last began, and lasts as long as the first time'),
  times: count.optional().describe('with every: how often in all; otherwise until the end'),
  again: z
    .enum(['same', 'anew'])
    .optional()
    .describe('with every: whether random targets stay the same (unless given) or are drawn anew each time'),
  stagger: positiveDuration
    .optional()
    .describe('rolling: each further target, in fleet order, is hit and healed this much later'),
  on: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('id, zone:a, random:2, 50% or all; not of faults of the load, which hit no backend'),
};

export const scheduledFault = oneOf(
  Object.fromEntries([...faults].map(([key, it]) => [key, fieldsOf(it.options)])),
  shape,
).superRefine((it, context) => {
  const find = (key: keyof typeof shape, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  const { at, until, every, on, kind } = it;
  if (faults.get(kind)?.level === 'load') {
    for (const key of ['on', 'again', 'stagger'] as const)
      if (it[key] !== undefined)
        find(
          key,
          `expected no ${key}, as ${kind} hits the load and no backend, got ${[it[key]].flat().join(', ')}; remove it`,
        );
  } else if (on === undefined)
    find(
      'on',
      `expected whom ${kind} hits (an id, zone:NAME, random:N, N% or all), got nothing: the key is missing`,
    );
  if (until !== undefined && until <= at)
    find('until', `expected a time after \`at\` (${at}ms), got ${until}ms`);
  if (every === undefined) {
    for (const key of ['times', 'again'] as const)
      if (it[key] !== undefined)
        find(key, `expected \`every\` beside it, which says when it comes again, got ${key} alone`);
  } else if (until === undefined)
    find('every', 'expected `until` beside it, as what is never healed cannot come again, got every alone');
  else if (until > at && every <= until - at)
    find('every', `expected longer than it lasts (until − at is ${until - at}ms), got ${every}ms`);
});

export type ScheduledFault = z.output<typeof scheduledFault>;
