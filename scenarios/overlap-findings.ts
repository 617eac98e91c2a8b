/**
 * Host-level faults that meet on one backend, played through before the run: what one of them makes impossible is said here, where it
 * stands in the file, and not by a driver in the middle of a trial.
 */
import { faults as catalogue } from './catalogue.ts';
import { countable, type Sections } from './consistency.ts';
import type { HostFaultKind } from './faults/fault.ts';
import { isDead, whyNot } from './host-faults.ts';
import { lengthOf } from './load-length.ts';
import { occurrencesOf, type Step, stepsOf } from './occurrences.ts';
import type { Finding } from './problem.ts';
import { roundSeed } from './random.ts';
import { backendsOf, type Scenario } from './scenario.ts';

/** Steps looked at in all: rounds beyond are left to the run. */
const mostSteps = 1_000_000;

/** Nothing is in the way of another fault without one of these. */
const inTheWay: readonly HostFaultKind[] = ['freeze', 'out-of-memory', 'partition'];

/** Whatever is drawn: each round has seeds of its own. */
export function* overlapFindings({
  fleet,
  load,
  faults,
  rounds = 1,
  seed = 1,
}: Sections): Generator<Finding> {
  if (!fleet || !load || !faults || !countable(fleet)) return;
  const kinds = new Set<string>(faults.map(({ kind }) => kind));
  if (!inTheWay.some((kind) => kinds.has(kind))) return;
  const specs = backendsOf({ fleet });
  const length = lengthOf({ fleet, load, faults });
  const told = new Set<string>();
  let looked = 0;
  for (let round = 0; round < rounds && looked < mostSteps; round++) {
    const steps = stepsOf(occurrencesOf(faults, specs, roundSeed(seed, round), length));
    for (const finding of conflictsIn(steps, faults, `round ${round + 1}`)) {
      const place = finding.path.join('.');
      if (told.has(place)) continue;
      told.add(place);
      yield finding;
    }
    looked += steps.length;
  }
}

function* conflictsIn(steps: readonly Step[], faults: Scenario['faults'], round: string): Generator<Finding> {
  /** What stands on each backend, by fault; a freeze whose process has gone is not among it. */
  const standing = new Map<string, Map<number, HostFaultKind>>();
  const voided = new Map<string, Set<number>>();
  for (const { at, what, of } of steps) {
    const { kind } = faults[of.fault]!;
    if (catalogue.get(kind)?.level !== 'host') continue;
    for (const id of of.backends) {
      const here = standing.get(id) ?? new Map<number, HostFaultKind>();
      const gone = voided.get(id) ?? new Set<number>();
      standing.set(id, here);
      voided.set(id, gone);
      const before = new Set(here.values());
      if (what === 'begin') {
        const why = whyNot(kind as HostFaultKind, before);
        if (why !== undefined)
          yield {
            path: ['faults', of.fault, kind],
            key: true,
            message: `expected to be possible when it begins, got ${kind} of ${id} at ${at}ms while ${[...here].map(([fault, it]) => `${it} (faults.${fault})`).join(' and ')} stands (${round}): ${why}; let one end before the other begins`,
          };
        here.set(of.fault, kind as HostFaultKind);
        if (isDead(new Set(here.values())))
          for (const [fault, it] of here)
            if (it === 'freeze') {
              here.delete(fault);
              gone.add(fault);
            }
        continue;
      }
      here.delete(of.fault);
      gone.delete(of.fault);
      const [frozen] = gone;
      if (frozen !== undefined && isDead(before) && !isDead(new Set(here.values())))
        yield {
          path: ['faults', frozen, 'freeze'],
          key: true,
          message: `expected to end no later than the ${kind} that takes its process away (faults.${of.fault}, healed at ${at}ms), got a freeze of ${id} that stands when another process begins (${round}); end it before, or begin it after`,
        };
    }
  }
}
