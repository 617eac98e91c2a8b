/**
 * `load.open.trace`: arrivals as they were recorded, one a row, instead of a law. Times count from t = 0, the end of the
 * warm-up; rows of the warm-up have negative times, and a trace without any warms nothing up. What a row does not say
 * (key, client, region, path) is drawn as for any other load.
 */
import { z } from 'zod';
import { show } from './show.ts';
import { parseDuration } from './units.ts';

/** Column by column, all of one length; an empty cell is drawn. */
export interface Trace {
  /** As the scenario names it; absent for a list of times. Filled in by the loader. */
  readonly file?: string;
  /** ms from t = 0, ascending. */
  readonly at: readonly number[];
  readonly key?: readonly string[];
  readonly path?: readonly string[];
  readonly region?: readonly string[];
  readonly client?: readonly string[];
}

/** `250ms`, `-1.5s`, `0`; in ms. Undefined for anything else. */
export function parseTime(text: string | number): number | undefined {
  if (typeof text === 'number') return text === 0 ? 0 : undefined;
  const negative = text.startsWith('-');
  const ms = parseDuration(negative ? text.slice(1) : text);
  return ms === undefined || !negative ? ms : 0 - ms;
}

const time = z
  .union([
    z.string().meta({ pattern: '^(-?\\d+(\\.\\d+)?\\s*(us|ms|s|m|h)|0)$', examples: ['250ms'] }),
    z.literal(0),
  ])
  .transform((text, context): number => {
    const ms = parseTime(text);
    if (ms !== undefined) return ms;
    context.addIssue({
      code: 'custom',
      message: `expected a time from t = 0 with its unit, such as 250ms, got ${show(text)}`,
    });
    return z.NEVER;
  });

/** A file is only named here: the loader reads it. */
export const trace = z
  .union([z.string().min(1).max(4000), z.array(time).min(1)])
  .transform((it): Trace => (typeof it === 'string' ? { file: it, at: [] } : { at: it }));
