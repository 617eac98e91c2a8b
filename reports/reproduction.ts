/** Whether a run that was made again comes to the same verdict: the same winner or tie, and the same expectations met. */
import { inUnit } from './numbers.ts';
import { criteria } from './ranking.ts';
import type { Finding, Summary } from './summary.ts';

/** Findings, each a law that the second run keeps or breaks; `ok` is null where neither run can say. */
export function reproduction(first: Summary, again: Summary): Finding[] {
  return [winner(first, again), expectations(first, again), ...values(first, again)];
}

/** All that may be the best; the first of the ranking where nothing is claimed. */
function leaders({ verdict: { ties, ranking } }: Summary): string[] {
  return ties[0] ?? (ranking[0] === undefined ? [] : [ranking[0].contender]);
}

function winner(first: Summary, again: Summary): Finding {
  const [before, after] = [leaders(first), leaders(again)];
  const shared = before.filter((name) => after.includes(name));
  const said = (names: readonly string[], { verdict }: Summary) =>
    names.length === 0
      ? 'nobody'
      : `${names.join(' = ')}${verdict.proven || verdict.ties.length > 0 ? '' : ' (observed)'}`;
  const proven = first.verdict.proven && again.verdict.proven;
  return {
    check: 'winner',
    // A tie is reproduced by either of its members; what was proven only by being proven for the same one again.
    ok: shared.length > 0 || (before.length === 0 && after.length === 0),
    detail: `${said(before, first)}, and again ${said(after, again)}${proven ? ', both proven' : ''}`,
  };
}

function expectations(first: Summary, again: Summary): Finding {
  const changed = first.verdict.expectations.flatMap(({ expectation, status }) => {
    const other = again.verdict.expectations.find((it) => it.expectation === expectation);
    return other === undefined || other.status === status
      ? []
      : [`${expectation}: ${status}, and again ${other.status} (${other.detail})`];
  });
  const total = first.verdict.expectations.length;
  return {
    check: 'expectations',
    ok: total === 0 ? null : changed.length === 0,
    detail:
      total === 0 ? 'there are none' : changed.length === 0 ? `all ${total} as before` : changed.join('; '),
  };
}

/** The objective of each contender, before and again: shown, and no law. */
function values(first: Summary, again: Summary): Finding[] {
  const [{ label, unit }] = criteria[first.verdict.objective as keyof typeof criteria];
  return first.verdict.ranking.map(({ contender, value }) => ({
    check: contender,
    ok: null,
    detail: `${label} ${inUnit(value, unit)}, and again ${inUnit(
      again.verdict.ranking.find((it) => it.contender === contender)?.value,
      unit,
    )}`,
  }));
}
