/** The page of `steelyard micro --out`: one chart, its table and where it was measured, in the report's style; opens offline, runs no script. */
import { createHash } from 'node:crypto';
import { type PickCostRow, pickCost } from '../charts/pick-cost.ts';
import { html, Markup } from './markup.ts';
import { figure } from './page-charts.ts';
import { pageStyle } from './page-style.ts';

/** @param facts where and how it was measured, in pairs of name and value */
export async function pickCostPage(
  rows: readonly PickCostRow[],
  facts: readonly (readonly [string, string])[],
): Promise<string> {
  const drawing = pickCost(rows);
  if (drawing === undefined) throw new Error('no pick was measured, so there is nothing to draw');
  const hash = createHash('sha256').update(pageStyle).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${drawing.title}">
<title>What a pick costs · Steelyard</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<header><p class="eyebrow">Steelyard · micro</p><h1>What a pick costs</h1></header>
<main>
${await figure('pick-cost', drawing)}
<h2>Where and how</h2>
<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
</main>
<footer><p>Times are medians. Every strategy is measured at each n in a process of its own, in rounds over all of them in shuffled order.</p></footer>
</body>
</html>
`;
  return page.source;
}
