/** `{ better, than, metric, by?, phase?, … }`: one contender ahead of another, by a share of the other's value where `by` is given. */
import type { Expectation } from '../../scenarios/scenario.ts';
import { isBetter, metricsByName } from '../metrics.ts';
import { asLimit, inUnit } from '../numbers.ts';
import { define, judgeable, subject } from './check.ts';

export type BetterExpectation = Extract<Expectation, { better: string }>;

export default define<BetterExpectation>({
  about: 'a metric of one contender better than that of another',
  accepts: (expectation): expectation is BetterExpectation => 'better' in expectation,
  judge(expectation, contenders) {
    const { better, than, metric, by = 0 } = expectation;
    const { unit, of, better: direction } = metricsByName[metric];
    const least = by > 0 ? `at least ${asLimit(by, 'share')} ` : '';
    const said = `${subject(expectation)} of ${better} is ${least}better than that of ${than}`;
    const ahead = judgeable(contenders, better);
    const behind = judgeable(contenders, than);
    if ('missing' in ahead) return { expectation: said, status: 'unknown', detail: ahead.missing };
    if ('missing' in behind) return { expectation: said, status: 'unknown', detail: behind.missing };
    const a = of(ahead.contender, expectation);
    const b = of(behind.contender, expectation);
    if (a === undefined || b === undefined)
      return {
        expectation: said,
        status: 'unknown',
        detail: `${a === undefined ? better : than}: not measured`,
      };
    const limit = direction === 'lower' ? b * (1 - by) : b * (1 + by);
    // With a margin, reaching it exactly is enough ("at least"); without one, equal is not better.
    const good = isBetter({ better: direction }, a, limit) || (by > 0 && a === limit);
    return {
      expectation: said,
      status: good ? 'pass' : 'fail',
      detail: `${better}: ${inUnit(a, unit)}, ${than}: ${inUnit(b, unit)}`,
    };
  },
});
