/**
 * A drawing as one SVG file that needs no page around it: title, panels under each other's headings, legend in words. Colours
 * are plain attributes, the light ones, so that every program shows them; a style sheet turns them dark where the reader's is.
 */
import type { Drawing } from '../charts/chart.ts';
import { size } from '../charts/theme.ts';
import { html, Markup } from './markup.ts';
import { renderSvg } from './svg.ts';

/** Light to dark, as in the page's style sheet. */
const dark: Readonly<Record<string, string>> = {
  ...{ '#0072B2': '#4aa8e0', '#D55E00': '#f0803c', '#009E73': '#35c69b', '#CC79A7': '#dc9cc0' },
  ...{ '#E69F00': '#f0b53c', '#56B4E9': '#8acdf2', '#1b1d20': '#e7e9ec', '#5c626b': '#a2a8b1' },
  ...{ '#b9bec6': '#5d646e', '#e6e8eb': '#2a2e34', '#f3e3d6': '#3a2c22', '#ffffff': '#16181b' },
};

const margin = 24;
const gap = 32;
const heading = 26;

/** @param columns panels side by side */
export async function standaloneSvg(drawing: Drawing, columns = 2): Promise<string> {
  const { panels, title, description } = drawing;
  const across = Math.min(columns, panels.length);
  const rows = Math.ceil(panels.length / across);
  const width = 2 * margin + across * size.width + (across - 1) * gap;
  const titles = wrapped(title, Math.floor((width - 2 * margin) / 9));
  const notes =
    drawing.note === undefined ? [] : wrapped(drawing.note, Math.floor((width - 2 * margin) / 6.2));
  const top = margin + titles.length * 22 + 14;
  const rowHeight = size.height + heading + 20;
  const height = top + rows * rowHeight + notes.length * 17 + margin;
  const drawn: Markup[] = [];
  for (const [i, { label, spec }] of panels.entries()) {
    const x = margin + (i % across) * (size.width + gap);
    const y = top + Math.floor(i / across) * rowHeight;
    const svg = await renderSvg(spec, label, `panel-${i + 1}`);
    const placed = svg.replace(
      '<svg ',
      `<svg x="${x}" y="${y + heading}" width="${size.width}" height="${size.height}" overflow="visible" `,
    );
    drawn.push(html`<text x="${x}" y="${y + 14}" font-size="14" font-weight="600" fill="#1b1d20">${label}</text>
${new Markup(placed)}
`);
  }
  const page = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description" font-family="system-ui, sans-serif">
<title id="title">${title}</title>
<desc id="description">${description}</desc>
<style>@media (prefers-color-scheme: dark) {
${new Markup(darkRules())}
}</style>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${titles.map((text, i) => html`<text x="${margin}" y="${margin + 16 + i * 22}" font-size="17" font-weight="600" fill="#1b1d20">${text}</text>\n`)}
${drawn}
${notes.map((text, i) => html`<text x="${margin}" y="${top + rows * rowHeight + 6 + i * 17}" font-size="12" fill="#5c626b">${text}</text>\n`)}
</svg>
`;
  return page.source.replace(/var\(--[a-z]+, (#[0-9A-Fa-f]+)\)/g, '$1');
}

function darkRules(): string {
  return Object.entries(dark)
    .flatMap(([from, to]) => ['fill', 'stroke'].map((it) => `[${it}="${from}"] { ${it}: ${to} }`))
    .join('\n');
}

/** Lines of at most that many characters, broken between words. */
function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
