/**
 * The contract of a check: one kind of expectation, judged from the summary alone.
 * To write your own: a file here whose default export is `define({ about, accepts, judge })`; it is found by listing the folder.
 */
import type { Expectation } from '../../scenarios/scenario.ts';
import { metricsByName } from '../metrics.ts';
import type { ContenderSummary, ExpectationResult } from '../summary.ts';

export interface CheckDefinition<E extends Expectation = Expectation> {
  readonly about: string;
  /** Whether an expectation is of this kind. Exactly one check accepts each. */
  accepts(expectation: Expectation): expectation is E;
  /** Three-valued: what was not measured is unknown, neither passed nor failed. */
  judge(expectation: E, contenders: readonly ContenderSummary[]): ExpectationResult;
}

export function define<E extends Expectation>(check: CheckDefinition<E>): CheckDefinition<E> {
  return check;
}

/** What is measured, in words: `share of the attempts on app-2 during the faults`. */
export function subject({ metric, backend, phase, fault }: Expectation): string {
  return [
    metricsByName[metric].label,
    ...(backend === undefined ? [] : [`on ${listed(backend)}`]),
    ...(fault === undefined ? [] : [`in fault ${fault}`]),
    ...(phase === undefined ? [] : [`${phase} the faults`]),
  ].join(' ');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: string | readonly string[]): string {
  return [names]
    .flat()
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');
}

/** The contender, if it can be judged; else why not. */
export function judgeable(
  contenders: readonly ContenderSummary[],
  name: string,
): { contender: ContenderSummary } | { missing: string } {
  const contender = contenders.find((it) => it.name === name);
  if (!contender) return { missing: `${name} did not run` };
  if (contender.status === 'complete') return { contender };
  return {
    missing:
      contender.status === 'failed'
        ? `${name} failed: ${contender.error ?? 'no reason given'}`
        : contender.status === 'invalid'
          ? `the trial of ${name} is invalid`
          : `${name} was interrupted`,
  };
}
