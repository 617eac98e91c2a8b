/** What was measured beside what was simulated, as a table, once for every format: contenders in the verdict's order. */
import type { Table } from './charts/chart.ts';
import { inOrder } from './judge.ts';
import { inUnit } from './numbers.ts';
import type { Finding, Summary } from './summary.ts';

/** Without rows where there are no twins. */
export function agreementTable(summary: Summary): Table {
  const all = summary.agreement?.contenders ?? [];
  const verdict = (agree: boolean | null, why: string) => (agree === null ? why : agree ? 'agree' : 'apart');
  return {
    columns: [
      'contender',
      'errors measured',
      'simulated',
      'within 1 point',
      'p99 measured',
      'simulated',
      'within 15%',
    ],
    rows: inOrder(summary).flatMap((name) => {
      const it = all.find((one) => one.name === name);
      if (it === undefined) return [];
      const { errorRate, p99Ms, overloaded } = it;
      return [
        [
          name,
          ...[errorRate.measured, errorRate.simulated].map((value) => inUnit(value, 'share')),
          verdict(errorRate.agree, '–'),
          ...[p99Ms.measured, p99Ms.simulated].map((value) => inUnit(value, 'ms')),
          verdict(p99Ms.agree, overloaded ? 'overloaded' : '–'),
        ],
      ];
    }),
  };
}

/** `same winner`, `another winner: …`: the findings in the order they are asked, as one line. */
export function agreementSentence(findings: readonly Finding[]): string {
  const apart = findings.filter(({ ok }) => ok === false);
  if (apart.length === 0) return 'Measured and simulated agree.';
  return `Measured and simulated differ: ${apart.map(({ check, detail }) => `${check} (${detail})`).join('; ')}.`;
}
