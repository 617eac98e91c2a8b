/** `capacity.json`: the highest rate at which each contender met an objective, and how that is told. */
import type { Run } from '../harness/recording.ts';
import { aligned } from './aligned.ts';

export interface Capacity {
  schemaVersion: 1;
  id: string;
  scenario: string;
  driver: Run['driver'];
  seed: number;
  status: 'complete' | 'interrupted';
  /** As it was asked for, limit by limit. */
  objective: string[];
  /** Requests per second that the whole fleet can serve, faults aside. */
  fleetPerSecond: number;
  /** How far `rate` and `above` may be apart, as a share. */
  precision: number;
  contenders: CapacityContender[];
}

export interface CapacityContender {
  name: string;
  /** Requests per second; 0 where it was never met. */
  rate: number;
  /** The lowest rate above it that did not meet the objective; null where there is none. */
  above: number | null;
  /** How the search ended: `confirmed` by further looks; at the `most` that was allowed; out of `looks`; `never` met; `unbelievable`: some recording was. */
  ended: 'confirmed' | 'most' | 'looks' | 'never' | 'unbelievable';
  why?: string;
  /** Of each limit, at `rate`, in the last look at it. */
  values: (number | null)[];
  looks: { rate: number; again: number; met: boolean }[];
}

const said: Record<CapacityContender['ended'], string> = {
  confirmed: '',
  most: 'as far as was asked',
  looks: 'not confirmed: out of looks',
  never: 'never met',
  unbelievable: 'not all looks can be believed',
};

/** A table for a terminal, best first, without colour. */
export function capacityText({ contenders, objective, fleetPerSecond, scenario, driver }: Capacity): string {
  const rows = [...contenders]
    .sort((a, b) => b.rate - a.rate)
    .map(({ name, rate, above, ended, why, looks }) => [
      name,
      `${whole(rate)}/s`,
      Number.isFinite(fleetPerSecond) ? `${((100 * rate) / fleetPerSecond).toFixed(1)}%` : '–',
      above === null ? '–' : `${whole(above)}/s`,
      String(looks.length),
      [said[ended], why ?? ''].filter((it) => it !== '').join(', '),
    ]);
  const head = ['contender', 'meets it up to', 'of the fleet', 'not at', 'looks', ''];
  const where = driver === 'simulation' ? ', simulated' : '';
  return [
    `${scenario}${where}: ${objective.join(', ')}`,
    '',
    ...aligned([head, ...rows], new Set([0, 5])),
  ].join('\n');
}

const whole = (rate: number) =>
  rate >= 100 ? Math.round(rate).toLocaleString('en') : Number(rate.toPrecision(3)).toString();
