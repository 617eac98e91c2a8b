/** Durations, rates and shares as they are written in a scenario, and as numbers. Units are required: `5` says nothing. */
import { z } from 'zod';

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

function parsed<T>(what: string, parse: (text: string) => T | undefined) {
  return z.union([z.string(), z.number()]).transform((text, context): T => {
    const value = parse(text as string);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${what}, got ${JSON.stringify(text)}` });
    return z.NEVER;
  });
}

/** A duration, in milliseconds once parsed. */
export const duration = parsed('a duration with its unit, such as 250ms, 1.5s or 2m', parseDuration);
/** A rate, in requests per second once parsed. */
export const rate = parsed('a rate with its unit, such as 800/s', (text) => {
  const value = parseRate(String(text));
  return value !== undefined && value > 0 ? value : undefined;
});
/** A share of one: `0.3` or `30%`. */
export const share = parsed('a share, such as 30% or 0.3', (text) => {
  const value = parseShare(text);
  return value !== undefined && value >= 0 && value <= 1 ? value : undefined;
});
