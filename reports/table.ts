/**
 * The comparison as plain text for a terminal: aligned columns, no colour and no box drawing, so that it survives NO_COLOR, a pipe and
 * a screen reader. A star marks the best of a column. Ends with what the audit found wrong, as no number above it can be relied on then.
 */
import { compare } from './comparison.ts';
import type { Summary } from './summary.ts';

/** Lines without a trailing newline. */
export function comparisonTable(summary: Summary): string {
  const { columns, rows } = compare(summary);
  const head = ['', 'contender', ...columns.map(({ label, short }) => short ?? label)];
  const body = rows.map(({ place, contender, cells }) => [
    place === undefined ? '-' : String(place),
    contender,
    ...cells.map(({ text, best }) => (best ? `*${text}` : text)),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (column === 1 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const notes = rows.flatMap(({ contender, note }) => (note === undefined ? [] : [`${contender}: ${note}`]));
  const starred = rows.some(({ cells }) => cells.some(({ best }) => best));
  const wrong = summary.audit.findings.filter(({ ok }) => ok === false);
  return [
    line(head),
    ...body.map(line),
    '',
    ...(starred ? ['* best of its column'] : []),
    ...(summary.driver === 'simulation' ? ['simulated, in virtual time'] : []),
    ...notes,
    ...(wrong.length > 0 ? ['', 'The recording fails its own audit:'] : []),
    ...wrong.map(({ check, detail }) => `  ${check}: ${detail}`),
  ].join('\n');
}

/** What a person reads last in a terminal: the table, the verdict in its sentence, and each expectation that was not met. */
export function conclusion(summary: Summary): string {
  const unmet = summary.verdict.expectations.filter(({ status }) => status !== 'pass');
  const word = { fail: 'not met', unknown: 'unknown', pass: 'met' } as const;
  return [
    comparisonTable(summary),
    '',
    summary.verdict.sentence,
    ...unmet.map(
      ({ expectation, status, detail }) => `Expectation ${word[status]}: ${expectation} (${detail})`,
    ),
  ].join('\n');
}
