/**
 * Whether the recording can be believed: each finding names a law and says, in numbers, how it was kept or broken.
 * The harness decides what a failed audit means for the run; here it is only listed. Only complete trials are held to it: one
 * that failed or was cut short says so itself; what makes a trial invalid is told of all. `overhead` informs and cannot fail.
 */
import type { RequestCounts, Run } from '../harness/recording.ts';
import type { Occurrence } from '../scenarios/occurrences.ts';
import { milliseconds, percent, plural } from './numbers.ts';
import { changesTheRate, dueIn } from './schedule.ts';
import type { Audit, Finding } from './summary.ts';
import type { TrialFold } from './trial-fold.ts';
import { plannedIn } from './windows.ts';

type Check = (run: Run, folds: readonly TrialFold[]) => Finding;

const named = (fold: TrialFold) => `${fold.trial.contender}, round ${fold.trial.round + 1}`;

/** `all is well` or the first few complaints. */
function finding(check: string, complaints: readonly string[], well: string): Finding {
  const shown = complaints.slice(0, 5).join('; ');
  const more = complaints.length > 5 ? `; and ${complaints.length - 5} more` : '';
  return { check, ok: complaints.length === 0, detail: complaints.length === 0 ? well : shown + more };
}

/** Every trial that says it is complete left files that read. */
const readable: Check = (_, folds) =>
  finding(
    'readable',
    folds.flatMap((fold) => (fold.unread === undefined ? [] : [`${named(fold)}: ${fold.unread}`])),
    'every complete trial left its records',
  );

/** A trial that met no load measured nothing. */
const load: Check = (_, folds) =>
  finding(
    'load',
    folds.flatMap((fold) => (fold.trial.counts.sent > 0 ? [] : [`${named(fold)}: not one request was sent`])),
    'every trial met load',
  );

/** sent = ok + failed + lost + aborted + in flight at the end: by the generator's own counts. */
const conservation: Check = (_, folds) => {
  const sent = folds.reduce((sum, { trial }) => sum + trial.counts.sent, 0);
  return finding(
    'conservation',
    folds.flatMap((fold) => {
      const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd } = fold.trial.counts;
      return sent === ok + failed + lost + aborted + inFlightAtEnd
        ? []
        : [
            `${named(fold)}: sent ${sent}, but ${ok} ok + ${failed} failed + ${lost} lost + ${aborted} aborted + ${inFlightAtEnd} in flight`,
          ];
    }),
    `sent = ok + failed + lost${folds.some(({ trial }) => trial.counts.aborted) ? ' + aborted' : ''} + in flight at the end, for each of ${plural(folds.length, 'trial')} and ${plural(sent, 'request')}`,
  );
};

/** The rows, counted here, add up to what the generator counted while it ran. */
const rows: Check = (_, folds) =>
  finding(
    'rows',
    folds.flatMap((fold) => {
      const keys: (keyof RequestCounts)[] = [
        ...(['sent', 'ok', 'failed', 'lost', 'aborted', 'inFlightAtEnd', 'notSent'] as const),
      ];
      return keys.flatMap((key) => {
        const [counted, recorded] = [fold.trial.counts[key] ?? 0, fold.whole.requests[key] ?? 0];
        return counted === recorded
          ? []
          : [`${named(fold)}: the generator counted ${counted} ${key}, the rows hold ${recorded}`];
      });
    }),
    'the recorded rows add up to what the generator counted',
  );

/** Each request is recorded once. */
const once: Check = (_, folds) => {
  const unknown = folds.find(({ duplicates }) => typeof duplicates === 'string');
  const found = finding(
    'once',
    folds.flatMap((fold) =>
      fold.duplicates === 0 || typeof fold.duplicates === 'string'
        ? []
        : [`${named(fold)}: ${plural(fold.duplicates, 'row')} repeat another's number`],
    ),
    'every request stands in the records once',
  );
  return found.ok && unknown
    ? { ...found, ok: null, detail: `${named(unknown)}: ${unknown.duplicates}` }
    : found;
};

/** What a backend answered, it also says it has executed; of a process that was killed nobody can ask. */
const executed: Check = (_, folds) => {
  const asked = folds.filter(({ repeated }) => typeof repeated !== 'string');
  const unknown = folds.flatMap(({ trial }) => trial.executions?.unknown ?? []);
  return finding(
    'executed',
    asked.flatMap((fold) =>
      fold.unexplained === 0
        ? []
        : [
            `${named(fold)}: ${plural(fold.unexplained, 'answer')} to requests that no backend says it executed`,
          ],
    ),
    `every answer is explained by an execution${unknown.length === 0 ? '' : `, and of what killed processes did not live to tell, nothing is known (${[...new Set(unknown.map(({ backend }) => backend))].join(', ')})`}`,
  );
};

/** Everything that the scenario's faults have in store for the window took, and how long that was after it was asked for. */
const faults: Check = (run, folds) => {
  let slowest = 0;
  const missing = folds.flatMap((fold) => {
    const took = fold.windows.filter(({ from }) => from === 'events');
    for (const { asked, taken } of took) slowest = Math.max(slowest, taken - asked);
    const left = new Map<string, number>();
    for (const it of took) left.set(whomOf(it), (left.get(whomOf(it)) ?? 0) + 1);
    return plannedIn(run, fold.trial).flatMap((planned) => {
      const once = left.get(whomOf(planned)) ?? 0;
      left.set(whomOf(planned), once - 1);
      if (once > 0) return [];
      const { kind } = run.scenario.faults[planned.fault]!;
      return [
        `${named(fold)}: ${kind}${planned.backends.length === 0 ? '' : ` of ${planned.backends.join(', ')}`} at ${milliseconds(planned.at)} was never taken`,
      ];
    });
  });
  const complaints = [...unsound(run, 'faults'), ...missing];
  const well =
    run.scenario.faults.length === 0
      ? 'the scenario has no faults'
      : `every fault was taken in every trial, at most ${milliseconds(slowest)} after it was asked for`;
  return finding('faults', complaints, well);
};

