/** Regret: each contender's mean sojourn as the oracle's and what comes on top, drawn in percent so that it fits any width. */
import type { Report } from '../judge.ts';
import { milliseconds } from '../numbers.ts';
import { type Regretful, regretful, regretTable, times } from '../regret-table.ts';
import type { Regret } from '../summary.ts';
import { html, type Markup, unbroken } from './markup.ts';
import { dataTable } from './page-charts.ts';

const meanOf = ({ oracleMeanMs, meanMs }: Regret) => oracleMeanMs + meanMs;
const least = (all: readonly Regretful[]) =>
  all.reduce((a, b) => (b.regret.meanMs < a.regret.meanMs ? b : a));
const most = (all: readonly Regretful[]) => all.reduce((a, b) => (b.regret.meanMs > a.regret.meanMs ? b : a));

/** The finding, in a sentence: who is nearest to the oracle and who is farthest from it. */
function heading(all: readonly Regretful[]): string {
  const said = ({ name, regret }: Regretful) => `${name} ${milliseconds(regret.meanMs)}`;
  const [near, far] = [least(all), most(all)];
  return near === far
    ? `Regret: ${said(near)} beyond the oracle on average`
    : `Regret: ${said(near)} beyond the oracle on average, ${said(far)}`;
}

/** A contender that is faster than the oracle, which is greedy for the request at hand, has nothing on top. */
function strip(regret: Regret, longest: number): Markup {
  const at = (ms: number) => `${((Math.max(0, ms) / longest) * 100).toFixed(2)}%`;
  const own = Math.min(regret.oracleMeanMs, meanOf(regret));
  const spoken = `${milliseconds(meanOf(regret))} on average, the oracle’s ${milliseconds(regret.oracleMeanMs)}`;
  return html`<svg role="img" aria-label="${spoken}"><rect width="${at(own)}" y="4" height="12" fill="var(--faint)"/><rect x="${at(own)}" width="${at(regret.meanMs)}" y="4" height="12" fill="var(--vermilion)"/></svg>`;
}

export function regretSection({ run, summary }: Report): Markup {
  const all = regretful(summary);
  if (all.length === 0) return html``;
  const longest = Math.max(Number.MIN_VALUE, ...all.map(({ regret }) => meanOf(regret)));
  const folded = all.some(({ regret }) => regret.requests === null);
  return html`<section id="regret">
<h2>${unbroken(heading(all))}</h2>
<figure>
<figcaption>How much longer the same requests took than under an oracle that knows every backend’s queue and speed and each request’s service time. It picks the best for the request at hand and heeds none to come, so that it is the bound only nearly. ${
    folded
      ? 'Requests were folded as they came: the means are of each one’s own ok responses.'
      : `Of requests answered ok under both; median and p99 are of the single requests’ differences${run.scenario.rounds > 1 ? ', medians of the rounds' : ''}.`
  }</figcaption>
<ul class="legend"><li><svg viewBox="0 0 28 12" aria-hidden="true"><rect width="28" height="12" fill="var(--faint)"/></svg>the oracle’s mean</li><li><svg viewBox="0 0 28 12" aria-hidden="true"><rect width="28" height="12" fill="var(--vermilion)"/></svg>beyond it</li></ul>
<div class="strips">${all.map(
    ({ name, regret }) =>
      html`<span>${name} <span class="small">${times(regret)}</span></span><div>${strip(regret, longest)}</div>`,
  )}</div>
</figure>
<details open><summary>The numbers</summary>${dataTable(regretTable(summary))}</details>
</section>`;
}
