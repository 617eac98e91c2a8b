/**
 * `{ equal, to?, metric, within, phase?, … }`: several contenders as good as each other. The largest value is at most `within` above
 * the smallest, whoever has it; what never happened to any is equal, and what did not happen to some is not.
 */
import type { Expectation } from '../../scenarios/scenario.ts';
import { metricsByName } from '../metrics.ts';
import { asLimit, inUnit } from '../numbers.ts';
import { define, judgeable, listed, subject } from './check.ts';

export type EqualExpectation = Extract<Expectation, { equal: string | string[] }>;

export default define<EqualExpectation>({
  about: 'a metric of several contenders equal within a share',
  accepts: (expectation): expectation is EqualExpectation => 'equal' in expectation,
  judge(expectation, contenders) {
    const { equal, to = [], metric, within } = expectation;
    const { unit, of } = metricsByName[metric];
    const names = equal === 'all' ? contenders.map(({ name }) => name) : [...new Set([equal, to].flat())];
    const who = equal === 'all' ? 'all contenders' : listed(names);
    const said = `${subject(expectation)} of ${who} is equal within ${asLimit(within, 'share')}`;
    const found = names.map((name) => judgeable(contenders, name));
    const missing = found.flatMap((one) => ('missing' in one ? [one.missing] : []));
    if (missing.length > 0) return { expectation: said, status: 'unknown', detail: missing.join('; ') };
    const values = found.flatMap((one) =>
      'missing' in one ? [] : [{ name: one.contender.name, value: of(one.contender, expectation) }],
    );
    const unmeasured = values.filter(({ value }) => value === undefined);
    if (unmeasured.length > 0)
      return {
        expectation: said,
        status: 'unknown',
        detail: `${listed(unmeasured.map(({ name }) => name))}: not measured`,
      };
    const measured = values.map(({ value }) => value!);
    const [least, most] = [Math.min(...measured), Math.max(...measured)];
    return {
      expectation: said,
      status:
        measured.length === 0 ? 'unknown' : most === least || most <= least * (1 + within) ? 'pass' : 'fail',
      detail: values.map(({ name, value }) => `${name}: ${inUnit(value, unit)}`).join(', ') || 'nothing ran',
    };
  },
});
