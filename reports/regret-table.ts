/** Regret as a table, once for every format: contenders in the verdict's order, those of which it is known. */
import type { Table } from './charts/chart.ts';
import { inOrder } from './judge.ts';
import { inUnit } from './numbers.ts';
import type { Regret, Summary } from './summary.ts';

export interface Regretful {
  name: string;
  regret: Regret;
}

export function regretful(summary: Summary): Regretful[] {
  return inOrder(summary).flatMap((name) => {
    const { regret } = summary.contenders.find((it) => it.name === name)!;
    return regret === undefined ? [] : [{ name, regret }];
  });
}

/** `1.81×`; a dash where the oracle takes no time. */
export const times = ({ factor }: Regret) => (factor === null ? '–' : `${factor.toFixed(2)}×`);

/** Without rows where there is no oracle to compare with. */
export function regretTable(summary: Summary): Table {
  return {
    columns: ['contender', 'mean beyond the oracle', 'median', 'p99', 'oracle’s mean', 'mean ÷ oracle’s'],
    rows: regretful(summary).map(({ name, regret: it }) => [
      name,
      ...[it.meanMs, it.p50Ms, it.p99Ms, it.oracleMeanMs].map((value) => inUnit(value, 'ms')),
      times(it),
    ]),
  };
}
