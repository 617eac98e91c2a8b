/** `{ metric, contender, below | above, phase? }`: a number on one side of a limit, for one contender or all of them. */
import type { Expectation } from '../../scenarios/scenario.ts';
import { metricsByName } from '../metrics.ts';
import { asLimit, inUnit } from '../numbers.ts';
import type { ContenderSummary } from '../summary.ts';
import { define, judgeable } from './check.ts';

export type LimitExpectation = Extract<Expectation, { contender: string }>;

export default define<LimitExpectation>({
  about: 'a metric below or above a limit',
  accepts: (expectation): expectation is LimitExpectation => 'contender' in expectation,
  judge(expectation, contenders) {
    const names =
      expectation.contender === 'all' ? contenders.map(({ name }) => name) : [expectation.contender];
    const results = names.map((name) => one(expectation, contenders, name));
    const status = (['fail', 'unknown'] as const).find((it) =>
      results.some((result) => result.status === it),
    );
    const decisive = results.filter((result) => status === undefined || result.status === status);
    return {
      expectation: sentence(expectation),
      status: results.length === 0 ? 'unknown' : (status ?? 'pass'),
      detail: decisive.map(({ detail }) => detail).join('; ') || 'nothing ran',
    };
  },
});

function one(
  { metric, phase, below, above }: LimitExpectation,
  contenders: readonly ContenderSummary[],
  name: string,
): { status: 'pass' | 'fail' | 'unknown'; detail: string } {
  const found = judgeable(contenders, name);
  if ('missing' in found) return { status: 'unknown', detail: found.missing };
  const { unit, of } = metricsByName[metric];
  const value = of(found.contender, phase);
  if (value === undefined) return { status: 'unknown', detail: `${name}: not measured` };
  const good = (below === undefined || value < below) && (above === undefined || value > above);
  return { status: good ? 'pass' : 'fail', detail: `${name}: ${inUnit(value, unit)}` };
}

function sentence({ metric, contender, phase, below, above }: LimitExpectation): string {
  const { label, unit } = metricsByName[metric];
  const limits = [
    ...(below === undefined ? [] : [`below ${asLimit(below, unit)}`]),
    ...(above === undefined ? [] : [`above ${asLimit(above, unit)}`]),
  ];
  const who = contender === 'all' ? 'every contender' : contender;
  return `${label}${phase ? ` ${phase} the faults` : ''} of ${who} is ${limits.join(' and ')}`;
}
