/** Faults to propose, out of what a survey found: each with when, whom, what, and the evidence in words. Pure. */
import { type Burst, burstsOf } from './bursts.ts';
import type { Failure } from './logged.ts';
import { differ, type Period, periodsOf } from './periods.ts';
import type { Silence } from './silences.ts';
import { Sketch } from './sketch.ts';
import type { Survey } from './survey.ts';

export interface Proposal {
  /** ms from t = 0. */
  readonly at: number;
  /** Undefined where it lasted to the end. */
  readonly until: number | undefined;
  /** Number of the backend in the survey. */
  readonly backend: number;
  readonly kind: 'crash' | 'vanish' | 'freeze' | 'error' | 'reset' | 'hang' | 'slow' | 'law';
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Of `law`. */
  readonly times?: Sketch;
  /** What was seen, and why that fault. */
  readonly evidence: string;
}

/** A backend's usual service times; undefined where the log does not tell. */
export interface Fitted {
  readonly usual: readonly (Sketch | undefined)[];
  readonly proposals: readonly Proposal[];
}

/** `end` is the last moment of the scenario, ms. */
export function fitted(survey: Survey, end: number): Fitted {
  const { timeline } = survey;
  const silences = survey.silences.evident();
  const proposals: Proposal[] = silences.map((it) => ofSilence(it, end));
  const usual = survey.backends.map((_, backend) => {
    const cells = timeline.of(backend);
    const own = silences.filter((it) => it.backend === backend);
    const inSilence = (window: number) =>
      own.some(
        ({ from = 0, to = end }) => (window + 1) * timeline.width > from && window * timeline.width < to,
      );
    for (const burst of burstsOf(cells, inSilence)) proposals.push(ofBurst(burst, backend, timeline.width));
    const periods = periodsOf(cells);
    const base = usualOf(periods);
    if (base === undefined) return undefined;
    const longest = base;
    const law = new Sketch();
    for (const it of periods) if (it === longest || !differ(it.times, longest.times)) law.merge(it.times);
    for (const it of periods)
      if (it !== longest && differ(it.times, longest.times))
        proposals.push(ofPeriod(it, law, backend, timeline.width, end));
    return law;
  });
  return { usual, proposals: proposals.sort((a, b) => a.at - b.at || a.backend - b.backend) };
}

/** The period that most requests were served in. */
function usualOf(periods: readonly Period[]): Period | undefined {
  return [...periods].sort((a, b) => b.times.count - a.times.count)[0];
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 100_000 ? 2 : 1)} s`;

const words: Readonly<Record<Failure, string>> = {
  refused: 'refused',
  silent: 'without an answer to the connect',
  timeout: 'connected and not answered in time',
  broken: 'broken off',
  error: 'answered 5xx',
  abandoned: 'left by the client',
};

/** What a silence looks like from outside says what it was. */
const causes: Readonly<Record<Failure, 'crash' | 'vanish' | 'freeze' | 'error'>> = {
  refused: 'crash',
  broken: 'crash',
  silent: 'vanish',
  timeout: 'freeze',
  error: 'error',
  abandoned: 'crash',
};

function ofSilence(it: Silence, end: number): Proposal {
  const { from, to, resumed, failures, firstFailure, lastFailure, backend, elsewhere } = it;
  const kinds = [...failures].sort(([, a], [, b]) => b - a);
  const most = kinds[0]?.[0];
  // Requests that were there all the while and were answered in the end: it stood still.
  const stood =
    most === undefined && resumed !== undefined && from !== undefined && resumed < from + (to! - from) / 4;
  const kind = stood ? 'freeze' : most === undefined ? 'crash' : causes[most];
  const begun =
    from === undefined ? 0 : firstFailure === undefined ? from : (from + Math.max(from, firstFailure)) / 2;
  const healed = stood
    ? to!
    : resumed === undefined
      ? undefined
      : (Math.max(lastFailure ?? resumed, begun) + resumed) / 2;
  const until = healed === undefined || healed >= end ? undefined : Math.max(healed, begun + 1);
  const failed = kinds.map(([name, count]) => `${count} ${words[name]}`).join(', ');
  const tried =
    failed === '' ? 'nor did any fail, so perhaps it was not asked (stopped? drained?)' : `${failed}`;
  return {
    at: begun,
    until,
    backend,
    kind,
    options: kind === 'error' ? { status: 500 } : {},
    evidence:
      `no request answered from ${from === undefined ? 'the beginning' : seconds(from)} to ${to === undefined ? 'the end' : seconds(to)}, ` +
      `${elsewhere.toLocaleString('en')} by others meanwhile; ${stood ? 'those sent before were answered afterwards' : tried} → ${kind}?`,
  };
}

function ofBurst({ from, to, attempts, failed, most }: Burst, backend: number, width: number): Proposal {
  const share = Math.min(1, failed / attempts);
  const percent = `${(100 * share).toFixed(1)}%`;
  const after = Math.max(1, Math.round(most.took / most.count));
  const kind =
    most.failure === 'error'
      ? 'error'
      : most.failure === 'timeout' || most.failure === 'silent'
        ? 'hang'
        : 'reset';
  const options: Record<string, string | number | boolean> =
    kind === 'error' ? { status: most.status, share: percent, after: `${after}ms` } : { share: percent };
  return {
    at: from * width,
    until: to * width,
    backend,
    kind,
    options,
    evidence: `${failed.toLocaleString('en')} of ${attempts.toLocaleString('en')} requests failed, most of them ${words[most.failure]} (${most.status}) → ${kind}?`,
  };
}

/** Quantiles whose ratio is all the same where times were only stretched. */
const levels = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

function ofPeriod(
  { from, to, times }: Period,
  law: Sketch,
  backend: number,
  width: number,
  end: number,
): Proposal {
  const ratios = levels.map((u) => times.at(u) / law.at(u));
  const factor = Math.exp(ratios.reduce((sum, it) => sum + Math.log(it), 0) / ratios.length);
  const plain = factor > 1.1 && ratios.every((it) => Math.abs(Math.log(it / factor)) < Math.log(1.1));
  const p = (it: Sketch) => `p50 ${shown(it.at(0.5))}, p99 ${shown(it.at(0.99))}`;
  const kind = plain ? 'slow' : 'law';
  return {
    at: from * width,
    until: to * width >= end ? undefined : to * width,
    backend,
    kind,
    options: plain ? { factor: Number(factor.toPrecision(3)) } : {},
    ...(!plain && { times }),
    evidence: `${times.count.toLocaleString('en')} requests took ${p(times)}; usually ${p(law)} → ${kind}`,
  };
}

export const shown = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;
