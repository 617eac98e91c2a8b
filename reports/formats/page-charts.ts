/** Each chart with its title, how to read it, its legend, its panels and the table of its numbers. */
import type { ChartDefinition, Drawing, LegendEntry, Table } from '../charts/chart.ts';
import type { Report } from '../judge.ts';
import { html, Markup, unbroken } from './markup.ts';
import { renderSvg } from './svg.ts';

export function dataTable({ columns, rows }: Table): Markup {
  // A column is text where its first cell is; numbers are set to the right.
  const text = columns.map((_, column) => !/^[<*]?[\d–-]|^never$/.test(rows[0]?.[column] ?? ''));
  const kind = (column: number) => text[column] && html` class="text"`;
  return html`<div class="scroll"><table>
<thead><tr>${columns.map((label, column) => html`<th scope="col"${kind(column)}>${label}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, column) => html`<td${kind(column)}>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

function swatch({ color, shape, dash }: LegendEntry): Markup {
  const line = html`<line x1="0" y1="6" x2="28" y2="6" stroke="${color}" stroke-width="2.5"${
    dash && html` stroke-dasharray="${dash.join(' ')}"`
  }/>`;
  const shapes: Record<LegendEntry['shape'], Markup> = {
    line,
    area: html`<rect y="2" width="28" height="10" fill="${color}" fill-opacity=".25"/><line x1="0" y1="2" x2="28" y2="2" stroke="${color}" stroke-width="2"/>`,
    bar: html`<rect x="4" width="20" height="12" fill="${color}"/>`,
    band: html`<rect width="28" height="12" fill="${color}"/>`,
    rule: html`<line x1="14" y1="0" x2="14" y2="12" stroke="${color}" stroke-width="2"${
      dash && html` stroke-dasharray="${dash.join(' ')}"`
    }/>`,
    'triangle-down': html`<path d="M8 1h12l-6 10z" fill="${color}"/>`,
    'triangle-up': html`<path d="M8 11h12l-6-10z" fill="${color}"/>`,
    diamond: html`<path d="M14 0l6 6-6 6-6-6z" fill="${color}"/>`,
  };
  return html`<svg viewBox="0 0 28 12" aria-hidden="true">${shapes[shape]}</svg>`;
}

/** @param open whether the table is in sight at once */
export async function figure(name: string, drawing: Drawing, open = false): Promise<Markup> {
  const panels: Markup[] = [];
  for (const { label, spec } of drawing.panels) {
    const said = label === '' ? drawing.title : `${label}. ${drawing.title}`;
    panels.push(
      html`<div><h3>${label}</h3>${new Markup(await renderSvg(spec, said, `${name}-${panels.length + 1}`))}</div>`,
    );
  }
  return html`<section id="${name}">
<h2>${unbroken(drawing.title)}</h2>
<figure>
<figcaption>${drawing.description}</figcaption>
${
  drawing.legend.length > 0 &&
  html`<ul class="legend">${drawing.legend.map((entry) => html`<li>${swatch(entry)}${entry.label}</li>`)}</ul>`
}
<div class="panels">${panels}</div>
${drawing.note !== undefined && html`<p class="note">${drawing.note}</p>`}
</figure>
<details${open && html` open`}><summary>The numbers</summary>${dataTable(drawing.table)}</details>
</section>`;
}

/** In the charts' own order. */
export async function chartSections(
  charts: ReadonlyMap<string, ChartDefinition>,
  report: Report,
): Promise<Markup[]> {
  const sections: Markup[] = [];
  for (const [name, chart] of [...charts].sort(([, a], [, b]) => a.order - b.order)) {
    const drawing = chart.create(report);
    if (drawing) sections.push(await figure(name, drawing));
  }
  return sections;
}
