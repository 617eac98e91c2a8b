/** What a scenario may expect: contenders that run, and metrics that its load and faults give a value to. */
import { metricsOfFaults } from './metrics.ts';
import type { Finding } from './problem.ts';
import type { Expectation, Scenario } from './scenario.ts';
import { choices, show } from './show.ts';
import { didYouMean } from './suggest.ts';

/** Findings of `expect`; `names` are the contenders of the file and of the command line both. */
export function* expectationFindings(
  expect: readonly Expectation[],
  names: ReadonlySet<string>,
  faults: Scenario['faults'] | undefined,
): Generator<Finding> {
  for (const [i, it] of expect.entries()) {
    for (const key of ['contender', 'better', 'than'] as const) {
      const name = (it as Partial<Record<typeof key, string>>)[key];
      if (name === undefined || names.has(name) || (key === 'contender' && name === 'all')) continue;
      const known = [...names].sort();
      yield {
        path: ['expect', i, key],
        message: `expected a contender (${choices(known)}), got ${show(name)}${didYouMean(name, known)}`,
      };
    }
    if ('better' in it && it.better === it.than)
      yield {
        path: ['expect', i, 'than'],
        message: `expected another contender than ${it.better}, got the same`,
      };
    if (faults?.length !== 0) continue;
    if (metricsOfFaults.has(it.metric))
      yield {
        path: ['expect', i, 'metric'],
        message: `expected a metric that needs no fault, since the scenario has none, got ${it.metric}`,
      };
    if (it.phase !== undefined)
      yield {
        path: ['expect', i, 'phase'],
        message: `expected no phase, since the scenario has no fault to be ${it.phase}, got ${it.phase}`,
      };
  }
}

/** The contenders an expectation speaks of; none where it speaks of all. */
export function contendersOf(it: Expectation): string[] {
  if ('better' in it) return [it.better, it.than];
  return it.contender === 'all' ? [] : [it.contender];
}
