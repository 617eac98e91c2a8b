/** The page of a sweep: the knee, its table, every point in full; in the report's style, one file that opens offline and runs no script. */
import { createHash } from 'node:crypto';
import { knee } from '../charts/knee.ts';
import { kneeAxis } from '../charts/knee-axis.ts';
import { count, inUnit, plural } from '../numbers.ts';
import type { Sweep, SweepContender } from '../sweep.ts';
import { html, inertJson, Markup, unbroken } from './markup.ts';
import { dataTable, figure } from './page-charts.ts';
import { shellWord } from './page-details.ts';
import { pageStyle } from './page-style.ts';

/** One panel alone has room; where there are several, they share the page as a report's do. */
const style = `${pageStyle}
.panels > :only-child, .panels > :only-child svg { max-width: 520px; }
.panels:has(> :only-child) { grid-template-columns: minmax(0, 520px); }
`;

export async function sweepPage(sweep: Sweep): Promise<string> {
  const drawing = knee(sweep);
  const title = drawing?.title ?? 'No contender completed a point of this sweep';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${title}">
<title>${sweep.scenario}, ${sweep.path} swept · Steelyard</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<p class="eyebrow">Steelyard · ${sweep.scenario} · ${sweep.path} swept, simulated in virtual time</p>
<h1>${unbroken(title)}</h1>
${banners(sweep).map((text) => html`<p class="banner">${text}</p>`)}
${sweep.notes.map((text) => html`<p class="banner plain">${text}</p>`)}
</header>
<main>
${drawing && (await figure('knee', { ...drawing, title: 'p99 at every point' }, true))}
${pointsSection(sweep)}
${aboutSection(sweep)}
${againSection(sweep)}
</main>
<footer><p>Every number here stands in <code>sweep.json</code> beside this file, and in <code>sweep.csv</code>; <code>steelyard report DIR</code> builds this page again.</p></footer>
<script type="application/json" id="sweep">${inertJson(sweep)}</script>
</body>
</html>
`;
  return page.source;
}

function banners({ status, points, values, path }: Sweep): string[] {
  const failed = points.flatMap(({ set, contenders }) =>
    contenders
      .filter((it) => it.status === 'failed')
      .map(({ name, error }) => `${name} failed ${at(set)}: ${error}`),
  );
  const broken = points.flatMap(({ set, broken: laws }) =>
    laws.map((law) => `The audit found ${at(set)}: ${law}`),
  );
  return [
    ...(status === 'interrupted'
      ? [
          `This sweep was interrupted: it has ${points.length} of ${plural(values.length, 'point')} of ${path}.`,
        ]
      : []),
    ...some(failed),
    ...some(broken),
  ];
}

const at = (set: string) => `at ${set}`;
const some = (all: readonly string[]) =>
  all.length <= 5 ? all : [...all.slice(0, 5), `… and ${all.length - 5} more`];

function pointsSection(sweep: Sweep): Markup {
  const { word } = kneeAxis(sweep, 1);
  const row = (it: SweepContender) => [
    it.name,
    ...(['sent', 'failed', 'lost', 'inFlightAtEnd'] as const).map((key) =>
      it.requests === null ? '–' : count(it.requests[key]),
    ),
    inUnit(it.errorRate, 'share'),
    inUnit(it.goodput, '/s'),
    ...(['mean', 'p50', 'p95', 'p99', 'p999'] as const).map((key) => inUnit(it.latencyMs?.[key], 'ms')),
  ];
  return html`<section><h2>Each point in full</h2>${sweep.points.map(
    (point) => html`<details class="contender"><summary>${word(point.value)}</summary><div>
<p class="small">${point.run === null ? `No recording: ${point.why}.` : html`Recording: <a href="${point.run}/report.html">${point.run}</a>.`}</p>
${dataTable({
  columns: [
    ...['contender', 'sent', 'failed', 'lost', 'in flight at end', 'errors', 'goodput'],
    ...['mean', 'p50', 'p95', 'p99', 'p99.9'],
  ],
  rows: point.contenders.map(row),
})}</div></details>`,
  )}</section>`;
}

function aboutSection({ percentiles, rounds, seed }: Sweep): Markup {
  return html`<section><h2>Simulated</h2>
<p>No backend ran and no time passed: strategies, faults, retries and health checks are the files that real runs use, in front of modelled backends on a virtual clock. The same seed gives the same numbers. The scenario’s expectations are of the scenario as it is written, and are not judged where a sweep changes it.</p>
<dl>
<dt>percentiles</dt><dd>${percentiles === 'exact' ? 'nearest rank, of exact latencies' : 'within 0.05%: requests were folded as they came; counts, means and maxima are exact'}</dd>
<dt>rounds</dt><dd>${String(rounds)} at each point</dd>
<dt>seed</dt><dd>${String(seed)}, the same at every point, so that all contenders and points meet the same luck</dd>
</dl></section>`;
}

/** The command that sweeps this again. */
export function sweepCommand({ source, contenders, rounds, seed, percentiles }: Sweep): string {
  return [
    ...['steelyard', 'simulate', source.file, '--sweep', source.sweep],
    ...['--contenders', contenders.map(({ name }) => name).join(',')],
    ...['--rounds', String(rounds), '--seed', String(seed)],
    ...source.sets.flatMap((set) => ['--set', set]),
    ...(percentiles === 'exact' ? ['--keep'] : []),
  ]
    .map(shellWord)
    .join(' ');
}

function againSection(sweep: Sweep): Markup {
  const { text } = sweep.source;
  return html`<section><h2>Sweep it again</h2>
<pre><code>npx ${sweepCommand(sweep)}</code></pre>
<details><summary>The scenario, as it was written (${plural(text.split('\n').length, 'line')})</summary><pre><code>${text}</code></pre></details>
</section>`;
}
