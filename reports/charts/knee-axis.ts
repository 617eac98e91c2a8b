/** What was swept, in words and as a horizontal axis: offered load where it is one, else the scenario's own name for it. */
import type { Sweep } from '../sweep.ts';
import type { Spec } from './chart.ts';
import { logTicks } from './theme.ts';

export interface KneeAxis {
  /** `95%`, `1,200/s`, `50`, `200 ms`. */
  word(value: number): string;
  /** `at 95% load`, `with balancer.count = 50`. */
  phrase(value: number): string;
  title: string;
  scale: Spec;
  axis: Spec;
  /** The value that stands `px` to the right of the last one. */
  beyond(px: number): number;
}

const grouped = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: 6 });
const percent = (value: number) => `${Number((value * 100).toPrecision(4))}%`;

/** Ends further apart than this are drawn on a logarithmic axis. */
const wide = 100;

/** @param width of the plot, px */
export function kneeAxis(
  { path, unit, values }: Pick<Sweep, 'path' | 'unit' | 'values'>,
  width: number,
): KneeAxis {
  const [first, last] = domainOf(values);
  const log = first > 0 && last / first >= wide;
  const own = { '': '', ms: ' ms', '/s': '/s', '%': '%' }[unit];
  const load: Record<string, Pick<KneeAxis, 'word' | 'phrase' | 'title'>> = {
    'load.open.utilization': {
      word: percent,
      phrase: (value) => `at ${percent(value)} load`,
      title: 'offered load, share of capacity',
    },
    'load.open.rate': {
      word: (value) => `${grouped(value)}/s`,
      phrase: (value) => `at ${grouped(value)} requests/s`,
      title: 'offered load, requests per second',
    },
  };
  const words = load[path] ?? {
    word: (value: number) => `${grouped(value)}${own}`,
    phrase: (value: number) => `with ${path} = ${grouped(value)}${own}`,
    title: own.trim() === '' ? path : `${path}, ${own.trim()}`,
  };
  const range = { domain: [first, last], range: [0, width], nice: false };
  return {
    ...words,
    scale: log ? { type: 'log', ...range } : range,
    axis: {
      title: words.title,
      // Beside a plot narrower than its title: Vega reckons with letters wider than they are, and would make room at the left.
      titleAnchor: 'start',
      format: path === 'load.open.utilization' ? '~p' : '~s',
      labelFlush: false,
      ...(log ? { values: logTicks([first, last]) } : { tickCount: 5 }),
    },
    beyond: (px) => (log ? last * (last / first) ** (px / width) : last + ((last - first) * px) / width),
  };
}

/** Around a single value there has to be something. */
function domainOf(values: readonly number[]): [number, number] {
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 1];
  if (first < last) return [first, last];
  return first === 0 ? [-1, 1] : [first * 0.9, first * 1.1];
}
