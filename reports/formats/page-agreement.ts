/** Whether the run and its simulated twins come to the same conclusion. */
import { agreementTable } from '../agreement-table.ts';
import type { Report } from '../judge.ts';
import { html, type Markup } from './markup.ts';
import { dataTable } from './page-charts.ts';

export function agreementSection({ summary }: Report): Markup {
  const { agreement } = summary;
  if (agreement === undefined) return html``;
  const same = agreement.findings.every(({ ok }) => ok !== false);
  return html`<section id="agreement">
<h2>${same ? 'The simulator comes to the same conclusion' : 'The simulator comes to another conclusion'}</h2>
<ul class="plain">${agreement.findings.map(
    ({ check, ok, detail }) =>
      html`<li><span class="mark ${ok === null ? 'unknown' : ok ? 'pass' : 'fail'}">${ok === null ? '? unknown' : ok ? '✓ agree' : '✗ apart'}</span><span>${check}</span><span class="detail">${detail}</span></li>`,
  )}</ul>
<details><summary>The numbers</summary>${dataTable(agreementTable(summary))}</details>
</section>`;
}
