/** Numbers as people read them: three significant digits at most, a unit always, never a false zero. */
import type { Unit } from './metrics.ts';

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

function plain(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return grouped.format(value);
  if (size >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

/** `41.2 ms`, `1,240 ms`, `12.4 s` from ten seconds on. */
export function milliseconds(value: number): string {
  return Math.abs(value) >= 10_000 ? `${plain(value / 1000)} s` : `${plain(value)} ms`;
}

export function perSecond(value: number): string {
  return `${plain(value)}/s`;
}

/** `0.02%`; what is not nothing is never printed as 0%. */
export function percent(share: number): string {
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 0.01) return '<0.01%';
  return `${Math.abs(value) >= 99.95 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value === 0 ? '0' : value.toFixed(2)}%`;
}

export function count(value: number): string {
  return Number.isInteger(value) || value >= 100 ? grouped.format(value) : value.toFixed(1);
}

/** Of no unit: a factor, a mean, how often. */
function number(value: number): string {
  return Math.abs(value) >= 99.95 ? grouped.format(value) : String(Number(value.toFixed(3)));
}

/** Infinity is `never`, undefined and null a dash. */
export function inUnit(value: number | null | undefined, unit: Unit): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  if (value === Number.POSITIVE_INFINITY) return 'never';
  const print = { ms: milliseconds, '/s': perSecond, share: percent, requests: count, number }[unit];
  return print(value);
}

/** A limit as it was written: `1%`, not `1.00%`. */
export function asLimit(value: number, unit: Unit): string {
  return inUnit(value, unit)
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '');
}

/** `1 round`, `3 rounds`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
