/**
 * Two experiments in one go, round against round: whatever the machine does meanwhile, it does to both. Who goes first in a round is drawn,
 * so that neither always has the warmer machine.
 */
import { bits, stream } from '../scenarios/random.ts';
import type { PlannedTrial } from './trial-runner.ts';

/** One trial and whose it is: 0 the first experiment's, 1 the second's. */
export interface Turn {
  readonly side: 0 | 1;
  readonly planned: PlannedTrial;
}

interface Trials {
  readonly trials: readonly PlannedTrial[];
}

/** Every trial of both, in the order they will run: a contender's two trials of a round stand next to one another. */
export function turnsOf(base: Trials, head: Trials, seed: number): Turn[] {
  const left = [...head.trials];
  const turns = base.trials.flatMap((planned, i): Turn[] => {
    const at = left.findIndex(
      (it) => it.round === planned.round && it.contender.name === planned.contender.name,
    );
    const own: Turn = { side: 0, planned };
    if (at < 0) return [own];
    const other: Turn = { side: 1, planned: left.splice(at, 1)[0]! };
    return bits(seed, stream.order, i, 1) % 2 === 0 ? [own, other] : [other, own];
  });
  return [...turns, ...left.map((planned): Turn => ({ side: 1, planned }))];
}
