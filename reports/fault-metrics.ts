/**
 * The metrics that a fault gives a value to. Of several faults the worst stands for all, and what they cost adds up, unless one is
 * asked for by its position in the scenario.
 */

import type { Scope } from './metrics.ts';
import type { Failover, FailoverNumber, Measures } from './summary.ts';

type Key = 'detectMs' | 'ejectedMs' | 'readmittedMs' | 'lastSentMs' | FailoverNumber;

/** Questions about the backends a fault fell upon, and about their return. */
const ofVictims: ReadonlySet<Key> = new Set([
  'detectMs',
  'ejectedMs',
  'readmittedMs',
  'lastSentMs',
  'victimShare',
  'overshoot',
  'returnedShare',
  'fairAgainMs',
]);
const ofReturn: ReadonlySet<Key> = new Set(['readmittedMs', 'overshoot', 'returnedShare', 'fairAgainMs']);
/** What did not happen by the end of the window is said to have happened never. */
const happens: ReadonlySet<Key> = new Set([
  'detectMs',
  'ejectedMs',
  'readmittedMs',
  'recoverMs',
  'fairAgainMs',
]);

/** A number of one fault: Infinity for what never happened, undefined for what the recording cannot tell or nobody can ask. */
export function numberOf(failover: Failover, key: Key): number | undefined {
  if (unknown(failover, key) || !arises(failover, key)) return undefined;
  // Nothing sent since the fault took is as good as it gets.
  if (key === 'lastSentMs') return failover.lastSentMs ?? 0;
  return failover[key] ?? (happens.has(key) ? Number.POSITIVE_INFINITY : undefined);
}

function unknown({ unknown }: Failover, key: Key): boolean {
  return unknown?.[key as FailoverNumber] !== undefined;
}

/** A fault of the load has no victims, nobody returns from a fault that is not healed, and only who was out is taken back. */
function arises({ backends, healedMs, detectMs }: Failover, key: Key): boolean {
  if (key === 'readmittedMs' && detectMs === null) return false;
  return (backends.length > 0 || !ofVictims.has(key)) && (healedMs !== null || !ofReturn.has(key));
}

/**
 * Of all faults, or all occurrences of one, folded into a number. Undefined with a phase, as a fault has none; where no fault has an
 * answer; and where one that should have an answer has none.
 */
export function ofFaults(key: Key, fold: (values: number[]) => number) {
  return ({ failover }: Measures, { phase, fault }: Scope = {}): number | undefined => {
    if (phase !== undefined) return undefined;
    const asked = failover.filter((one) => (fault === undefined || one.fault === fault) && arises(one, key));
    const values = asked.flatMap((one) => numberOf(one, key) ?? []);
    return values.length === 0 || asked.some((one) => unknown(one, key)) ? undefined : fold(values);
  };
}

export const largest = (values: number[]) => Math.max(...values);
export const smallest = (values: number[]) => Math.min(...values);
export const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
