/**
 * What a benchmark claims: a number it has just measured, and the bound it must keep. Speed and memory are claims of
 * `*.bench.ts` files, never of tests. Such a file runs on its own (`node harness/load/wrk.bench.ts`) or with all the
 * others (`npm run bench`): each claim prints one line, and one that is missed makes the process end with 1.
 *
 *   claim({ what: 'p2c, n = 10', value: 52.3, unit: 'ns per pick', most: 150 });
 */

export interface Claim {
  /** What was measured, of what: `p2c, from n = 10 to n = 10,000`. */
  readonly what: string;
  /** What came out. NaN is a claim missed: what could not be measured was not shown. */
  readonly value: number;
  /** Of `value` and of its bounds, in words that follow a number: `ns per pick`, `times`, `MB`. */
  readonly unit: string;
  readonly least?: number;
  readonly most?: number;
  /** The figures behind the value, for whoever doubts it. */
  readonly detail?: string;
}

/** What the runner is told of each claim, where there is a runner. */
export interface Claimed {
  readonly type: 'claim';
  readonly line: string;
  readonly met: boolean;
}

/** Prints a claim with whether it is met, and returns that. */
export function claim(it: Claim): boolean {
  const met = isMet(it);
  const line = describe(it);
  console.log(`${met ? 'met   ' : 'MISSED'}  ${line}${it.detail === undefined ? '' : ` (${it.detail})`}`);
  if (!met) process.exitCode = 1;
  process.send?.({ type: 'claim', line, met } satisfies Claimed);
  return met;
}

export function isMet({ value, least, most }: Claim): boolean {
  if (least === undefined && most === undefined)
    throw new Error('a claim needs a bound: least, most or both');
  return value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
}

/** `p2c, n = 10: 52.3 ns per pick, at most 150`. */
export function describe({ what, value, unit, least, most }: Claim): string {
  const bounds = [
    ...(least === undefined ? [] : [`at least ${figure(least)}`]),
    ...(most === undefined ? [] : [`at most ${figure(most)}`]),
  ];
  return `${what}: ${figure(value)} ${unit}, ${bounds.join(' and ')}`;
}

/** Three digits at least, thousands grouped. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
