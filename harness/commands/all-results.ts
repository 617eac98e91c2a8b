/** What became of each scenario of `--all`, as a line while it goes, as a table at the end, and for machines. */
import { aligned } from '../../reports/aligned.ts';
import type { Summary } from '../../reports/summary.ts';
import { exitCode } from '../exit.ts';

export interface ScenarioResult {
  readonly name: string;
  /** Its run directory. */
  readonly dir: string;
  /** The exit code of its command. */
  readonly code: number;
  readonly status: Summary['status'] | 'failed';
  readonly rounds: number;
  /** Expectations that were met, of all there are. */
  readonly held: number;
  readonly total: number;
  readonly wallMs: number;
  /** Who came first, by the scenario's objective. */
  readonly first: string | null;
  /** Of a real run: what its simulated twins came to another answer in; null where there are none. */
  readonly apart: readonly string[] | null;
  /** A sentence each: expectations that were not met or could not be judged, contenders that failed, and what the audit found. */
  readonly wrong: readonly string[];
}

export interface AllResult {
  readonly schemaVersion: 1;
  readonly command: 'run' | 'simulate';
  readonly tier: string;
  readonly driver: string;
  readonly status: 'complete' | 'interrupted';
  readonly scenarios: readonly ScenarioResult[];
  /** Names of those that need what this driver cannot do. */
  readonly leftOut: readonly string[];
}

interface Ended extends Pick<ScenarioResult, 'name' | 'dir' | 'code' | 'wallMs'> {
  /** Undefined where nothing was measured. */
  readonly summary: Summary | undefined;
  readonly stderr: string;
}

export function resultOf({ name, dir, code, wallMs, summary, stderr }: Ended): ScenarioResult {
  const interrupted = code === exitCode.interrupted || code === exitCode.terminated;
  if (summary === undefined)
    return {
      ...{ name, dir, code, wallMs, rounds: 0, held: 0, total: 0, first: null, apart: null },
      status: interrupted ? 'interrupted' : 'failed',
      wrong: interrupted ? [] : [stderr || `it ended with exit code ${code} and said nothing`],
    };
  const { verdict, contenders, audit, agreement, status } = summary;
  const words = { fail: 'not met', unknown: 'unknown', pass: 'met' } as const;
  return {
    ...{ name, dir, code, wallMs, status },
    rounds: Math.max(0, ...contenders.map(({ rounds }) => rounds.length)),
    held: verdict.expectations.filter((it) => it.status === 'pass').length,
    total: verdict.expectations.length,
    first: verdict.ranking[0]?.contender ?? null,
    apart:
      agreement === undefined
        ? null
        : agreement.findings.flatMap(({ ok, check, detail }) =>
            ok === false ? [`${check}: ${detail}`] : [],
          ),
    wrong: [
      ...verdict.expectations
        .filter((it) => it.status !== 'pass')
        .map((it) => `expectation ${words[it.status]}: ${it.expectation} (${it.detail})`),
      ...contenders.flatMap((it) => (it.status === 'failed' ? [`${it.name} failed: ${it.error}`] : [])),
      ...audit.findings.flatMap(({ ok, check, detail }) =>
        ok === false ? [`its own audit: ${check}: ${detail}`] : [],
      ),
    ],
  };
}

const isGood = ({ code }: ScenarioResult) => code === exitCode.good;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const mark = (it: ScenarioResult) => (isGood(it) ? 'ok  ' : it.status === 'interrupted' ? '--  ' : 'FAIL');

/** `ok   failover        8/8 held   3.1 s`. */
export function scenarioLine(it: ScenarioResult, width: number): string {
  const held = it.total === 0 ? it.status : `${it.held}/${it.total} held`;
  return `${mark(it)} ${it.name.padEnd(width)}  ${held.padStart(11)}  ${seconds(it.wallMs).padStart(8)}`;
}

/** The table, each thing that is wrong in a sentence with the scenario's name before it, and the sum. No trailing newline. */
export function allText({ scenarios, leftOut, driver, status }: AllResult): string {
  const twins = scenarios.some(({ apart }) => apart !== null);
  const head = ['', 'scenario', 'held', 'rounds', 'time', 'first', ...(twins ? ['simulated'] : [])];
  const body = scenarios.map((it) => [
    mark(it).trim(),
    it.name,
    `${it.held}/${it.total}`,
    String(it.rounds),
    seconds(it.wallMs),
    it.first ?? '–',
    ...(twins ? [it.apart === null ? '–' : it.apart.length === 0 ? 'agrees' : 'differs'] : []),
  ]);
  const sum = (of: 'held' | 'total') => scenarios.reduce((total, it) => total + it[of], 0);
  const wrong = scenarios.flatMap(({ name, wrong }) => wrong.map((it) => `${name}: ${it}`));
  const apart = scenarios.flatMap(({ name, apart }) => (apart ?? []).map((it) => `${name}: ${it}`));
  return [
    ...aligned([head, ...body], new Set([0, 1, 5, 6])),
    ...(leftOut.length > 0 ? ['', `Not for the ${driver} driver: ${leftOut.join(', ')}.`] : []),
    ...(apart.length > 0 ? ['', 'Where measured and simulated differ:', ...apart] : []),
    ...(wrong.length > 0 ? ['', ...wrong] : []),
    '',
    `${scenarios.filter(isGood).length} of ${scenarios.length} scenarios are good; ${sum('held')} of ${sum('total')} expectations held.${status === 'interrupted' ? ' Interrupted: the others did not run.' : ''}`,
  ].join('\n');
}
