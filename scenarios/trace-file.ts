/**
 * The file of a trace: CSV with a header row. `at` is the time from t = 0, a bare number of milliseconds or a
 * duration with its unit, ascending; `key`, `client`, `region`, `path`, `method`, `body` and `host` may be there, and their cells empty. Cells that
 * hold commas stand in double quotes, as in RFC 4180; none spans lines.
 */
import { z } from 'zod';
import { nameExpected, namePattern } from './names.ts';
import { codeFrame, mostProblems, type Problem, ScenarioError } from './problem.ts';
import { methods, mostBody } from './request-shape.ts';
import { host } from './routes.ts';
import { choices, show } from './show.ts';
import { didYouMean } from './suggest.ts';
import { parseTime, type Trace } from './trace.ts';

export const mostRows = 1_000_000;
const week = 7 * 24 * 3_600_000;

type Column = 'key' | 'client' | 'region' | 'path' | 'method' | 'body' | 'host';

const addresses = [z.regexes.ipv4, z.regexes.ipv6];

/** What each cell must be, and how that is said. Keys and paths stand in requests as they are. */
const cells: Record<Column, { expected: string; fits(text: string): boolean }> = {
  key: {
    expected: 'a key of 1 to 256 visible ASCII characters, with spaces only inside',
    fits: (text) => /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(text),
  },
  client: { expected: 'an IP address', fits: (text) => addresses.some((it) => it.test(text)) },
  region: { expected: nameExpected, fits: (text) => namePattern.test(text) },
  path: {
    expected: 'a path that starts with / and is visible ASCII without spaces, at most 2000 characters long',
    fits: (text) => text.length <= 2000 && /^\/[\x21-\x7e]*$/.test(text),
  },
  method: {
    expected: `one of ${methods.join(', ')}`,
    fits: (text) => (methods as readonly string[]).includes(text),
  },
  body: {
    expected: `the bytes of the request body, at most ${mostBody}`,
    fits: (text) => /^\d{1,9}$/.test(text) && Number(text) <= mostBody,
  },
  host: {
    expected: 'a host without port, such as example.com',
    fits: (text) => !text.startsWith('*') && host.safeParse(text).success,
  },
};
const columns = ['at', ...(Object.keys(cells) as Column[])] as const;

/** Parses a trace's text; `path` is what errors call it. Throws a `ScenarioError` that lists every problem. */
export function parseTrace(text: string, path: string): Omit<Trace, 'file'> {
  const problems: Problem[] = [];
  const find = (line: number, row: string, cell: number, message: string) => {
    const column = 1 + startOf(row, cell);
    const frame = codeFrame(row, 1, column, Math.max(1, (rowOf(row)[cell] ?? '').length));
    problems.push({
      where: `${path}:${line}:${column}`,
      path: [],
      message,
      line,
      column,
      ...(frame && { frame: frame.replace(/^ *1 \|/, `${String(line).padStart(5)} |`) }),
    });
  };
  const at: number[] = [];
  const filled = new Map<Column, string[]>();
  let header: string[] | undefined;
  let line = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (const row of rowsOf(text)) {
    line++;
    if (row.trim() === '') continue;
    if (problems.length >= mostProblems) break;
    const values = rowOf(row);
    if (header === undefined) {
      header = values;
      for (const [i, message] of headerProblems(values)) find(line, row, i, message);
      if (problems.length > 0) break;
      for (const name of values) if (name !== 'at') filled.set(name as Column, []);
      continue;
    }
    if (at.length === mostRows) {
      find(line, row, 0, `expected at most ${mostRows.toLocaleString('en')} rows, got more`);
      break;
    }
    if (values.length !== header.length) {
      find(line, row, 0, `expected ${header.length} cells, as in the header, got ${values.length}`);
      continue;
    }
    for (const [i, name] of header.entries()) {
      const value = values[i]!;
      if (name !== 'at') {
        const { expected, fits } = cells[name as Column];
        if (value !== '' && !fits(value)) find(line, row, i, `expected ${expected}, got ${show(value)}`);
        filled.get(name as Column)!.push(value);
        continue;
      }
      const ms = timeOf(value);
      if (ms === undefined || Math.abs(ms) > week)
        find(line, row, i, `expected ms from t = 0, or a duration such as 1.5s, got ${show(value)}`);
      else if (ms < before)
        find(line, row, i, `expected times in ascending order, so ${before} ms or later, got ${show(value)}`);
      else before = ms;
      at.push(ms ?? before);
    }
  }
  if (problems.length === 0 && at.length === 0)
    find(Math.max(1, line), '', 0, `expected a header (${columns.join(',')}) and at least one row, got none`);
  if (problems.length > 0) throw new ScenarioError(problems);
  return { at, ...Object.fromEntries([...filled].filter(([, values]) => values.some((it) => it !== ''))) };
}

function* headerProblems(names: readonly string[]): Generator<[cell: number, message: string]> {
  for (const [i, name] of names.entries()) {
    if (!(columns as readonly string[]).includes(name))
      yield [
        i,
        `expected a header row with columns ${columns.join(', ')}, got ${show(name)}${didYouMean(name, columns)}`,
      ];
    else if (names.indexOf(name) < i) yield [i, `expected each column once, got ${show(name)} again`];
  }
  if (!names.includes('at') && names.every((it) => (columns as readonly string[]).includes(it)))
    yield [0, `expected a column \`at\`, got ${choices(names.slice(0, 10)) || 'none'}`];
}

function timeOf(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : parseTime(text);
}

function* rowsOf(text: string): Generator<string> {
  let from = text.startsWith('\ufeff') ? 1 : 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    yield text.slice(from, text[to - 1] === '\r' ? to - 1 : to);
    from = to + 1;
  }
}

const quoted = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(?:,|$)/y;

/** A row's cells, without their quotes and the space around them. */
function rowOf(row: string): string[] {
  if (!row.includes('"')) return row.split(',').map((it) => it.trim());
  const found: string[] = [];
  for (quoted.lastIndex = 0; ; ) {
    const match = quoted.exec(row);
    // A quote amid text is no CSV: the row is then one cell, which does not fit its header.
    if (match === null) return [row];
    found.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
    if (!match[0].endsWith(',')) return found;
  }
}

/** Where a cell begins in its row, from 0. */
function startOf(row: string, cell: number): number {
  if (row.includes('"')) return 0;
  let at = 0;
  for (let i = 0; i < cell; i++) at = row.indexOf(',', at) + 1;
  return at + (/^\s*/.exec(row.slice(at))?.[0].length ?? 0);
}
