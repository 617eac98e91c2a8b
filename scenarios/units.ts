/** Durations, rates and shares as they are written in a scenario, and as numbers. Units are required: `5` says nothing. */
import { z } from 'zod';
import { show } from './show.ts';

const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const seconds: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** Parses `250us`, `10ms`, `1.5s`, `2m`, `1h` or a bare `0` to milliseconds; undefined when it is none of them. */
export function parseDuration(text: string | number): number | undefined {
  if (text === 0 || text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)$/.exec(String(text));
  return match ? Number(match[1]) * milliseconds[match[2]!]! : undefined;
}

/** Parses `800/s`, `1.5k/s`, `60/m` to requests per second. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k?)\s*\/\s*(s|m|h)$/.exec(text);
  return match ? (Number(match[1]) * (match[2] ? 1000 : 1)) / seconds[match[3]!]! : undefined;
}

/** Parses `5%` or a number to a share of one. */
export function parseShare(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  return match ? Number(match[1]) / 100 : undefined;
}

interface Unit<T> {
  /** What the error says was expected. */
  readonly what: string;
  /** For editors: the JSON Schema's `pattern` of the text. */
  readonly pattern: string;
  readonly examples: readonly string[];
  /** Numbers that need no unit. */
  readonly bare?: z.ZodType<number>;
  parse(text: string | number): T | undefined;
}

function parsed<T>({ what, pattern, examples, bare = z.number(), parse }: Unit<T>) {
  const refuse = (got: unknown) => `expected ${what}, got ${show(got)}`;
  return z
    .union([z.string().meta({ pattern, examples: [...examples] }), bare], {
      error: ({ input }) => (input === undefined ? `${refuse(input)}: the key is missing` : refuse(input)),
    })
    .transform((text, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: refuse(text) });
      return z.NEVER;
    });
}

/** Timers hold 24 days at most, and no run lasts a week. */
const week = 7 * 24 * 3_600_000;
const durations = {
  pattern: '^(\\d+(\\.\\d+)?\\s*(us|ms|s|m|h)|0)$',
  examples: ['250ms', '1.5s', '2m'],
  bare: z.literal(0),
};

/** A duration, in milliseconds once parsed. */
export const duration = parsed({
  ...durations,
  what: 'a duration with its unit, such as 250ms, 1.5s or 2m, of at most a week',
  parse: (text) => within(parseDuration(text), 0, week),
});
/** A duration above zero, in milliseconds once parsed. */
export const positiveDuration = parsed({
  ...durations,
  what: 'a duration above 0 with its unit, such as 250ms, 1.5s or 2m, of at most a week',
  parse: (text) => within(parseDuration(text), Number.MIN_VALUE, week),
});
/** A rate, in requests per second once parsed. */
export const rate = parsed({
  what: 'a rate above 0 with its unit, such as 800/s, of at most 10000k/s',
  pattern: '^\\d+(\\.\\d+)?k?\\s*/\\s*(s|m|h)$',
  examples: ['800/s', '1.5k/s'],
  parse: (text) => within(parseRate(String(text)), Number.MIN_VALUE, 10_000_000),
});
/** A share of one: `0.3` or `30%`. */
export const share = parsed({
  what: 'a share from 0 to 1, such as 30% or 0.3',
  pattern: '^\\d+(\\.\\d+)?\\s*%$',
  examples: ['30%'],
  parse: (text) => within(parseShare(text), 0, 1),
});

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}
