/** FIXTURE, for tests: a made-up recording already judged, without touching the disk. */
import type { RequestColumns } from '../harness/recording.ts';
import { pair } from './divergence.ts';
import {
  type FixtureOptions,
  type FixtureRecording,
  fixtureRecording,
} from './fixture-recording.test-support.ts';
import { judge, type Report } from './judge.ts';
import { regretOf } from './regret.ts';
import { foldTrial, wholeOf } from './trial-fold.ts';

/**
 * @param change what to break in the recording before it is judged
 * @param beside what else was simulated: a twin of each trial, in which every request took 10% less, or an oracle, under which every
 *   request took half of what the first contender's took
 */
export function fixtureReport(
  options: FixtureOptions = {},
  change: (recording: FixtureRecording) => void = () => undefined,
  beside?: 'twins' | 'oracle',
): Report {
  const recording = fixtureRecording(options);
  change(recording);
  const { run, events, rows } = recording;
  return judge(
    run,
    run.trials.map((trial) => {
      const { requests, attempts } = rows.get(trial.id)!;
      const fold = foldTrial(run, trial, requests, attempts, events);
      const times = (factor: number, of: RequestColumns) => ({
        ...of,
        latency: of.latency.map((it) => it * factor),
      });
      if (beside === 'twins') {
        const simulated = times(0.9, requests);
        return { ...fold, twin: pair(requests, simulated), simulated: wholeOf(run, trial, simulated) };
      }
      if (beside === undefined) return fold;
      const oracle = times(
        0.5,
        rows.get(run.trials.find(({ round }) => round === trial.round)!.id)!.requests,
      );
      const regret = regretOf(pair(requests, oracle));
      return { ...fold, ...(regret && { regret }) };
    }),
  );
}
