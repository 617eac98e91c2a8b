/** The scenario of an import as YAML, with comments that say what was seen, what was guessed and what is not known. Pure. */

import { yamlName } from '../yaml-name.ts';
import { backendIds } from './backend-ids.ts';
import type { LogImport } from './log-import.ts';
import { fitted, type Proposal, seconds, shown } from './proposal.ts';
import type { Sketch } from './sketch.ts';
import { unnamed } from './survey.ts';

export interface DraftOptions {
  readonly log: string;
  readonly format: string;
  /** Name of the trace's file, from the scenario's folder. */
  readonly trace: string;
  /** Share of the requests that the trace holds, from 0 to 1. */
  readonly share: number;
  /** Requests a backend serves at once, where the user knows. */
  readonly workers: number | undefined;
  /** How many served where the log does not say. */
  readonly backends: number;
  readonly keepAddresses: boolean;
  readonly keepQueries: boolean;
  readonly keepIds: boolean;
  /** The log was compressed, and cut off. */
  readonly cutOff: boolean;
  /** Length of the scenario, ms; until the last arrival unless given. */
  readonly length: number | undefined;
}

export interface Draft {
  readonly yaml: string;
  /** One line each: what was seen, and the faults that are proposed. */
  readonly said: readonly string[];
  readonly proposals: readonly (Proposal & { readonly on: string })[];
}

/** Where nobody knows how many: enough that nobody waits, as their times include the waiting. */
const enoughWorkers = 1000;
/** Times a law is made of: enough for its p99; fewer where there are so many laws that the file would grow too long. */
const timesOf = (laws: number): number => Math.max(20, Math.min(200, Math.floor(60_000 / Math.max(1, laws))));
const number = (n: number): string => n.toLocaleString('en');
const percent = (share: number): string => `${+(100 * share).toPrecision(2)}%`;

export function draft(it: LogImport, options: DraftOptions): Draft {
  const { survey } = it;
  const end = options.length ?? Math.floor(survey.last) + 1;
  const { usual, proposals } = fitted(survey, end);
  const ids = survey.backends.map(({ name }) => name);
  const named = ids.length > 0 && !ids.includes(unnamed);
  const names = named ? backendIds(ids) : [];
  const on = ({ backend }: Proposal) => (named ? names[backend]! : 'all');
  const told = proposals.map((one) => ({ ...one, on: on(one) }));
  const n = timesOf(survey.backends.length + told.filter(({ kind }) => kind === 'law').length);
  const seen = [...seenLines(it, options, end)];
  const yaml = [
    ...comment(`Imported from ${options.log} by \`steelyard import\`.`),
    '#',
    ...seen.flatMap(comment),
    '#',
    ...unknownLines(it, options, named).flatMap(comment),
    '',
    'fleet:',
    ...(named ? fleet(it, options, usual, names, n) : fleetOfOne(it, options, usual[0], n)),
    'load:',
    `  open: { trace: ${JSON.stringify(options.trace)}, connections: unlimited }`,
    '  warmup: 1s',
    `  duration: ${end}ms`,
    `  timeout: ${patience(survey.longest, 10)}s`,
    // When a fault ends is when the backend was asked again: what the real balancer took to notice is in it already.
    '# Checks are quick, as what the balancer of the log took to notice is in the times of the faults already.',
    'balancer:',
    '  health: { interval: 200ms, timeout: 200ms, healthy: 1 }',
    `  tryTimeout: ${patience(survey.longest, 5)}s`,
    'contenders: [round-robin, least-connections, p2c, p2c-peak-ewma]',
    ...faults(told, n),
    '',
  ].join('\n');
  return { yaml, said: [...seen, ...told.map((one) => `${one.on}: ${one.evidence}`)], proposals: told };
}

/** Longer than anything that was seen, in seconds. */
const patience = (longest: number, least: number): number =>
  Math.max(least, Math.ceil((1.5 * longest) / 1000));