/** What trials say of themselves, whatever became of them. */
const unsound = ({ trials }: Run, of: 'faults' | 'steady') =>
  trials.flatMap((trial) =>
    (trial.unsound ?? [])
      .filter(({ check }) => check === of)
      .map(({ says }) => `${trial.contender}, round ${trial.round + 1}: ${says}`),
  );

const whomOf = ({ fault, backends }: Pick<Occurrence, 'fault' | 'backends'>) => `${fault} ${backends.join()}`;

/** What went wrong once a fault came was not wrong before. */
const steady: Check = (run) =>
  finding('steady', unsound(run, 'steady'), 'the fleet was steady whenever the first fault was due');

/** Where faults change the rate, every trial met as many requests as they make of it. */
const schedule: Check = (run, folds) => {
  const planned = new Map<number, number | undefined>();
  const complaints = folds.flatMap((fold) => {
    const { seed, counts } = fold.trial;
    if (!planned.has(seed)) planned.set(seed, dueIn(run, fold.trial));
    const due = planned.get(seed);
    const met = counts.sent + counts.notSent;
    return due === undefined || due === met
      ? []
      : [`${named(fold)}: ${plural(due, 'request')} were due under its faults, ${met} were`];
  });
  const all = [...planned.values()];
  if (all.includes(undefined) && complaints.length === 0)
    return { check: 'schedule', ok: null, detail: 'too many requests were due to count them again' };
  return finding(
    'schedule',
    complaints,
    `every trial met the ${[...new Set(all)].join(' or ')} requests that its faults make of the load`,
  );
};

/** Nothing is sent to a backend that is gone and known to be: between its detection and its heal. */
const avoided: Check = ({ scenario }, folds) => {
  if (scenario.balancer.count > 1)
    return {
      check: 'avoided',
      ok: null,
      detail: `not judged: each of ${scenario.balancer.count} balancers detects on its own, and attempts do not say whose they are`,
    };
  return finding(
    'avoided',
    folds.flatMap((fold) =>
      fold.afterDetection.flatMap(({ window, count, first }) =>
        count === 0
          ? []
          : [
              `${named(fold)}: ${plural(count, 'attempt')} on ${window.backends.join(', ')} after its ${window.kind} was detected, the first ${milliseconds(first - window.taken)} after the fault`,
            ],
      ),
    ),
    folds.some(({ afterDetection }) => afterDetection.length > 0)
      ? 'a backend that was gone got no attempt between its detection and its return'
      : 'no backend was both gone and detected',
  );
};

/**
 * Who answered at a backend's address was that backend. Else the fleet was not the scenario's: what was answered was refused,
 * but the load was carried by fewer than was said.
 */
const identity: Check = (_, folds) =>
  finding(
    'identity',
    folds.flatMap((fold) =>
      fold.strangers.map(
        ({ backend, said, t }) =>
          `${named(fold)}: ${JSON.stringify(said)} answered at the address of ${backend} at ${milliseconds(t)}`,
      ),
    ),
    'no backend said that it was another',
  );

/** Whether any balancer of the run asked backends who they are. */
function asksWho({ scenario: { balancer, contenders } }: Run): boolean {
  const own = contenders === 'all' ? [] : contenders;
  return (
    balancer.identity !== false ||
    own.some((it) => typeof it === 'object' && typeof it.balancer.identity === 'string')
  );
}

/** What the backends stood on was there to the end. */
const ground: Check = ({ broken }) => finding('ground', broken === undefined ? [] : [broken], 'it held');

const overhead: Check = ({ timing }) => ({
  check: 'overhead',
  ok: true,
  detail:
    timing === undefined
      ? 'not measured'
      : `${percent(timing.overhead)} of ${milliseconds(timing.wallMs)} was spent outside the load windows`,
});

/** Of a simulation, instead: what a real run must measure is so by construction. */
const virtual: Check = () => ({
  check: 'virtual time',
  ok: true,
  detail:
    'simulated: the generator is never late, nothing else runs on the machine, and no process spends CPU; there is no null proxy to hold it against',
});

const laws: readonly Check[] = [readable, load, conservation, rows, once, faults, avoided];

export function audit(run: Run, folds: readonly TrialFold[]): Audit {
  const complete = folds.filter(({ trial }) => trial.status === 'complete');
  const checks = [
    ...laws,
    ...(run.scenario.steady && run.scenario.faults.length > 0 ? [steady] : []),
    ...(changesTheRate(run) ? [schedule] : []),
    ...(complete.some(({ repeated }) => typeof repeated !== 'string') ? [executed] : []),
    ...(asksWho(run) ? [identity] : []),
    ...(run.broken === undefined ? [] : [ground]),
    run.driver === 'simulation' ? virtual : overhead,
  ];
  const findings = checks.map((check) => check(run, complete));
  return { passed: findings.every(({ ok }) => ok !== false), findings };
}
