/** What each contender lived through, fault by fault, once for every format: the course in order of time, and the cost. */
import { numberOf } from './fault-metrics.ts';
import { inOrder } from './judge.ts';
import { count, inUnit } from './numbers.ts';
import type { ContenderSummary, Failover, Summary } from './summary.ts';

export interface FaultRow {
  contender: string;
  fault: string;
  cells: string[];
}

export interface FaultTable {
  columns: readonly string[];
  rows: FaultRow[];
}

/** Best contender first, and each one's faults in order of time. */
function tableOf(
  summary: Summary,
  columns: Readonly<Record<string, (failover: Failover, contender: ContenderSummary) => string>>,
): FaultTable {
  return {
    columns: Object.keys(columns),
    rows: inOrder(summary).flatMap((name) => {
      const contender = summary.contenders.find((it) => it.name === name)!;
      return contender.failover.map((failover) => ({
        contender: name,
        fault: namedFault(failover),
        cells: Object.values(columns).map((of) => of(failover, contender)),
      }));
    }),
  };
}

/** `crash of app-2`, `spike`. */
export function namedFault({ kind, backends }: Pick<Failover, 'kind' | 'backends'>): string {
  return backends.length === 0 ? kind : `${kind} of ${backends.join(', ')}`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const ms = (key: Parameters<typeof numberOf>[1]) => (it: Failover) => inUnit(numberOf(it, key), 'ms');
const requests = (key: Parameters<typeof numberOf>[1]) => (it: Failover) =>
  inUnit(numberOf(it, key), 'requests');
const share = (key: Parameters<typeof numberOf>[1]) => (it: Failover) => inUnit(numberOf(it, key), 'share');

/** In order: from the order to the harness until the victims carried their part again. Durations are from the fault taken, then from the heal. */
export function courseTable(summary: Summary): FaultTable {
  return tableOf(summary, {
    'asked for at': ({ askedMs }) => seconds(askedMs),
    'taken after': ({ askedMs, takenMs }) => inUnit(takenMs - askedMs, 'ms'),
    'last sent to it': ms('lastSentMs'),
    ejected: ms('ejectedMs'),
    detected: ms('detectMs'),
    recovered: ms('recoverMs'),
    'healed at': ({ healedMs }) => (healedMs === null ? 'never' : seconds(healedMs)),
    'taken back': ms('readmittedMs'),
    'fair share again': ms('fairAgainMs'),
  });
}

export function costTable(summary: Summary): FaultTable {
  return tableOf(summary, {
    sacrificed: requests('sacrificed'),
    duplicated: repeated,
    delayed: requests('delayed'),
    'lost goodput': requests('lostGoodput'),
    'attempts per request': (_, { phases }) => inUnit(phases?.during.attemptsPerRequest, 'number'),
    'victims’ share': share('victimShare'),
    overshoot: (it) => times(numberOf(it, 'overshoot')),
    'share since back': share('returnedShare'),
  });
}

/** `3`, or `3 to 5` where a killed process took its memory of what it executed along. */
function repeated({ duplicated, perhapsDuplicated }: Failover): string {
  if (duplicated === null) return '–';
  const most = duplicated + (perhapsDuplicated ?? 0);
  return most === duplicated ? count(duplicated) : `${count(duplicated)} to ${count(most)}`;
}

/** What the comparison does not have, in the width of a terminal. */
export function terminalTable(summary: Summary): FaultTable {
  return tableOf(summary, {
    'last sent': ms('lastSentMs'),
    ejected: ms('ejectedMs'),
    'fair again': ms('fairAgainMs'),
    overshoot: (it) => times(numberOf(it, 'overshoot')),
    delayed: requests('delayed'),
    'lost goodput': requests('lostGoodput'),
  });
}

function times(factor: number | undefined): string {
  return factor === undefined ? '–' : `${factor.toFixed(2)} × fair`;
}
