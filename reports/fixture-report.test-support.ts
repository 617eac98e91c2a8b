/** FIXTURE, for tests: a made-up recording already judged, without touching the disk. */

import { pair } from './divergence.ts';
import {
  type FixtureOptions,
  type FixtureRecording,
  fixtureRecording,
} from './fixture-recording.test-support.ts';
import { judge, type Report } from './judge.ts';
import { foldTrial } from './trial-fold.ts';

/**
 * @param change what to break in the recording before it is judged
 * @param twins whether each trial has a simulated twin: in it every request took 10% less
 */
export function fixtureReport(
  options: FixtureOptions = {},
  change: (recording: FixtureRecording) => void = () => undefined,
  twins = false,
): Report {
  const recording = fixtureRecording(options);
  change(recording);
  const { run, events, rows } = recording;
  return judge(
    run,
    run.trials.map((trial) => {
      const { requests, attempts } = rows.get(trial.id)!;
      const fold = foldTrial(run, trial, requests, attempts, events);
      if (!twins) return fold;
      const faster = { ...requests, latency: requests.latency.map((it) => it * 0.9) };
      return { ...fold, twin: pair(requests, faster) };
    }),
  );
}
