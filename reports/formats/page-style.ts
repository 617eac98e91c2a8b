/** The page's one style sheet: quiet, typographic, light and dark, narrow and wide, on paper. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ink: #1b1d20; --muted: #5c626b; --faint: #b4b9c1; --grid: #e9ebee; --line: #dcdfe3; --paper: #fff; --soft: #f6f7f8;
  --blue: #0072B2; --vermilion: #D55E00; --green: #009E73; --pink: #CC79A7; --orange: #E69F00; --sky: #56B4E9;
  --band: #f6e7da; --good: #00664b; --bad: #a63d00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e7e9ec; --muted: #a2a8b1; --faint: #5d646e; --grid: #2a2e34; --line: #343940; --paper: #16181b; --soft: #1e2125;
    --blue: #4aa8e0; --vermilion: #f0803c; --green: #35c69b; --pink: #dc9cc0; --orange: #f0b53c; --sky: #8acdf2;
    --band: #3a2c22; --good: #57d3ad; --bad: #ff9a62;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 48px; }
h1 { font-size: clamp(22px, 3.2vw, 32px); line-height: 1.25; font-weight: 650; letter-spacing: -.012em; margin: 6px 0 12px; max-width: 34em; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -.005em; margin: 64px 0 6px; text-wrap: balance; overflow-wrap: anywhere; }
h3 { font-size: 15px; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 44em; }
.eyebrow, .small, figcaption, .legend, footer, summary, .note { color: var(--muted); font-size: 14px; }
.eyebrow { margin: 0; }
.lead { font-size: 18px; color: var(--muted); max-width: 38em; overflow-wrap: anywhere; }
.banner { border-left: 3px solid var(--vermilion); background: var(--soft); padding: 10px 14px; margin: 16px 0; max-width: 46em; overflow-wrap: anywhere; }
.banner.plain { border-color: var(--faint); }
a { color: inherit; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { background: var(--soft); padding: 14px 16px; overflow-x: auto; border-radius: 4px; margin: 0 0 12px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { overflow-x: auto; margin: 8px 0 4px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; line-height: 1.4; }
th { font-weight: 500; color: var(--muted); text-align: right; vertical-align: bottom; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--faint); }
td { text-align: right; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th.text, td.text { text-align: left; }
td.wrap { white-space: normal; min-width: 16em; overflow-wrap: anywhere; }
table.compare { width: 100%; font-size: 15px; }
table.compare th { white-space: nowrap; }
table.compare td { padding: 10px 12px 10px 0; }
table.compare .who { min-width: 9em; font-weight: 600; white-space: normal; overflow-wrap: anywhere; }
table.compare .place { color: var(--muted); width: 1.6em; text-align: left; }
table.compare .why { display: block; font-weight: 400; color: var(--muted); font-size: 13px; white-space: normal; max-width: 26em; }
.best { font-weight: 700; }
.value { position: relative; }
.compare th:not(.text)::after, .value::after { content: " ★"; font-size: .72em; vertical-align: .12em; visibility: hidden; }
.best::after { color: var(--orange); visibility: visible; }
.mark { font-weight: 600; white-space: nowrap; }
.pass { color: var(--good); } .fail { color: var(--bad); } .unknown { color: var(--muted); }
ul.plain { list-style: none; padding: 0; margin: 8px 0 12px; max-width: 58em; }
ul.plain li { padding: 6px 0; border-bottom: 1px solid var(--line); display: grid; grid-template-columns: 6em 1fr; gap: 0 12px; overflow-wrap: anywhere; }
ul.plain .detail { grid-column: 2; color: var(--muted); font-size: 14px; }
details { margin: 8px 0; }
details > summary { cursor: pointer; width: fit-content; padding: 4px 0; }
details > summary:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; }
figure { margin: 0; }
figcaption { margin: 0 0 10px; max-width: 50em; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; padding: 0; margin: 0 0 14px; color: var(--ink); }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend svg { width: 28px; height: 12px; flex: none; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); gap: 26px 32px; margin-bottom: 10px; }
.panels svg { display: block; width: 100%; height: auto; max-width: 520px; margin-top: 4px; }
.strips { display: grid; grid-template-columns: minmax(7em, auto) 1fr; gap: 8px 16px; align-items: center; max-width: 780px; margin: 4px 0 10px; font-size: 14px; }
.strips svg { width: 100%; height: 20px; display: block; }
.strips .axis { height: 18px; }
.strips text { font: 12px system-ui, sans-serif; fill: var(--muted); }
.strips span { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(9em, auto) 1fr; gap: 4px 20px; margin: 8px 0 16px; font-size: 14px; max-width: 58em; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.contender { border-bottom: 1px solid var(--line); margin: 0; padding: 6px 0; }
.contender > summary { color: var(--ink); font-size: 15px; }
.contender > div { padding: 4px 0 16px; }
footer { margin-top: 72px; padding-top: 20px; padding-bottom: 56px; }
@media (max-width: 1140px) {
  table.compare { font-size: 13.5px; }
  table.compare th, table.compare td { padding-right: 4px; }
}
@media (max-width: 980px) {
  table.compare, table.compare tbody, table.compare tr { display: block; }
  table.compare thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.compare tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.2em), 1fr)); gap: 2px 26px; padding: 14px 0; border-bottom: 1px solid var(--line); }
  table.compare td { display: flex; justify-content: space-between; gap: 8px; border: 0; padding: 1px 0; font-size: 14px; white-space: nowrap; }
  table.compare td::before { content: attr(data-label); color: var(--muted); font-weight: 400; }
  table.compare td .hidden { right: 0; }
  table.compare table.compare th:not(.text)::after, td:not(.best)::after { content: none; }
  table.compare td.who { grid-column: 1 / -1; display: block; font-size: 16px; margin-bottom: 4px; }
  table.compare td.place { display: none; }
  table.compare td.who::before { content: attr(data-place); display: inline-block; min-width: 1.3em; }
}
@media (max-width: 720px) {
  header { padding-top: 28px; }
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  h2 { margin-top: 48px; }
  .lead { font-size: 16px; }
  ul.plain li { grid-template-columns: 1fr; }
  ul.plain .detail { grid-column: 1; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 8px; }
  .strips { grid-template-columns: 1fr; gap: 2px; }
  .strips span { margin-top: 6px; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --soft: #f4f4f4; --grid: #e4e4e4; --line: #ccc; --faint: #aaa; --band: #f6e7da; --blue: #0072B2; --vermilion: #D55E00; --green: #009E73; --pink: #CC79A7; --orange: #E69F00; --sky: #56B4E9; }
  body { font-size: 11pt; }
  main, header, footer { max-width: none; padding: 0; }
  .panels { grid-template-columns: repeat(3, 1fr); gap: 14px; }
  .panels > div, .strips, tr, li { break-inside: avoid; }
  h2, figcaption, .legend { break-after: avoid; }
  details:not([open]) { display: none; }
}
`;
