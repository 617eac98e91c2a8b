/** Everything that `sweep.json` is folded into: the knee as a picture, the page, the rows for a spreadsheet, the table for a terminal. */
import { join } from 'node:path';
import { writeWhole } from '../harness/recording.ts';
import { aligned } from './aligned.ts';
import { knee } from './charts/knee.ts';
import { standaloneSvg } from './formats/standalone-svg.ts';
import { sweepPage } from './formats/sweep-page.ts';
import type { Sweep } from './sweep.ts';
import { sweepFile } from './sweep.ts';
import { sweepCsv } from './sweep-csv.ts';

/** Writes `sweep.json` alone, whole or not at all: as points are done, so that what was recorded is kept whatever happens. */
export function writeSweep(dir: string, sweep: Sweep): Promise<void> {
  return writeWhole(join(dir, sweepFile), `${JSON.stringify(sweep, undefined, 2)}\n`);
}

/** Writes `sweep.csv`, `knee.svg` (where there is one to draw) and `report.html`, each whole or not at all. */
export async function buildSweepReport(dir: string, sweep: Sweep): Promise<void> {
  await writeWhole(join(dir, 'sweep.csv'), sweepCsv(sweep));
  const drawing = knee(sweep);
  if (drawing) await writeWhole(join(dir, 'knee.svg'), await standaloneSvg(drawing));
  await writeWhole(join(dir, 'report.html'), await sweepPage(sweep));
}

/** The table and its title as aligned plain text, without a trailing newline; then what failed, a line each. */
export function sweepText(sweep: Sweep): string {
  const drawing = knee(sweep);
  const failed = sweep.points.flatMap(({ set, contenders }) =>
    contenders
      .filter(({ status }) => status === 'failed')
      .map(({ name, error }) => `${name} failed at ${set}: ${error?.split('\n')[0]}`),
  );
  const broken = sweep.points.flatMap(({ set, broken }) =>
    broken.map((law) => `The recording at ${set} fails its own audit: ${law}`),
  );
  if (drawing === undefined) return ['No contender completed a point.', ...failed, ...broken].join('\n');
  const text = aligned([drawing.table.columns, ...drawing.table.rows], new Set([0]));
  const note = drawing.note?.includes('○')
    ? ['', 'Beyond capacity, waiting times and p99 grow with the length of the run.']
    : [];
  return [...text, '', `${drawing.title}.`, ...note, ...failed, ...broken].join('\n');
}
