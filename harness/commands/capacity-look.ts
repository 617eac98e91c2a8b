/** One look of a capacity search: the scenario at one rate with one contender, run and judged as any run is. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContenderSummary } from '../../reports/summary.ts';
import type { Limit } from '../capacity/objective.ts';
import { Exit } from '../exit.ts';
import { Experiment } from '../experiment.ts';
import { makeRunDirectory } from '../run-directory.ts';
import type { TrialRunner } from '../trial-runner.ts';
import type { Ready } from './scenario-options.ts';

/** What a look came to. */
export interface Looked {
  met: boolean;
  /** Of each limit, the value; null where there is none, which never meets it. */
  values: (number | null)[];
}

export interface LookContext {
  /** Directory for its recording, which is removed once it is judged. */
  dir: string;
  id: string;
  signal: AbortSignal;
  runner(ready: Ready, dir: string): TrialRunner;
  onProgress(line: string): void;
}

/** A look cannot be believed: its contender failed, or its recording broke a law of the audit. Nothing above it can be known. */
export class Unbelievable extends Error {}

/** Rejects with `Unbelievable`, with `Exit` where the search is to end, or with the signal's reason when it was interrupted. */
export async function lookAt(ready: Ready, limits: readonly Limit[], context: LookContext): Promise<Looked> {
  const { scenario, notes } = ready.loaded;
  const [contender] = ready.contenders;
  const { dir } = await makeRunDirectory(scenario.name, { out: join(context.dir, 'look') });
  const runner = context.runner(ready, dir);
  const experiment = await Experiment.open({
    ...{
      dir,
      id: context.id,
      scenario,
      contenders: [contender!],
      source: ready.source,
      runner,
      notes: [...notes],
    },
  });
  try {
    await experiment.launch();
    for (const planned of experiment.trials) {
      context.signal.throwIfAborted();
      const trial = experiment.trial(planned, ({ perSecond }) =>
        context.onProgress(`${Math.round(perSecond).toLocaleString('en')} req/s`),
      );
      await trial.finally(() => stopWhereOver(experiment)); // a full disk rejects, too
    }
    context.signal.throwIfAborted();
    await experiment.finish('complete');
    const { readReport } = await import('../../reports/report.ts');
    const { summary } = await readReport(dir);
    const [found] = summary.contenders;
    if (found === undefined || found.status !== 'complete')
      throw new Unbelievable(found?.error ?? 'it was cut short');
    const broken = summary.audit.findings.find(({ ok }) => ok === false);
    if (broken !== undefined) throw new Unbelievable(`${broken.check}: ${broken.detail}`);
    return await judged(found, limits);
  } finally {
    await experiment.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Where its fleet is lost, or the disk full, no other rate would fare better. */
function stopWhereOver({ over }: Experiment): void {
  if (over !== undefined) throw new Exit(over.code, over.why);
}

async function judged(found: ContenderSummary, limits: readonly Limit[]): Promise<Looked> {
  const { metricsByName } = await import('../../reports/metrics.ts');
  const values = limits.map(({ metric }) => metricsByName[metric].of(found) ?? null);
  const met = limits.every(({ below, above }, i) => {
    const value = values[i]!;
    return value !== null && (below === undefined || value < below) && (above === undefined || value > above);
  });
  return { met, values };
}
