/**
 * `--sweep path=values`: one value of a scenario at several points. Values are a list (`0.5,0.7,0.9`), equal steps
 * (`0.5..0.95:10`, both ends included) or equal factors (`10..1000:log5`), with the units that `--set` takes. Pure.
 */
import { parseSet } from '../../scenarios/overrides.ts';
import { type Problem, ScenarioError } from '../../scenarios/problem.ts';
import { parseDuration, parseRate, parseShare } from '../../scenarios/units.ts';

/** What `values` count: nothing, milliseconds, requests per second, per cent. */
export type SweepUnit = '' | 'ms' | '/s' | '%';

export interface SweepValues {
  /** As after `--set`. */
  readonly path: string;
  readonly unit: SweepUnit;
  /** Ascending, each once. */
  readonly values: readonly number[];
  /** Worked out from two ends and a count, and not written one by one. */
  readonly reckoned: boolean;
  /** As the user wrote it. */
  readonly text: string;
}

export const mostPoints = 200;

const example =
  'path=from..to:count, such as load.open.utilization=0.5..0.95:10, balancer.count=1..1000:log4 or fleet.0.count=10,20,50';

/** Throws a `ScenarioError` that names the option. */
export function parseSweep(text: string): SweepValues {
  const refuse = (message: string) => new ScenarioError([{ where: label(text), path: [], message }]);
  const equals = text.indexOf('=');
  if (equals === -1) throw refuse(`expected ${example}, got no \`=\``);
  const path = text.slice(0, equals).trim();
  const written = text.slice(equals + 1).trim();
  // The path is held to the rules of --set, and told of as part of this option.
  try {
    parseSet(`${path}=0`);
  } catch (error) {
    throw error instanceof ScenarioError ? refuse(error.problems[0]!.message) : error;
  }
  const number = (it: string) => {
    const found = parseNumber(it.trim());
    if (found !== undefined) return found;
    throw refuse(
      `expected numbers, with their units where they have one (0.5, 20, 250ms, 800/s, 30%), got ${JSON.stringify(it.trim())}; write ${example}`,
    );
  };
  const oneUnit = (all: readonly Numeral[]) => {
    const units = [...new Set(all.map(({ unit }) => unit))];
    if (units.length > 1)
      throw refuse(
        `expected one kind of value, got ${all.map((it) => JSON.stringify(it.text)).join(' and ')}`,
      );
    return units[0]!;
  };
  if (!written.includes('..')) {
    const all = written.split(',').map(number);
    if (all.length > mostPoints) throw refuse(`expected at most ${mostPoints} points, got ${all.length}`);
    return {
      path,
      unit: oneUnit(all),
      values: ascending(all.map(({ value }) => value)),
      reckoned: false,
      text,
    };
  }
  const range = /^(.+?)\.\.(.+?):\s*(log)?\s*(\d+)$/.exec(written);
  if (!range) throw refuse(`expected ${example}, got ${JSON.stringify(written)}`);
  const ends = [number(range[1]!), number(range[2]!)] as const;
  const unit = oneUnit(ends);
  const [from, to] = [ends[0].value, ends[1].value];
  const count = Number(range[4]);
  if (count < 2 || count > mostPoints)
    throw refuse(`expected from 2 to ${mostPoints} points, got ${range[4]}`);
  if (!(from < to))
    throw refuse(`expected the lower end first, got ${ends[0].text} before ${ends[1].text}; swap them`);
  if (range[3] && from <= 0)
    throw refuse(`expected ends above 0 for equal factors, got ${ends[0].text}; leave out \`log\``);
  return {
    ...{ path, unit, reckoned: true, text },
    values: ascending(range[3] ? factors(from, to, count) : steps(from, to, count)),
  };
}

/** One point as `--set` takes it. */
export function settingOf({ path, unit }: Pick<SweepValues, 'path' | 'unit'>, value: number): string {
  return `${path}=${plain(value)}${unit}`;
}

/** The same sweep in whole numbers, for what counts things: 1 to 50 in five steps is 1, 13, 26, 38, 50. */
export function inWholeNumbers(sweep: SweepValues): SweepValues {
  return { ...sweep, values: ascending(sweep.values.map(Math.round)) };
}

/** What is wrong with the scenario at one point, told of this option instead of the `--set` that stood for it. */
export function blamedOnSweep(error: ScenarioError, sweep: SweepValues, value: number): ScenarioError {
  const option = parseSet(settingOf(sweep, value)).option;
  const several = sweep.values.length > 1;
  return new ScenarioError(
    error.problems.map(
      (problem): Problem =>
        problem.where !== option
          ? problem
          : {
              ...problem,
              where: label(sweep.text),
              message: several ? `at ${plain(value)}${sweep.unit}: ${problem.message}` : problem.message,
            },
    ),
  );
}

const label = (text: string) => `--sweep ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;

interface Numeral {
  value: number;
  unit: SweepUnit;
  text: string;
}

function parseNumber(text: string): Numeral | undefined {
  const kinds: [SweepUnit, number | undefined][] = [
    ['', /^\d*\.?\d+(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : undefined],
    ['ms', parseDuration(text)],
    ['/s', parseRate(text)],
    ['%', /%$/.test(text) ? percentOf(text) : undefined],
  ];
  const [unit, value] = kinds.find(([, it]) => it !== undefined) ?? [];
  return value === undefined || !Number.isFinite(value) ? undefined : { value, unit: unit!, text };
}

function percentOf(text: string): number | undefined {
  const share = parseShare(text);
  return share === undefined ? undefined : Number((share * 100).toPrecision(12));
}

/** Twelve digits undo what adding up gains, so that 0.55 is 0.55. */
function steps(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number((from + ((to - from) * i) / (count - 1)).toPrecision(12)),
  );
}

/** Between the ends four digits are enough. */
function factors(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? from : i === count - 1 ? to : Number((from * (to / from) ** (i / (count - 1))).toPrecision(4)),
  );
}

const ascending = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b);

/** Without an exponent, which units do not take. */
function plain(value: number): string {
  const text = String(value);
  return /e/.test(text) ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}
