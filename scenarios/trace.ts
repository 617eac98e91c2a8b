/**
 * `load.open.trace`: arrivals as they were recorded, one a row, instead of a law. Times count from t = 0, the end of the
 * warm-up; rows of the warm-up have negative times, and a trace without any warms nothing up. What a row does not say
 * (key, client, region, request) is drawn as for any other load. A scenario names a file, which `trace-file.ts` reads, or
 * lists the times.
 */
import { z } from 'zod';
import { show } from './show.ts';
import { parseDuration } from './units.ts';

/** Column by column, all of one length; an empty cell is drawn. */
export interface Trace {
  /** As the scenario names it; absent for a list of times. */
  readonly file?: string;
  /** ms from t = 0, ascending. */
  readonly at: readonly number[];
  readonly key?: readonly string[];
  readonly client?: readonly string[];
  readonly region?: readonly string[];
  /**
   * What is asked for. A row that says any of it says all of it: what it leaves open is GET, /, no body and the host of the
   * balancer.
   */
  readonly path?: readonly string[];
  readonly method?: readonly string[];
  /** Bytes of the request body. */
  readonly body?: readonly string[];
  readonly host?: readonly string[];
}

/** What of a load says which part of its trace is measured; `requests` is always there once a scenario is loaded without `duration`. */
interface Measured {
  readonly duration?: number | undefined;
  readonly requests?: number | undefined;
}

/** `250ms`, `-1.5s`, `0` in ms; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  if (!text.startsWith('-')) return parseDuration(text);
  const ms = parseDuration(text.slice(1));
  return ms === undefined ? undefined : 0 - ms;
}

const times = z
  .array(
    z.union([
      z.string().meta({ pattern: '^(-?\\d+(\\.\\d+)?\\s*(us|ms|s|m|h)|0)$', examples: ['250ms'] }),
      z.literal(0),
    ]),
  )
  .min(1)
  .transform((items, context) => {
    const at: number[] = [];
    for (const [i, item] of items.entries()) {
      const ms = parseTime(String(item));
      const before = at.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (ms === undefined || ms < before) {
        const expected =
          ms === undefined
            ? 'a time from t = 0 with its unit, such as 250ms'
            : `times in ascending order, so ${before}ms or later`;
        context.addIssue({
          code: 'custom',
          path: [i],
          message: `expected ${expected}, got ${show(item)}`,
        });
        return z.NEVER;
      }
      at.push(ms);
    }
    return { at };
  });

const file = z
  .string()
  .min(1)
  .max(4000)
  .transform((path) => ({ file: path, at: [] as number[] }));

/** A file is only named here, and has no rows until the loader has read it. */
export const trace = z.union([file, times]).transform((it): Trace => it);

/** Whether its rows say what is asked for. */
export const tellsRequests = (it: Trace | undefined): boolean =>
  it !== undefined && (it.path ?? it.method ?? it.body ?? it.host) !== undefined;

/** The row of the first request that is measured; the number of rows where none is. */
export function firstMeasured({ at }: Trace): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at[middle]! < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The measured window, ms: `duration`, or until the last of `requests` rows. */
export function traceLength(it: Trace, { duration, requests }: Measured): number {
  if (duration !== undefined) return duration;
  const last = requests === undefined ? it.at.length - 1 : firstMeasured(it) + requests - 1;
  return Math.max(0, it.at[Math.min(last, it.at.length - 1)] ?? 0);
}

/** Requests per second over the measured window; 0 for an empty one. */
export function traceRate(it: Trace, measured: Measured): number {
  const length = traceLength(it, measured);
  if (length === 0) return 0;
  const from = firstMeasured(it);
  const rows = measured.duration === undefined ? measured.requests : undefined;
  let to = from + (rows ?? 0);
  if (rows === undefined) for (to = from; to < it.at.length && it.at[to]! < length; ) to++;
  return ((Math.min(to, it.at.length) - from) * 1000) / length;
}
