/** The faults' timeline: one strip per contender, drawn in percent so that it fits any width. */
import { counted } from '../contenders.ts';
import { courseTable, namedFault } from '../fault-tables.ts';
import { inOrder, type Report } from '../judge.ts';
import { milliseconds, plural } from '../numbers.ts';
import type { Failover, Summary } from '../summary.ts';
import { html, type Markup } from './markup.ts';
import { dataTable } from './page-charts.ts';

const seconds = (ms: number) => `${Number((ms / 1000).toFixed(2))} s`;

function strip(failovers: readonly Failover[], windowMs: number): Markup {
  const at = (ms: number) => `${((Math.min(windowMs, Math.max(0, ms)) / windowMs) * 100).toFixed(2)}%`;
  const bar = (from: number, to: number, fill: string, y: number, height: number) =>
    html`<rect x="${at(from)}" width="${at(to - from)}" y="${y}" height="${height}" fill="${fill}"/>`;
  return html`<svg role="img" aria-label="${failovers.map(spoken).join(' ')}"><rect y="9" width="100%" height="2" fill="var(--grid)"/>${failovers.map(
    ({ backends, takenMs, healedMs, detectMs, fairAgainMs, unknown }) => {
      const healed = healedMs ?? windowMs;
      const detected = detectMs === null ? healed : takenMs + detectMs;
      const holds = bar(takenMs, healed, 'var(--band)', 2, 16);
      // What hits the load has nobody to detect.
      if (backends.length === 0) return holds;
      return html`${holds}${bar(takenMs, detected, 'var(--vermilion)', 6, 8)}${
        healedMs !== null &&
        unknown?.fairAgainMs === undefined &&
        bar(healed, healed + (fairAgainMs ?? windowMs), 'var(--blue)', 8, 4)
      }`;
    },
  )}</svg>`;
}

function spoken(failover: Failover): string {
  const { takenMs, healedMs, detectMs, fairAgainMs, unknown } = failover;
  const detected = detectMs === null ? 'never detected' : `detected after ${milliseconds(detectMs)}`;
  const healed = healedMs === null ? 'not healed' : `healed at ${seconds(healedMs)}`;
  if (failover.backends.length === 0) return `${namedFault(failover)} at ${seconds(takenMs)}: ${healed}.`;
  const fair =
    healedMs === null || unknown?.fairAgainMs !== undefined
      ? ''
      : fairAgainMs === null
        ? ', no fair share again'
        : `, fair share again after ${milliseconds(fairAgainMs)}`;
  return `${namedFault(failover)} at ${seconds(takenMs)}: ${detected}, ${healed}${fair}.`;
}

/** More rows than these are folded away until somebody asks for them. */
const mostInSight = 20;

function course(summary: Summary): Markup {
  const { columns, rows } = courseTable(summary);
  return html`<details${rows.length <= mostInSight && html` open`}><summary>In order: what happened when, from the fault taken; the return from the heal</summary>${dataTable(
    {
      columns: ['contender', 'fault', ...columns],
      rows: rows.map(({ contender, fault, cells }) => [contender, fault, ...cells]),
    },
  )}</details>`;
}

export function faultsSection({ run, folds, summary }: Report): Markup {
  const { faults } = run.scenario;
  if (faults.length === 0) return html``;
  const windowMs = Math.max(1, ...folds.map(({ trial }) => trial.windowMs));
  const lived = inOrder(summary).flatMap((name) => {
    const own = counted(folds.filter(({ trial }) => trial.contender === name));
    const failover = own[0]?.failover ?? [];
    return failover.length === 0 ? [] : [{ name, failover }];
  });
  const ticks = Array.from({ length: 5 }, (_, i) => i / 4);
  return html`<section>
<h2>${plural(faults.length, 'fault')} in ${seconds(windowMs)}</h2>
<p>${faults.map(
    ({ kind, on, at, until }, i) =>
      html`${i > 0 && ' '}A ${namedFault({ kind, backends: [on ?? []].flat() })} was planned for ${seconds(at)}${
        until === undefined ? ' until the end' : ` until ${seconds(until)}`
      }.`,
  )}</p>
<ul class="legend"><li><svg viewBox="0 0 28 12" aria-hidden="true"><rect width="28" height="12" fill="var(--band)"/></svg>the fault holds</li><li><svg viewBox="0 0 28 12" aria-hidden="true"><rect y="2" width="28" height="8" fill="var(--vermilion)"/></svg>not yet detected</li><li><svg viewBox="0 0 28 12" aria-hidden="true"><rect y="4" width="28" height="4" fill="var(--blue)"/></svg>healed, without its fair share yet</li></ul>
<div class="strips">${lived.map(
    ({ name, failover }) => html`<span>${name}</span><div>${strip(failover, windowMs)}</div>`,
  )}<span aria-hidden="true"></span><div><svg class="axis" aria-hidden="true">${ticks.map(
    (part) =>
      html`<text x="${part * 100}%" y="13" text-anchor="${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}">${seconds(part * windowMs)}</text>`,
  )}</svg></div></div>
${lived.length > 0 && course(summary)}
</section>`;
}
