/**
 * `report.html`: one file that opens offline, with the verdict first. No script runs in it and nothing is fetched: its content security
 * policy allows one style sheet, by hash, and no more. The summary lies in it as JSON for whoever wants the numbers.
 */
import { createHash } from 'node:crypto';
import { loadFolder } from '../../scenarios/registry.ts';
import type { ChartDefinition } from '../charts/chart.ts';
import { mostBackends } from '../contenders.ts';
import type { Report } from '../judge.ts';
import type { Summary } from '../summary.ts';
import { define } from './format.ts';
import { html, inertJson, Markup, unbroken } from './markup.ts';
import { agreementSection } from './page-agreement.ts';
import { chartSections } from './page-charts.ts';
import { auditSection, comparisonSection, expectationsSection } from './page-comparison.ts';
import { contendersSection, environmentSection, reproduceSection } from './page-details.ts';
import { faultsSection } from './page-faults.ts';
import { regretSection } from './page-regret.ts';
import { pageStyle } from './page-style.ts';

export const charts = await loadFolder<ChartDefinition>(new URL('../charts/', import.meta.url));

const styleHash = createHash('sha256').update(pageStyle).digest('base64');
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

function opening({ run, summary }: Report): Markup {
  const [first, ...rest] = summary.verdict.sentence.split(/(?<=\.)\s+/);
  const banners = [
    summary.status === 'interrupted' &&
      'This run was interrupted: what follows is what was recorded until then.',
    summary.status === 'invalid' &&
      'This run is invalid: its own audit failed, and its numbers must not be relied on.',
    summary.status !== 'invalid' && !summary.audit.passed && 'The audit below found the recording wanting.',
  ].filter((it): it is string => typeof it === 'string');
  return html`<header>
<p class="eyebrow">Steelyard · ${summary.scenario} · ${run.driver === 'simulation' ? 'simulated, in virtual time' : `${run.startedAt?.slice(0, 10)} · ${run.driver} driver`}</p>
<h1>${unbroken(first!.replace(/\.$/, ''))}</h1>
<p class="lead">${unbroken(rest.join(' '))}</p>
${run.scenario.about !== undefined && html`<p>${run.scenario.about}</p>`}
${banners.map((text) => html`<p class="banner">${text}</p>`)}
${run.notes.map((text) => html`<p class="banner plain">${text}</p>`)}
</header>`;
}

const folded = ({ run }: Report) => run.trials.some(({ rows }) => rows === 'folded');

/** The page is for people: ten thousand backends stand in summary.json beside it. */
function embedded(summary: Summary): Summary {
  const contenders = summary.contenders.map((it) =>
    it.perBackend.length > mostBackends ? { ...it, perBackend: [] } : it,
  );
  return { ...summary, contenders };
}

export default define({
  about: 'the report people read',
  file: 'report.html',
  async create(report) {
    const { summary } = report;
    const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${summary.verdict.sentence}">
<title>${summary.scenario}: ${summary.verdict.ranking[0]?.contender ?? 'no contender completed'} · Steelyard</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
${opening(report)}
<main>
${comparisonSection(report)}
${expectationsSection(report)}
${auditSection(report)}
${faultsSection(report)}
${await chartSections(charts, report)}
${agreementSection(report)}
${regretSection(report)}
${contendersSection(report)}
${environmentSection(report)}
${reproduceSection(report)}
</main>
<footer><p>Every number here is computed from the recording beside this file; <code>steelyard report DIR</code> builds it again. Percentiles are nearest-rank${folded(report) ? ', of exact latencies where a recording has rows and within 0.05% where it was folded' : ', of exact latencies'}. The order of contenders is what was observed.</p></footer>
<script type="application/json" id="summary">${inertJson(embedded(summary))}</script>
</body>
</html>
`;
    return page.source;
  },
});
