/** The knee in words: what its title says there is to see, and the table of its numbers. */
import { milliseconds, percent } from '../numbers.ts';
import { kneeOf, type Sweep, type SweepContender, unanswered } from '../sweep.ts';
import type { Table } from './chart.ts';
import type { KneeAxis } from './knee-axis.ts';

interface Judged {
  value: number;
  /** Those with a p99, best first. */
  finite: { name: string; p99: number }[];
  overloaded: string[];
}

/** The spread at the last point where anyone still has a p99, then at the first; who is overloaded, and from where all are. */
export function kneeTitle({ points, contenders }: Sweep, { phrase, word }: KneeAxis): string {
  const judged = points
    .map(judgedAt)
    .filter(({ finite, overloaded }) => finite.length + overloaded.length > 0);
  const sound = judged.filter(({ finite }) => finite.length > 0);
  const [first, last] = [sound[0], sound.at(-1)];
  if (first === undefined || last === undefined)
    return `${capitalized(phrase(judged[0]!.value))} ${contenders.length === 1 ? `${contenders[0]!.name} is` : 'all are'} overloaded already`;
  const end = judged.at(-1)!;
  const lost = [
    ...(last.overloaded.length > 0 ? [`; ${listed(last.overloaded)} overloaded`] : []),
    ...(last === end
      ? []
      : [`; ${phrase(end.value)}, ${contenders.length === 1 ? 'overloaded' : 'all are overloaded'}`]),
  ].join('');
  const [best, worst] = [last.finite[0]!, last.finite.at(-1)!];
  if (contenders.length === 1) {
    const before = first === last ? '' : `${milliseconds(first.finite[0]!.p99)} ${phrase(first.value)}, `;
    return `p99 of ${best.name}: ${before}${milliseconds(best.p99)} ${first === last ? phrase(last.value) : `at ${word(last.value)}`}${lost}`;
  }
  const then = first === last ? '' : `; at ${word(first.value)}, ${spanOf(first)}`;
  const now =
    best === worst
      ? `p99 is ${milliseconds(best.p99)} (${best.name})`
      : `p99 runs from ${milliseconds(best.p99)} (${best.name}) to ${milliseconds(worst.p99)} (${worst.name})`;
  return `${capitalized(phrase(last.value))} ${now}${then}${lost}`;
}

function judgedAt({ value, contenders }: Sweep['points'][number]): Judged {
  const known = contenders.flatMap((it) => {
    const p99 = kneeOf(it);
    return p99 === undefined ? [] : [{ name: it.name, p99 }];
  });
  return {
    value,
    finite: known.filter(({ p99 }) => Number.isFinite(p99)).sort((a, b) => a.p99 - b.p99),
    overloaded: known.filter(({ p99 }) => !Number.isFinite(p99)).map(({ name }) => name),
  };
}

function spanOf({ finite }: Judged): string {
  const [low, high] = [milliseconds(finite[0]!.p99), milliseconds(finite.at(-1)!.p99)];
  return low === high ? low : `from ${low} to ${high}`;
}

/** Points down and contenders across, or the other way where there are more contenders. */
export function kneeTable({ points, contenders }: Sweep, { word }: KneeAxis): Table {
  const names = contenders.map(({ name }) => name);
  const cell = ({ contenders: its }: Sweep['points'][number], name: string) =>
    said(its.find((it) => it.name === name));
  return points.length >= names.length
    ? {
        columns: ['p99', ...names],
        rows: points.map((point) => [word(point.value), ...names.map((name) => cell(point, name))]),
      }
    : {
        columns: ['p99', ...points.map(({ value }) => word(value))],
        rows: names.map((name) => [name, ...points.map((point) => cell(point, name))]),
      };
}

function said(contender: SweepContender | undefined): string {
  const p99 = contender && kneeOf(contender);
  if (contender === undefined || p99 === undefined)
    return contender === undefined || contender.status === 'complete' ? '–' : contender.status;
  return Number.isFinite(p99) ? milliseconds(p99) : `${percent(unanswered(contender))} bad`;
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function listed(names: readonly string[]): string {
  if (names.length === 1) return `${names[0]} is`;
  if (names.length <= 3) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`;
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more are`;
}
