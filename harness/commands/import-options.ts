/** The options of `steelyard import`, as they are typed and as they are meant. */
import { basename } from 'node:path';
import { namePattern } from '../../scenarios/names.ts';
import { mostRows } from '../../scenarios/trace-file.ts';
import { parseDuration, parseShare } from '../../scenarios/units.ts';
import { Exit, exitCode } from '../exit.ts';
import type { Format } from '../import/format.ts';
import type { LogImport, Stretch } from '../import/log-import.ts';
import { isoTime } from '../import/moment.ts';
import { nginxRequest } from '../import/nginx-line.ts';
import { formats } from '../import/recognise.ts';
import { cut, templateOf } from '../import/template.ts';

export interface ImportOptions {
  readonly out?: string;
  readonly name?: string;
  readonly format?: string;
  readonly logFormat?: string;
  readonly from?: string;
  readonly to?: string;
  readonly duration?: string;
  readonly scale?: string;
  readonly maxRequests: string;
  readonly workers?: string;
  readonly backends?: string;
  readonly keepAddresses?: boolean;
  readonly keepQueries?: boolean;
  readonly keepIds?: boolean;
  readonly seedOfPseudonyms?: string;
  readonly maxDamaged: string;
  readonly json?: boolean;
}

const refuse = (option: string, expected: string, got: string): never => {
  throw new Exit(exitCode.input, `--${option}: expected ${expected}, got ${JSON.stringify(got)}`);
};

/** Throws `Exit` with code 2 for what an option cannot mean. */
export function settingsOf(options: ImportOptions) {
  const { workers, backends, maxRequests, scale = '100%', maxDamaged, name } = options;
  if (name !== undefined && !namePattern.test(name))
    refuse('name', 'a name of a-z, 0-9, dot, dash and underscore', name);
  const stretch = stretchOf(options);
  return {
    format: formatOf(options),
    stretch,
    length: Number.isFinite(stretch.to - stretch.from) ? stretch.to - stretch.from : undefined,
    share: shareOf('scale', scale),
    most: countOf('max-requests', maxRequests, mostRows),
    workers: workers === undefined ? undefined : countOf('workers', workers, 1000),
    backends: backends === undefined ? 1 : countOf('backends', backends, 10_000),
    keepAddresses: options.keepAddresses === true,
    keepQueries: options.keepQueries === true,
    keepIds: options.keepIds === true,
    seed: options.seedOfPseudonyms,
    mostDamaged: shareOf('max-damaged', maxDamaged),
  };
}

/** A log's own name, without what says that it is one and packed; `import` for standard input. */
export function nameOf(log: string): string {
  const name = basename(log)
    .toLowerCase()
    .replace(/(?:\.(?:gz|zst|log|har|json|txt))+$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 64);
  return log === '-' || name === '' ? 'import' : name;
}

/** Throws `Exit` with code 2 where too much is damaged, or nothing is left to replay. */
export function judge(log: string, it: LogImport, mostDamaged: number): void {
  const { lines, damagedLines, damages, replayed, parsed } = it;
  if (damagedLines > mostDamaged * lines)
    throw new Exit(
      exitCode.input,
      [
        `${log}: expected at most ${+(100 * mostDamaged).toFixed(2)}% damaged lines, got ${damagedLines} of ${lines}:`,
        ...damages.map(({ line, why }) => `  line ${line}: ${why}`),
        "Name another --format, give nginx's own with --log-format, or allow more with --max-damaged.",
      ].join('\n'),
    );
  if (replayed === 0)
    throw new Exit(
      exitCode.input,
      `${log}: expected requests to replay, got none of ${parsed}: ${it.outside} lie outside of --from and --to, ` +
        `${it.byBalancer} were answered by the balancer itself, ${it.noRequests} were no requests`,
    );
}

function shareOf(option: string, text: string): number {
  const share = parseShare(text);
  return share !== undefined && share >= 0 && share <= 1
    ? share
    : refuse(option, 'a share from 0 to 1, such as 10% or 0.1', text);
}

function countOf(option: string, text: string, most: number): number {
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 1 && count <= most
    ? count
    : refuse(option, `a whole number from 1 to ${most}`, text);
}

function formatOf({ format, logFormat }: ImportOptions): { name: string; format?: Format } | undefined {
  if (logFormat === undefined) {
    if (format !== undefined && format !== 'har' && !formats.has(format))
      refuse('format', `one of ${[...formats.keys(), 'har'].join(', ')}`, format);
    return format === undefined ? undefined : { name: format };
  }
  if (format !== undefined) refuse('format', 'nothing beside --log-format', format);
  try {
    const template = templateOf(logFormat);
    const names = template.pieces.map(({ variable }) => variable);
    if (!names.some((it) => ['time_local', 'time_iso8601', 'msec'].includes(it)) || !names.includes('status'))
      refuse('log-format', '$status and one of $msec, $time_iso8601 and $time_local', logFormat);
    const line = (text: string) => {
      const found = cut(template, text);
      return typeof found === 'string' ? found : nginxRequest((it) => found.values.get(it));
    };
    return { name: 'the given log_format', format: { about: 'given by the user', line } };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Exit(exitCode.input, `--log-format: ${cause.message}`, { cause });
  }
}

/** Both ends are durations from the first request on, or both dates. */
function stretchOf({ from, to, duration }: ImportOptions): Stretch {
  if (to !== undefined && duration !== undefined) refuse('duration', 'nothing beside --to', duration);
  const absolute = [from, to].some((it) => it !== undefined && isoTime(it) !== undefined);
  const expected = absolute
    ? 'a date with its zone, as the other one is'
    : 'a duration such as 90s, or a date with its zone';
  const moment = (option: string, text: string) =>
    (absolute ? isoTime(text) : parseDuration(text)) ?? refuse(option, expected, text);
  const begin = from === undefined ? (absolute ? Number.NEGATIVE_INFINITY : 0) : moment('from', from);
  const length =
    duration === undefined
      ? undefined
      : (parseDuration(duration) ?? refuse('duration', 'a duration such as 10m', duration));
  const end = to === undefined ? begin + (length ?? Number.POSITIVE_INFINITY) : moment('to', to);
  if (end <= begin) refuse(to === undefined ? 'duration' : 'to', 'an end after --from', to ?? duration ?? '');
  return { from: begin, to: end, absolute };
}