function* seenLines(it: LogImport, options: DraftOptions, end: number): Generator<string> {
  const { survey, lines, parsed, damagedLines } = it;
  yield `${number(lines)} lines of ${options.format}: ${number(parsed)} read, ${number(damagedLines)} damaged${options.cutOff ? '; its compression ends early, as of a log still being written' : ''}.`;
  for (const { line, why } of it.damages) yield `  line ${number(line)}: ${why}`;
  if (damagedLines > it.damages.length) yield `  and ${number(damagedLines - it.damages.length)} more`;
  const rate = end > 0 ? (1000 * it.replayed) / end : 0;
  yield `${number(it.replayed)} requests in ${seconds(end)}, ${number(Math.round(rate))}/s, from ${new Date(it.origin ?? 0).toISOString()} on; ${percent(survey.failed / Math.max(1, survey.requests))} of them failed (5xx, or no answer).`;
  if (it.outside > 0) yield `${number(it.outside)} more lie outside of what was asked for.`;
  if (it.byBalancer > 0)
    yield `${number(it.byBalancer)} that the balancer answered itself are left out, as no backend had them.`;
  if (it.noRequests > 0)
    yield `${number(it.noRequests)} were no requests at all (answered 400), and are left out.`;
  if (survey.retried > 0) yield `${number(survey.retried)} were tried at more than one backend.`;
  if (survey.unserved > 0) yield `${number(survey.unserved)} found no backend.`;
  if (survey.abandoned > 0)
    yield `${number(survey.abandoned)} were left by their clients (499); here clients wait.`;
  if (it.otherMethods.size > 0)
    yield `Sent as GET: ${[...it.otherMethods].map(([method, count]) => `${number(count)} ${method}`).join(', ')}.`;
  if (options.share < 1)
    yield `The trace holds a sample of them: ${percent(options.share)}, drawn at random. Keys come as much more seldom.`;
  if (it.late.count > 0)
    yield `${number(it.late.count)} came to light long after they came, and are moved by up to ${seconds(it.late.by)}.`;
  yield disguised(options);
}

function disguised({ keepAddresses, keepQueries, keepIds }: DraftOptions): string {
  const kept = [keepAddresses && 'addresses', keepQueries && 'queries', keepIds && 'ids in paths'].filter(
    Boolean,
  );
  const hidden = [
    !keepAddresses && 'addresses of clients and backends',
    'names of users',
    !keepQueries && 'queries',
    !keepIds && 'ids and tokens in paths',
  ].filter(Boolean);
  return `Pseudonyms stand for ${hidden.join(', ')}${kept.length > 0 ? `; kept as they were: ${kept.join(', ')}` : ''}.`;
}

function unknownLines(it: LogImport, { workers, backends }: DraftOptions, named: boolean): string[] {
  const { survey } = it;
  const all: string[] = [];
  if (it.blurred > 0)
    all.push(
      'Times in the log are whole seconds: requests are spread over each in their order, so shorter things are guesses.',
    );
  if (survey.timed === 0)
    all.push(
      'The log does not say how long requests took: service times are made up, and arrivals are when requests ended.',
    );
  else if (workers === undefined)
    all.push(
      'How many requests a backend serves at once is not known. What they took, with all their waiting there, is taken for ' +
        `service, and workers are plenty (${enoughWorkers}): backends are as slow as they were, and no slower where a strategy ` +
        'sends them more. Import with --workers N where you know better.',
    );
  else
    all.push(
      `Of what requests took, waiting for one of ${workers} workers is taken away; the rest is service.`,
    );
  if (!named)
    all.push(
      `The log does not say who served: ${backends === 1 ? 'one backend is assumed' : `${backends} backends alike are assumed`} (--backends N).`,
    );
  if (survey.beyond > 0)
    all.push(
      `${number(survey.beyond)} attempts went to more backends than can be told apart; they are not in the fleet.`,
    );
  all.push(
    'Nor does a log say how the balancer checked and retried: those settings are the defaults here. Faults are proposals: edit them.',
  );
  return all;
}

