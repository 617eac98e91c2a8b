/** The first thing under the verdict: the comparison, then what was expected. */
import { compare } from '../comparison.ts';
import type { Report } from '../judge.ts';
import { plural } from '../numbers.ts';
import { html, type Markup } from './markup.ts';

export function comparisonSection({ run, summary }: Report): Markup {
  const { columns, rows } = compare(summary);
  const rounds = plural(run.scenario.rounds, 'round');
  const faulty = columns.some(({ label }) => label === 'sacrificed');
  return html`<section>
<h2>Comparison</h2>
<table class="compare" role="table">
<caption class="hidden">Contenders, best first</caption>
<thead role="rowgroup"><tr role="row"><th class="text" role="columnheader"><span class="hidden">place</span></th><th class="text" role="columnheader">contender</th>${columns.map(
    ({ label }) => html`<th role="columnheader" scope="col">${label}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    ({ place, contender, note, cells }) => html`
<tr role="row"><td class="place" role="cell">${place ?? '–'}</td><td class="text who" role="cell" data-place="${place ?? '–'}">${contender}${
      note !== undefined && html`<span class="why">${note}</span>`
    }</td>${cells.map(
      ({ text, best }, column) =>
        html`<td role="cell" data-label="${columns[column]!.short ?? columns[column]!.label}"><span class="${
          best ? 'value best' : 'value'
        }">${text}${best && html`<span class="hidden"> (best)</span>`}</span></td>`,
    )}</tr>`,
  )}
</tbody>
</table>
<p class="small">★ best of its column, to the digits shown. ${rounds}; numbers are of all complete rounds together. Latencies are of ok responses${
    faulty && '; sacrificed are the bad requests that a fault explains; times count from the fault taken'
  }.</p>
</section>`;
}

const marks = { pass: '✓ pass', fail: '✗ fail', unknown: '? unknown' };

export function expectationsSection({ summary }: Report): Markup {
  const { expectations } = summary.verdict;
  if (expectations.length === 0) return html``;
  const met = expectations.filter(({ status }) => status === 'pass').length;
  return html`<section>
<h2>${met} of ${plural(expectations.length, 'expectation')} met</h2>
<ul class="plain">${expectations.map(
    ({ expectation, status, detail }) =>
      html`<li><span class="mark ${status}">${marks[status]}</span><span>${expectation}</span><span class="detail">${detail}</span></li>`,
  )}</ul>
</section>`;
}

export function auditSection({ summary }: Report): Markup {
  const { passed, findings } = summary.audit;
  const broken = findings.filter(({ ok }) => ok === false).length;
  return html`<section>
<h2>${passed ? 'The recording passes its own audit' : `The audit found ${plural(broken, 'broken law')}`}</h2>
<details${!passed && html` open`}><summary>${plural(findings.length, 'check')}</summary>
<ul class="plain">${findings.map(
    ({ check, ok, detail }) =>
      html`<li><span class="mark ${ok === null ? 'unknown' : ok ? 'pass' : 'fail'}">${ok === null ? '? unknown' : ok ? '✓ ok' : '✗ broken'}</span><span>${check}</span><span class="detail">${detail}</span></li>`,
  )}</ul></details>
</section>`;
}
