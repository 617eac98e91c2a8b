/** A comparison of two runs as people read it: in a terminal, and as Markdown in a step summary. */
import { aligned } from './aligned.ts';
import { plural } from './numbers.ts';
import type { ContenderComparison, RunComparison } from './regression.ts';
import type { MetricVerdict } from './statistics/gate.ts';

const labels: Record<string, string> = { missed: 'failed or late' };
const label = (metric: string) => labels[metric] ?? metric;

/** `+12.3%` of a ratio, `+0.42 points` of a share; a dash where there is no number. Above 0 is worse. */
function change({ scale }: MetricVerdict, value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value === Number.POSITIVE_INFINITY) return '∞';
  if (value === Number.NEGATIVE_INFINITY || (scale === 'ratio' && value === 0)) return '−∞';
  const points = scale === 'ratio' ? (value - 1) * 100 : value * 100;
  const text = Math.abs(points) >= 100 ? points.toFixed(0) : points.toFixed(scale === 'ratio' ? 1 : 2);
  return `${points >= 0 ? '+' : ''}${text}${scale === 'ratio' ? '%' : ' points'}`;
}

/** One row a metric: name, how much worse, its one-sided bounds, what could have been found, the verdict. */
function cells(it: MetricVerdict): string[] {
  return [
    label(it.metric),
    change(it, it.estimate),
    `[${change(it, it.lower)}, ${change(it, it.upper)}]`,
    Number.isFinite(it.detectable) ? change(it, it.detectable) : 'nothing',
    it.verdict,
  ];
}

const head = ['metric', 'worse by', '95% bounds', 'would find', 'verdict'];

/** The verdict in a sentence, with what to do where there is none. */
export function comparisonSentence({ verdict, contenders, tolerance }: RunComparison): string {
  const rounds = Math.min(...contenders.map((it) => it.rounds));
  const least = Math.max(...contenders.map((it) => it.fewest));
  const tolerated = `${(tolerance.ratio * 100).toFixed(0)}%`;
  const over = `over ${plural(rounds, 'paired round')}`;
  if (verdict === 'regressed') {
    const worst = contenders.flatMap((it) =>
      it.metrics
        .filter((one) => one.verdict === 'regressed')
        .map((one) => `${it.contender} ${label(one.metric)} ${change(one, one.estimate)}`),
    );
    return `Regressed: ${worst.join(', ')}, where ${tolerated} is tolerated, ${over}.`;
  }
  if (verdict === 'pass') return `Passed: no metric is worse by ${tolerated} or more, ${over}.`;
  if (rounds < least)
    return `Inconclusive: ${plural(rounds, 'paired round')} cannot decide anything; ${least} is the least, 15 are advised (--rounds 15).`;
  const effects = contenders.flatMap((it) => it.metrics.filter((one) => one.verdict === 'inconclusive'));
  const blind = effects.map((it) => `${change(it, it.detectable)} of ${label(it.metric)}`);
  return `Inconclusive ${over}: smaller changes than ${blind.slice(0, 3).join(', ')} could not have been found; more rounds would find smaller ones.`;
}

/** For a terminal. */
export function comparisonText(comparison: RunComparison): string {
  const tables = comparison.contenders.map((it) => [it.contender, ...table(it)].join('\n'));
  return [...tables, comparisonSentence(comparison), ...comparison.notes].join('\n\n');
}

function table({ metrics }: ContenderComparison): string[] {
  return aligned([head, ...metrics.map(cells)], new Set([0])).map((line) => `  ${line}`);
}

/** For a step summary: tables only. Contenders' names are plain by the schema. */
export function comparisonMarkdown(comparison: RunComparison): string {
  const tables = comparison.contenders.map((it) =>
    [
      `### ${it.contender}`,
      '',
      `| ${head.join(' | ')} |`,
      `| --- | ---: | ---: | ---: | --- |`,
      ...it.metrics.map((one) => `| ${cells(one).join(' | ')} |`),
    ].join('\n'),
  );
  const title = `## ${comparison.scenario}: ${comparison.verdict}`;
  return `${[title, comparisonSentence(comparison), ...comparison.notes, ...tables].join('\n\n')}\n`;
}
