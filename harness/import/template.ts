/**
 * A line cut up by a template in nginx's `log_format` language: text and `$variables` in turn. Each variable ends where the
 * text after it stands next, so that no line, however damaged, takes longer than its length.
 */

export interface Piece {
  readonly variable: string;
  /** What stands after it; '' at the end of the line. */
  readonly after: string;
}

export interface Template {
  /** What stands before the first variable. */
  readonly before: string;
  readonly pieces: readonly Piece[];
}

/** Throws a RangeError for a template that could not be read back. */
export function templateOf(text: string): Template {
  const parts = text.split(/\$(?:\{([a-z0-9_]+)\}|([a-z0-9_]+))/i);
  const pieces: Piece[] = [];
  for (let i = 1; i < parts.length; i += 3) {
    const variable = (parts[i] ?? parts[i + 1])!;
    const after = parts[i + 2]!;
    if (after === '' && i + 3 < parts.length)
      throw new RangeError(`expected something between $${variable} and the variable after it, got nothing`);
    pieces.push({ variable, after });
  }
  if (pieces.length === 0) throw new RangeError("expected nginx's variables, such as $status, got none");
  return { before: parts[0]!, pieces };
}

/** One value an attempt, as nginx lists them: `10.0.0.1:80, 10.0.0.2:80`, and ` : ` between groups of servers. */
const listed = /(?:-|[^\s,]+)(?:(?:, | : )(?:-|[^\s,]+))*/y;

/** The values by variable, with what is left over in `rest`; why not, where the line does not follow the template. */
export function cut(
  { before, pieces }: Template,
  line: string,
): { values: Map<string, string>; rest: string } | string {
  if (!line.startsWith(before)) return `does not begin with ${JSON.stringify(before)}`;
  const values = new Map<string, string>();
  let at = before.length;
  for (const { variable, after } of pieces) {
    const end = endOf(line, at, variable, after);
    if (end < 0) return after === '' ? `$${variable} is not there` : `nothing ends $${variable}`;
    values.set(variable, line.slice(at, end));
    at = end + after.length;
  }
  return { values, rest: line.slice(at) };
}

function endOf(line: string, at: number, variable: string, after: string): number {
  if (variable.startsWith('upstream_') && (after === '' || after.startsWith(' '))) {
    listed.lastIndex = at;
    const match = listed.exec(line);
    if (match === null) return -1;
    const end = at + match[0].length;
    return line.startsWith(after, end) ? end : -1;
  }
  if (after === '') {
    const space = line.indexOf(' ', at);
    return space < 0 ? line.length : space;
  }
  let end = line.indexOf(after, at);
  // Apache writes a quote inside quotes as \".
  while (end > at && after.startsWith('"') && escaped(line, at, end)) end = line.indexOf(after, end + 1);
  return end;
}

/** Whether an odd number of backslashes stands before `end`. */
function escaped(line: string, from: number, end: number): boolean {
  let count = 0;
  while (end - 1 - count >= from && line[end - 1 - count] === '\\') count++;
  return count % 2 === 1;
}
