/** What a capacity is the capacity for: `p99 < 100ms, errorRate < 0.1%`. */
import { limitOf, type Metric, metrics } from '../../scenarios/metrics.ts';
import { didYouMean } from '../../scenarios/suggest.ts';

/** One limit, in the metric's unit: ms, requests per second, a share or a count. */
export interface Limit {
  readonly metric: Metric;
  readonly below?: number;
  readonly above?: number;
  /** As it was written. */
  readonly text: string;
}

/** Limits in the order they are written; or what is wrong with one of them, in a sentence. */
export function parseObjective(text: string): Limit[] | { message: string } {
  const limits: Limit[] = [];
  for (const part of text.split(',')) {
    const [, metric, sign, value] = /^\s*([A-Za-z0-9]+)\s*([<>])\s*(\S.*?)\s*$/.exec(part) ?? [];
    if (metric === undefined || sign === undefined || value === undefined)
      return { message: `expected METRIC < LIMIT, such as p99 < 100ms, got ${JSON.stringify(part.trim())}` };
    if (!isMetric(metric))
      return {
        message: `expected a metric (${metrics.slice(0, 8).join(', ')}, …), got ${metric}${didYouMean(metric, metrics)}`,
      };
    const limit = limitOf(metric, Number.isNaN(Number(value)) ? value : Number(value));
    if (typeof limit !== 'number') return limit;
    limits.push({ metric, [sign === '<' ? 'below' : 'above']: limit, text: `${metric} ${sign} ${value}` });
  }
  return limits;
}

const isMetric = (name: string): name is Metric => (metrics as readonly string[]).includes(name);
