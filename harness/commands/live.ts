/** What a person sees while a run is under way: one line a trial, live on a terminal, plain lines in a pipe or CI. */
import { Listr } from 'listr2';
import type { Experiment } from '../experiment.ts';
import type { Trial } from '../recording.ts';
import type { Progress } from '../trial-runner.ts';

/** `1,234 req/s   p99 12.3 ms   0.02% errors   crash` */
export function progressLine({ t, perSecond, p99Ms, counts, faults }: Progress): string {
  const bad = counts.failed + counts.lost;
  const errors = counts.sent === 0 ? 0 : (100 * bad) / counts.sent;
  return [
    t < 0 ? 'warm-up' : `${(t / 1000).toFixed(1)} s`,
    `${Math.round(perSecond).toLocaleString('en')} req/s`,
    ...(p99Ms === undefined ? [] : [perSecond > 0 ? `p99 ${p99Ms.toFixed(1)} ms` : 'no answer']),
    `${errors.toFixed(2)}% errors`,
    ...faults,
  ].join('   ');
}

/** `20,694 requests   2,587/s ok   0.02% errors`, of the whole measured window. */
export function resultLine({ counts, windowMs, status }: Trial): string {
  const { sent, ok, failed, lost } = counts;
  const bad = sent === 0 ? 0 : (100 * (failed + lost)) / sent;
  const perSecond = windowMs === 0 ? 0 : Math.round((1000 * ok) / windowMs);
  return [
    `${sent.toLocaleString('en')} requests`,
    `${perSecond.toLocaleString('en')}/s ok`,
    `${bad.toFixed(2)}% errors`,
    ...(status === 'complete' ? [] : [status]),
  ].join('   ');
}

/** Runs the whole experiment under this display. Rejects only when the harness itself fails. */
export async function runLive(experiment: Experiment, signal: AbortSignal, quiet: boolean): Promise<void> {
  const { driver, backends, scenario } = experiment.run;
  const display = {
    renderer: quiet ? 'silent' : 'default',
    fallbackRenderer: quiet ? 'silent' : 'simple',
    registerSignalListeners: false,
    rendererOptions: { collapseErrors: false },
  } as const;
  const title = `${backends.length.toLocaleString('en')} backends (${driver})`;
  await new Listr([{ title, task: () => experiment.launch() }], display).run();
  const trials = new Listr(
    experiment.trials.map((planned) => ({
      title:
        scenario.rounds > 1
          ? `${planned.contender.name}, round ${planned.round + 1} of ${scenario.rounds}`
          : planned.contender.name,
      skip: () => (signal.aborted ? 'interrupted' : experiment.over !== undefined && 'the run has stopped'),
      task: async (_: unknown, task: { title: string; output: string }) => {
        const trial = await experiment.trial(planned, (progress) => {
          task.output = progressLine(progress);
        });
        task.title = `${task.title}   ${resultLine(trial)}`;
        if (trial.status !== 'complete') throw new Error(trial.error?.split('\n')[0] ?? trial.status);
      },
    })),
    // A contender that fails is recorded as failed; the others go on.
    { ...display, exitOnError: false, concurrent: experiment.atOnce },
  );
  await trials.run();
}
