/** When a balancer was in panic: it used backends it believed to be gone, as it was told to. */
import type { Event } from '../harness/recording.ts';

/** Whether that was so at any time of [from, to), ms from t = 0. `events` are one trial's, in order. */
export function panicked(events: readonly Event[], from: number, to: number): boolean {
  return events.some((begun, i) => {
    if (begun.type !== 'panic' || begun.phase !== 'begun' || begun.t >= to) return false;
    const over = events.find(
      (it, j) => j > i && it.type === 'panic' && it.phase === 'over' && it.pool === begun.pool,
    );
    return over === undefined || over.t > from;
  });
}
