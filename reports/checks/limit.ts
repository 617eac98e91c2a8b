/** `{ metric, contender, below | above, phase? }`: a number on one side of a limit, for one contender or all of them. */
import type { Expectation } from '../../scenarios/scenario.ts';
import { metricsByName } from '../metrics.ts';
import { asLimit, inUnit } from '../numbers.ts';
import type { ContenderSummary } from '../summary.ts';
import { define, judgeable, listed, subject } from './check.ts';

export type LimitExpectation = Extract<Expectation, { contender: string | string[] }>;

export default define<LimitExpectation>({
  about: 'a metric below or above a limit',
  accepts: (expectation): expectation is LimitExpectation => 'contender' in expectation,
  judge(expectation, contenders) {
    const names =
      expectation.contender === 'all' ? contenders.map(({ name }) => name) : [expectation.contender].flat();
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
  expectation: LimitExpectation,
  contenders: readonly ContenderSummary[],
  name: string,
): { status: 'pass' | 'fail' | 'unknown'; detail: string } {
  const found = judgeable(contenders, name);
  if ('missing' in found) return { status: 'unknown', detail: found.missing };
  const { below, above } = expectation;
  const { unit, of } = metricsByName[expectation.metric];
  const value = of(found.contender, expectation);
  if (value === undefined) return { status: 'unknown', detail: `${name}: not measured` };
  const good = (below === undefined || value < below) && (above === undefined || value > above);
  return { status: good ? 'pass' : 'fail', detail: `${name}: ${inUnit(value, unit)}` };
}

function sentence(expectation: LimitExpectation): string {
  const { contender, below, above } = expectation;
  const { unit } = metricsByName[expectation.metric];
  const limits = [
    ...(below === undefined ? [] : [`below ${asLimit(below, unit)}`]),
    ...(above === undefined ? [] : [`above ${asLimit(above, unit)}`]),
  ];
  const who = contender === 'all' ? 'every contender' : listed(contender);
  return `${subject(expectation)} of ${who} is ${limits.join(' and ')}`;
}
