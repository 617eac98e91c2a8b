/**
 * The comparison as plain text for a terminal: aligned columns, no colour and no box drawing, so that it survives NO_COLOR, a pipe and
 * a screen reader. A star marks the best of a column. Ends with what the audit found wrong, as no number above it can be relied on then.
 */
import { agreementSentence } from './agreement-table.ts';
import { aligned } from './aligned.ts';
import { compare } from './comparison.ts';
import { terminalTable } from './fault-tables.ts';
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
  const notes = rows.flatMap(({ contender, note }) => (note === undefined ? [] : [`${contender}: ${note}`]));
  const starred = rows.some(({ cells }) => cells.some(({ best }) => best));
  const wrong = summary.audit.findings.filter(({ ok }) => ok === false);
  return [
    ...aligned([head, ...body], new Set([1])),
    '',
    ...faultLines(summary),
    ...(starred ? ['* best of its column'] : []),
    ...(summary.driver === 'simulation' ? ['simulated, in virtual time'] : []),
    ...notes,
    ...(wrong.length > 0 ? ['', 'The recording fails its own audit:'] : []),
    ...wrong.map(({ check, detail }) => `  ${check}: ${detail}`),
  ].join('\n');
}

/** More would push the comparison out of sight; the report has them all. */
const mostFaultLines = 12;

/** The course and the cost of each fault, where they are few. */
function faultLines(summary: Summary): string[] {
  const { columns, rows } = terminalTable(summary);
  if (rows.length === 0 || rows.length > mostFaultLines) return [];
  const one = new Set(rows.map(({ fault }) => fault)).size === 1;
  const head = one ? [rows[0]!.fault, ...columns] : ['', 'fault', ...columns];
  const body = rows.map(({ contender, fault, cells }) => [contender, ...(one ? [] : [fault]), ...cells]);
  return [...aligned([head, ...body], new Set(one ? [0] : [0, 1])), ''];
}

/** What a person reads last in a terminal: the table, the verdict in its sentence, and each expectation that was not met. */
export function conclusion(summary: Summary): string {
  const unmet = summary.verdict.expectations.filter(({ status }) => status !== 'pass');
  const word = { fail: 'not met', unknown: 'unknown', pass: 'met' } as const;
  return [
    comparisonTable(summary),
    '',
    summary.verdict.sentence,
    ...(summary.agreement ? [agreementSentence(summary.agreement.findings)] : []),
    ...unmet.map(
      ({ expectation, status, detail }) => `Expectation ${word[status]}: ${expectation} (${detail})`,
    ),
  ].join('\n');
}
