/**
 * `steelyard simulate SCENARIO --sweep path=values`: every contender at every point, under the same seed, and the knee of each.
 * Points run side by side, as many as there are cores, and stand in their own order whichever is done first.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Listr } from 'listr2';
import type { Sweep, SweepPoint } from '../../reports/sweep.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { makeRunDirectory } from '../run-directory.ts';
import type { ResultOptions } from './carry-out.ts';
import type { ScenarioOptions } from './scenario-options.ts';
import { type PreparedSweep, preparePoints, runPoint } from './sweep-points.ts';
import { parseSweep } from './sweep-values.ts';

export interface SweepOptions {
  sweep?: string;
  keep?: boolean;
}

type Options = ScenarioOptions & ResultOptions & SweepOptions & { sweep: string };

export async function sweep(file: string, options: Options): Promise<never> {
  const prepared = await preparePoints(file, options, parseSweep(options.sweep));
  const first = prepared.points[0]!;
  const { name } = first.loaded.scenario;
  for (const note of first.loaded.notes) if (!options.quiet) console.error(note);
  const { dir, id } = await makeRunDirectory(name, { out: options.out, kind: 'sweep' });
  const { buildSweepReport, sweepText, writeSweep } = await import('../../reports/sweep-report.ts');
  const interrupt = onInterrupt();
  const result = emptySweep(prepared, id, options);
  await writeSweep(dir, result);
  const troubles = await runPoints(prepared, result, { dir, id, signal: interrupt.signal }, options);
  for (const trouble of troubles) console.error(trouble);
  const codes = [...codesOf(result), ...(troubles.length > 0 ? [exitCode.failed] : [])];
  result.status = interrupt.signal.aborted
    ? 'interrupted'
    : codes.includes(exitCode.invalid)
      ? 'invalid'
      : 'complete';
  await writeSweep(dir, result);
  if (!options.keep) await rm(join(dir, 'points'), { recursive: true, force: true });
  if (result.points.length === 0) console.error(`Nothing was simulated. What there is stands in ${dir}`);
  else {
    await buildSweepReport(dir, result);
    if (options.json) console.log(JSON.stringify(result, undefined, 2));
    else console.log(`\n${sweepText(result)}\n\nReport: ${resolve(dir, 'report.html')}`);
  }
  throw new Exit(interrupt.code ?? combine(codes));
}

function emptySweep({ sweep, points }: PreparedSweep, id: string, options: Options): Sweep {
  const { loaded, contenders, source } = points[0]!;
  const { scenario } = loaded;
  return {
    schemaVersion: 1,
    id,
    scenario: scenario.name,
    ...{ path: sweep.path, unit: sweep.unit, values: [...sweep.values] },
    ...{ seed: scenario.seed, rounds: scenario.rounds },
    status: 'interrupted',
    percentiles: options.keep ? 'exact' : 'within 0.05%',
    source: { ...source, sets: [...options.set], sweep: options.sweep },
    notes: [...loaded.notes],
    contenders: contenders.map(({ name, strategy, options }) => ({ name, strategy, options })),
    points: [],
  };
}

/** Fills in `result.points`; each is on disk as soon as it is done. What kept a point from being one, in sentences. */
async function runPoints(
  { points }: PreparedSweep,
  result: Sweep,
  context: { dir: string; id: string; signal: AbortSignal },
  options: Options,
): Promise<string[]> {
  const { writeSweep } = await import('../../reports/sweep-report.ts');
  const troubles: string[] = [];
  const done = new Map<number, SweepPoint>();
  let written: Promise<void> = Promise.resolve();
  const record = (index: number, point: SweepPoint) => {
    done.set(index, point);
    result.points = points.flatMap((_, i) => done.get(i) ?? []);
    written = written.then(() => writeSweep(context.dir, result));
    return written;
  };
  const silent = options.quiet || options.json;
  const tasks = new Listr(
    points.map((prepared, index) => ({
      title: prepared.set,
      skip: () => (context.signal.aborted ? 'interrupted' : false),
      task: async (_: unknown, task: { title: string; output: string }) => {
        const onProgress = (line: string) => {
          task.output = line;
        };
        const keep = options.keep ?? false;
        const point = await runPoint(prepared, index, { ...context, keep, onProgress }).catch(
          (error: Error) => {
            troubles.push(`${prepared.set} could not go on: ${error.message}`);
            throw error;
          },
        );
        if (point === undefined) return;
        await record(index, point);
        task.title = `${prepared.set}   ${lineOf(point)}`;
        const failed = point.contenders.find(({ status }) => status === 'failed');
        if (failed) throw new Error(`${failed.name}: ${failed.error?.split('\n')[0]}`);
      },
    })),
    {
      concurrent: availableParallelism(),
      renderer: silent ? 'silent' : 'default',
      fallbackRenderer: silent ? 'silent' : 'simple',
      // A contender that fails at one point is recorded as failed there; the others go on.
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false },
    },
  );
  await tasks.run();
  await written;
  return troubles;
}

/** `800,000 requests   0.00% errors`, of all contenders. */
function lineOf({ contenders }: SweepPoint): string {
  const sum = (of: 'sent' | 'failed' | 'lost') =>
    contenders.reduce((total, { requests }) => total + (requests?.[of] ?? 0), 0);
  const sent = sum('sent');
  const errors = sent === 0 ? 0 : (100 * (sum('failed') + sum('lost'))) / sent;
  return `${sent.toLocaleString('en')} requests   ${errors.toFixed(2)}% errors`;
}

function codesOf({ points }: Sweep): number[] {
  return points.flatMap(({ contenders, status }) => [
    contenders.some((it) => it.status === 'failed') ? exitCode.failed : exitCode.good,
    status === 'invalid' ? exitCode.invalid : exitCode.good,
  ]);
}
