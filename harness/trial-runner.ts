/** What an experiment needs of whatever runs its trials: real backends (real-trials.ts) or virtual time (simulation/). */
import type { ResolvedContender } from '../scenarios/contenders.ts';
import type { Event, RequestCounts, Run, Trial } from './recording.ts';

/** One trial as it is planned. */
export interface PlannedTrial {
  id: string;
  contender: ResolvedContender;
  round: number;
  order: number;
  seed: number;
}

/** What a watcher sees of a running trial, about twice a second. */
export interface Progress {
  /** ms from t = 0; negative in the warm-up. */
  t: number;
  /** Requests that ended, per second of the wall clock. */
  perSecond: number;
  /** Of what ended last; absent where nobody keeps it. */
  p99Ms?: number;
  counts: RequestCounts;
  /** Kinds of the faults in force. */
  faults: readonly string[];
}

export interface TrialHooks {
  onProgress(progress: Progress): void;
  onEvent(event: Event): void;
  /** Called when t = 0 is known, before the load starts, so that even a run that is killed can be read. */
  onStart(trial: Trial): Promise<void>;
}

export interface TrialRunner {
  readonly name: Run['driver'];
  /** Why nothing can be measured here any more, once that is so: what the backends stood on has gone. */
  readonly broken?: string | undefined;
  /** How many trials may run at once without an effect on one another. */
  readonly atOnce: number;
  /** Starts the backends. */
  launch(): Promise<void>;
  /** A trial that fails does not reject: its `status` and `error` say so. */
  trial(planned: PlannedTrial, hooks: TrialHooks): Promise<Trial>;
  /** Removes the backends; safe to call at any time, also twice. */
  close(): Promise<void>;
}
