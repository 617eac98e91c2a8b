/** Whether the shapes of faults (`every`, `stagger`) make sense on this fleet and in this length; and what of them will not be seen. */
import { countable, type Sections } from './consistency.ts';
import { lengthOf } from './load-length.ts';
import { mostOccurrences, timesOfFault } from './occurrences.ts';
import type { Finding } from './problem.ts';
import { backendsOf, type ScheduledFault } from './scenario.ts';
import { type Target, targetsOf } from './targets.ts';

/** What flaps can be counted, and meets itself on no backend. */
export function* shapeFindings({ fleet, load, faults = [] }: Sections): Generator<Finding> {
  if (!fleet || !load || !countable(fleet)) return;
  const length = lengthOf({ fleet, load, faults });
  const backends = backendsOf({ fleet });
  for (const [i, scheduled] of faults.entries()) {
    const { at, until = Number.NaN, every, again, stagger = 0 } = scheduled;
    const times = timesOfFault(scheduled, length);
    if (Number.isNaN(times))
      yield {
        path: ['faults', i, 'every'],
        message:
          'expected `times` beside it, since nobody knows how long this load takes, got every alone; or give load.duration',
      };
    const count = times * widthOf(scheduled, i, backends);
    if (count > mostOccurrences)
      yield {
        path: ['faults', i, times > 1 ? 'every' : 'stagger'],
        message: `expected at most ${mostOccurrences} occurrences, got ${count}; make it longer, or give fewer times`,
      };
    const round = until - at + (widthOf(scheduled, i, backends) - 1) * stagger;
    if (again === 'anew' && stagger > 0 && every !== undefined && every <= round)
      yield {
        path: ['faults', i, 'every'],
        message: `expected longer than one round of all its targets takes (${round}ms), as the next round draws anew and may meet the same backend, got ${every}ms`,
      };
  }
}

/** How many occurrences one round of it has. */
function widthOf({ on, stagger }: ScheduledFault, fault: number, backends: readonly Target[]): number {
  return stagger === undefined ? 1 : targetsOf(on, backends, 0, fault).length;
}

/** Sentences for the report: occurrences that come too late to happen. */
export function shapeNotes({
  fleet,
  load,
  faults,
}: Required<Pick<Sections, 'fleet' | 'load' | 'faults'>>): string[] {
  const length = lengthOf({ fleet, load, faults });
  if (length === undefined) return [];
  const backends = backendsOf({ fleet });
  return faults.flatMap((scheduled, i) => {
    const { kind, at, every = 0, stagger = 0 } = scheduled;
    // Without `times` it was asked for until the end, and so it is.
    if (scheduled.every !== undefined && scheduled.times === undefined) return [];
    const times = timesOfFault(scheduled, length);
    const width = widthOf(scheduled, i, backends);
    let late = 0;
    for (let time = 0; time < times; time++)
      for (let target = 0; target < width; target++)
        if (at + time * every + target * stagger >= length) late++;
    return late === 0
      ? []
      : [
          `faults.${i}: ${late} of ${times * width} occurrences of ${kind} would begin after the end of the run (${Math.round(length)}ms) and will not happen.`,
        ];
  });
}
