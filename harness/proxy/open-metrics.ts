/**
 * Metrics as text: OpenMetrics 1.0 (RFC-style specification at prometheus.io/docs/specs/om), or the Prometheus format 0.0.4 that
 * came before it, which names counters with their suffix and knows no units, state sets or end.
 */

export type Labels = Readonly<Record<string, string>>;

/** One number of a family: suffix after the family's name, labels, value. */
export interface Sample {
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info' | 'stateset';
  /** The name must end with it. */
  readonly unit?: 'seconds' | 'bytes';
  readonly help: string;
  /** Those of one label set together; buckets ascending. Counters have the suffix `_total`, infos `_info`. */
  readonly samples: readonly Sample[];
}

/** Upper ends of the buckets, s: from a tenth of the usual answer of a local backend to the slowest that still is one. */
export const bucketEnds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How many fell into each bucket, the last without an end; and their sum, s. */
export class Histogram {
  readonly counts = new Float64Array(bucketEnds.length + 1);
  sum = 0;

  add(seconds: number): void {
    this.sum += seconds;
    let at = 0;
    while (at < bucketEnds.length && seconds > bucketEnds[at]!) at++;
    this.counts[at]!++;
  }

  /** The samples of a histogram family, for one label set. */
  samples(labels: Labels = {}): Sample[] {
    let total = 0;
    const buckets = [...bucketEnds, Number.POSITIVE_INFINITY].map((end, i): Sample => {
      total += this.counts[i]!;
      return { suffix: '_bucket', labels: { ...labels, le: number(end) }, value: total };
    });
    return [
      ...buckets,
      { suffix: '_count', labels, value: total },
      { suffix: '_sum', labels, value: this.sum },
    ];
  }
}

/** The whole text. Families without samples are left out. */
export function metricsText(families: readonly Family[], openMetrics: boolean): string {
  const lines: string[] = [];
  for (const { name, type, unit, help, samples } of families) {
    if (samples.length === 0) continue;
    const [said, kind] = openMetrics ? [name, type] : before[type](name);
    lines.push(`# TYPE ${said} ${kind}`);
    if (unit !== undefined && openMetrics) lines.push(`# UNIT ${said} ${unit}`);
    lines.push(`# HELP ${said} ${openMetrics ? escaped(help) : help.replaceAll('\\', '\\\\')}`);
    for (const it of samples)
      lines.push(`${name}${it.suffix ?? ''}${labelText(it.labels)} ${valueText(it.value)}`);
  }
  if (openMetrics) lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** A family's name and type in the format before. */
const before: Record<Family['type'], (name: string) => [string, string]> = {
  counter: (name) => [`${name}_total`, 'counter'],
  info: (name) => [`${name}_info`, 'gauge'],
  stateset: (name) => [name, 'gauge'],
  gauge: (name) => [name, 'gauge'],
  histogram: (name) => [name, 'histogram'],
};

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function labelText(labels: Labels = {}): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const valueText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);

/** A bucket's end: always with a decimal point, so that every scraper reads the same text for the same bucket. */
const number = (end: number): string => (Number.isInteger(end) ? `${end}.0` : valueText(end));