function* law(times: Sketch | undefined, n: number, indent: string): Generator<string> {
  if (times === undefined || times.count === 0) {
    yield `${indent}service: { exponential: { mean: 10ms } } # not known`;
    return;
  }
  yield `${indent}service:`;
  yield `${indent}  empirical:`;
  yield* timesLines(times, n, `${indent}    `);
}

function* timesLines(times: Sketch, n: number, indent: string): Generator<string> {
  const all = times.times(Math.min(n, times.count)).map((ms) => `${Number(ms.toPrecision(3))}ms`);
  yield `${indent}times:`;
  for (let i = 0; i < all.length; i += 10)
    yield `${indent}  ${i === 0 ? '[ ' : '  '}${all.slice(i, i + 10).join(', ')}${i + 10 < all.length ? ',' : ' ]'}`;
}

function* shared(it: LogImport, { workers }: DraftOptions): Generator<string> {
  const { answers, answerBytes } = it.survey;
  yield `    workers: ${workers ?? enoughWorkers}`;
  yield '    queue: unlimited';
  if (answers > 0) yield `    body: ${Math.max(2, Math.min(100_000_000, Math.round(answerBytes / answers)))}`;
}

function* fleet(
  it: LogImport,
  options: DraftOptions,
  usual: readonly (Sketch | undefined)[],
  names: readonly string[],
  n: number,
): Generator<string> {
  const { backends } = it.survey;
  const all = backends.reduce((sum, { sent }) => sum + sent, 0);
  const order = backends
    .map((_, i) => i)
    .sort((a, b) => names[a]!.localeCompare(names[b]!, 'en', { numeric: true }));
  for (const i of order) {
    const { name, sent, failed } = backends[i]!;
    const times = usual[i];
    const took =
      times === undefined ? '' : `; usually p50 ${shown(times.at(0.5))}, p99 ${shown(times.at(0.99))}`;
    const where = options.keepAddresses ? ` (${name.replaceAll(/[^\x20-\x7e]/g, '?')})` : '';
    yield `  # ${names[i]}${where}: ${number(sent)} attempts, ${percent(sent / all)} of all, ${number(failed)} failed${took}`;
    yield `  - id: ${yamlName(names[i]!)}`;
    yield* shared(it, options);
    yield* law(times, n, '    ');
  }
}

function* fleetOfOne(
  it: LogImport,
  options: DraftOptions,
  times: Sketch | undefined,
  n: number,
): Generator<string> {
  yield '  - id: app';
  yield `    count: ${options.backends}`;
  yield* shared(it, options);
  yield* law(times, n, '    ');
}

function* faults(proposals: readonly (Proposal & { on: string })[], n: number): Generator<string> {
  if (proposals.length === 0) {
    yield '# No silence, no burst of errors and no change of service times was seen.';
    return;
  }
  yield 'faults:';
  for (const { at, until, on, kind, options, times, evidence } of proposals) {
    yield* comment(`${on}: ${evidence}`).map((line) => `  ${line}`);
    const when = `at: ${Math.round(at)}ms${until === undefined ? '' : `, until: ${Math.round(until)}ms`}, on: ${yamlName(on)}`;
    if (times === undefined) {
      const given = Object.entries(options).map(([key, value]) => `${key}: ${value}`);
      yield `  - { ${when}, ${kind}: {${given.length > 0 ? ` ${given.join(', ')} ` : ''}} }`;
      continue;
    }
    for (const [i, part] of when.split(', ').entries()) yield `  ${i === 0 ? '-' : ' '} ${part}`;
    yield `    ${kind}:`;
    yield* timesLines(times, n, '      ');
  }
}

/** Lines of a comment, broken where they would be too long. */
function comment(text: string): string[] {
  const indent = /^ */.exec(text)![0];
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(' ')) {
    if (line.length + word.length > 114 && line.trim() !== '') {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === '' ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.map((it) => `# ${it}`);
}
