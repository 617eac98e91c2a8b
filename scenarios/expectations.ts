/** What a scenario may expect: contenders that run, and metrics that its load, fleet and faults give a value to. */
import { metricsOfBackends, metricsOfFaults, metricsOfOneFault } from './metrics.ts';
import type { Finding } from './problem.ts';
import type { Expectation, Scenario } from './scenario.ts';
import { choices, show } from './show.ts';
import { didYouMean } from './suggest.ts';

interface Backend {
  readonly id: string;
  readonly zone?: string | undefined;
}

/** Findings of `expect`; `names` are the contenders of the file and of the command line both. What is undefined was not read. */
export function* expectationFindings(
  expect: readonly Expectation[],
  names: ReadonlySet<string>,
  faults: Scenario['faults'] | undefined,
  backends: readonly Backend[] | undefined,
): Generator<Finding> {
  for (const [i, it] of expect.entries()) {
    const own = [
      ...contenderFindings(it, names),
      ...backendFindings(it, backends),
      ...(faults ? faultFindings(it, faults) : []),
    ];
    for (const finding of own) yield { ...finding, path: ['expect', i, ...finding.path] };
  }
}

function* contenderFindings(it: Expectation, names: ReadonlySet<string>): Generator<Finding> {
  const known = [...names].sort();
  const asked = it as Partial<Record<'contender' | 'better' | 'than' | 'equal' | 'to', string | string[]>>;
  for (const key of ['contender', 'better', 'than', 'equal', 'to'] as const) {
    const given = asked[key];
    if (given === undefined || (given === 'all' && (key === 'contender' || key === 'equal'))) continue;
    for (const [at, name] of [given].flat().entries())
      if (!names.has(name))
        yield {
          path: typeof given === 'string' ? [key] : [key, at],
          message: `expected a contender (${choices(known)}), got ${show(name)}${didYouMean(name, known)}`,
        };
  }
  if ('better' in it && it.better === it.than)
    yield { path: ['than'], message: `expected another contender than ${it.better}, got the same` };
  if ('equal' in it && it.equal !== 'all' && new Set(contendersOf(it)).size < 2)
    yield {
      path: ['equal'],
      message: `expected at least two contenders to be equal, got ${show(it.equal)}; name others under \`to\``,
    };
}

function* backendFindings(
  { metric, backend }: Expectation,
  backends: readonly Backend[] | undefined,
): Generator<Finding> {
  if (metric === 'share' && backend === undefined)
    yield {
      path: ['metric'],
      message: 'expected `backend` beside share, whose share it is, got none; add backend: app-1',
    };
  if (backend === undefined) return;
  if (!metricsOfBackends.has(metric))
    yield {
      path: ['backend'],
      message: `expected a metric that a backend has (${[...metricsOfBackends].join(' or ')}) beside \`backend\`, got ${metric}`,
    };
  if (!backends) return;
  const known = backends.flatMap(({ id, zone }) => (zone === undefined ? [id] : [id, `zone:${zone}`]));
  for (const [at, one] of [backend].flat().entries())
    if (!known.includes(one))
      yield {
        path: typeof backend === 'string' ? ['backend'] : ['backend', at],
        message: `expected a backend or zone:NAME of the fleet, got ${show(one)}${didYouMean(one, known)}`,
      };
}

function* faultFindings(
  { metric, phase, fault }: Expectation,
  faults: Scenario['faults'],
): Generator<Finding> {
  const perFault = metricsOfFaults.has(metric);
  if (faults.length === 0) {
    if (perFault)
      yield {
        path: ['metric'],
        message: `expected a metric that needs no fault, since the scenario has none, got ${metric}`,
      };
    if (phase !== undefined)
      yield {
        path: ['phase'],
        message: `expected no phase, since the scenario has no fault to be ${phase}, got ${phase}`,
      };
  }
  if (fault === undefined || faults.length === 0) return;
  if (!metricsOfOneFault.has(metric))
    yield {
      path: ['fault'],
      message: `expected a metric that a fault has (${choices([...metricsOfOneFault])}) beside \`fault\`, got ${metric}`,
    };
  else if (fault >= faults.length)
    yield {
      path: ['fault'],
      message: `expected the position of a fault (0 to ${faults.length - 1}, as they stand in \`faults\`), got ${fault}`,
    };
}

/** The contenders an expectation speaks of; none where it speaks of all. */
export function contendersOf(it: Expectation): string[] {
  if ('better' in it) return [it.better, it.than];
  if ('equal' in it) return [it.equal, it.to ?? []].flat().filter((name) => name !== 'all');
  return it.contender === 'all' ? [] : [it.contender].flat();
}
