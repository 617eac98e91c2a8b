/** `summary.md`: for a CI step summary or a pull request. Tables only, far below GitHub's limit of 1,000 KB. */
import { agreementSentence, agreementTable } from '../agreement-table.ts';
import { compare } from '../comparison.ts';
import { costTable, courseTable, type FaultTable } from '../fault-tables.ts';
import type { Report } from '../judge.ts';
import { inUnit, percent, plural } from '../numbers.ts';
import { regretTable } from '../regret-table.ts';
import { define } from './format.ts';

/** Text that stays text: whatever Markdown, or the HTML inside it, would read as markup is escaped. */
export function text(raw: string): string {
  return raw
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+!|~$@]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

function table(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column < left ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function comparison({ summary }: Report): string {
  const { columns, rows } = compare(summary);
  const body = rows.map(({ place, contender, note, cells }) => [
    place === undefined ? '–' : String(place),
    note === undefined ? text(contender) : `${text(contender)} (${text(note)})`,
    ...cells.map((cell) => (cell.best ? `**${cell.text}**` : cell.text)),
  ]);
  return table(['', 'contender', ...columns.map(({ label }) => label)], body, 2);
}

/** Rows beyond these are in `summary.json` only: faults that come again and again. */
const mostFaults = 200;

function failovers({ summary }: Report): string {
  const [course, cost] = [courseTable(summary), costTable(summary)];
  const printed = ({ columns, rows }: FaultTable) =>
    table(
      ['contender', 'fault', ...columns],
      rows
        .slice(0, mostFaults)
        .map(({ contender, fault, cells }) => [text(contender), text(fault), ...cells]),
      2,
    );
  const more = course.rows.length - mostFaults;
  return course.rows.length === 0
    ? ''
    : `
### Faults

${printed(course)}

Durations count from the fault taken; those of the return from the heal.

${printed(cost)}
${more > 0 ? `\n${plural(more, 'row')} more in \`summary.json\`.\n` : ''}`;
}

function regrets({ summary }: Report): string {
  const { columns, rows } = regretTable(summary);
  const cells = rows.map(([name, ...rest]) => [text(name!), ...rest]);
  return rows.length === 0 ? '' : `\n### Regret\n\n${table(columns, cells)}\n`;
}

function agreement({ summary }: Report): string {
  if (summary.agreement === undefined) return '';
  const { columns, rows } = agreementTable(summary);
  const cells = rows.map(([name, ...rest]) => [text(name!), ...rest]);
  const said = text(agreementSentence(summary.agreement.findings));
  return `\n### Measured and simulated\n\n${said}\n\n${table(columns, cells)}\n`;
}

function twins({ summary }: Report): string {
  const rows = summary.contenders.flatMap(({ name, simulated: it }) =>
    it === undefined
      ? []
      : [
          [
            text(name),
            inUnit(it.ok, 'requests'),
            inUnit(it.sameOutcome, 'share'),
            inUnit(it.sameBackend, 'share'),
            ...[it.absoluteMs?.mean, it.absoluteMs?.p99, it.biasMs].map((value) => inUnit(value, 'ms')),
          ],
        ],
  );
  const head = ['contender', 'ok in both', 'same outcome', 'same backend'];
  const errors = ['mean absolute error', 'p99 of it', 'mean error'];
  return rows.length === 0
    ? ''
    : `\n### Measured against simulated, request by request\n\n${table([...head, ...errors], rows)}\n`;
}

export default define({
  about: 'tables for a step summary',
  file: 'summary.md',
  create(report) {
    const { run, summary } = report;
    const { verdict, audit } = summary;
    const marks = { pass: 'pass', fail: '**fail**', unknown: 'unknown' };
    const expectations =
      verdict.expectations.length === 0
        ? ''
        : `\n### Expectations\n\n${table(
            ['', 'expectation', 'measured'],
            verdict.expectations.map((it) => [marks[it.status], text(it.expectation), text(it.detail)]),
            3,
          )}\n`;
    const findings = audit.findings.map((it) => [
      it.ok === null ? 'unknown' : it.ok ? 'ok' : '**broken**',
      text(it.check),
      text(it.detail),
    ]);
    const notes = run.notes.map((note) => `\n> ${text(note)}\n`).join('');
    const environment =
      run.driver === 'simulation'
        ? `Simulated in virtual time, seed ${run.seed}`
        : `${text(run.driver)} driver, ${run.environment.cpus} × ${text(run.environment.cpuModel)}, Node ${text(run.environment.node)}, seed ${run.seed}, ${percent(run.timing?.overhead ?? 0)} overhead`;
    return `## ${text(summary.scenario)}: ${text(verdict.sentence)}
${notes}${summary.status === 'complete' ? '' : `\n**This run is ${summary.status}.**\n`}
${comparison(report)}

Best of a column in bold. ${environment}.
${expectations}${failovers(report)}${regrets(report)}${agreement(report)}${twins(report)}
### Audit

${table(['', 'check', 'finding'], findings, 3)}
`;
  },
});
