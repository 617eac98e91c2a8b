/** FIXTURE, for tests: a made-up recording already judged, without touching the disk. */
import {
  type FixtureOptions,
  type FixtureRecording,
  fixtureRecording,
} from './fixture-recording.test-support.ts';
import { judge, type Report } from './judge.ts';
import { foldTrial } from './trial-fold.ts';

/** @param change what to break in the recording before it is judged */
export function fixtureReport(
  options: FixtureOptions = {},
  change: (recording: FixtureRecording) => void = () => undefined,
): Report {
  const recording = fixtureRecording(options);
  change(recording);
  const { run, events, rows } = recording;
  return judge(
    run,
    run.trials.map((trial) => {
      const { requests, attempts } = rows.get(trial.id)!;
      return foldTrial(run, trial, requests, attempts, events);
    }),
  );
}
