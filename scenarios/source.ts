/**
 * A scenario's text, read and taken apart within bounds: one megabyte, 300,000 tokens, 64 levels. A file that breaks
 * them is refused before the parser sees it, so that nothing a file holds costs more than a second or two.
 */
import { readFileSync, statSync } from 'node:fs';
import { Lexer, LineCounter, parseDocument } from 'yaml';
import { deepest, type Plain, plainOf } from './plain.ts';
import { codeFrame, type Finding, mostProblems, type Problem, ScenarioError } from './problem.ts';

export const mostBytes = 1_000_000;
const mostTokens = 300_000;

/** What is read, in the words of errors. */
interface Text {
  readonly what: string;
  readonly format: string;
  readonly mostBytes: number;
  /** Ends the error about an empty one. */
  readonly start?: string;
}
const scenarioText: Text = {
  what: 'a scenario',
  format: 'YAML',
  mostBytes,
  start: '; start from scenarios/failover.yaml',
};

/** Reads a scenario's file, or another text it names. Throws a `ScenarioError` for one that is missing, no file, too large or not text. */
export function readText(file: string, missing: string, it: Text = scenarioText): string {
  const refuse = (message: string, where = file) => new ScenarioError([{ where, path: [], message }]);
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) throw refuse(`expected ${it.what} file, got nothing at that path${missing}`);
    if (!stat.isFile()) throw refuse(`expected a file, got a ${stat.isDirectory() ? 'directory' : 'device'}`);
    if (stat.size > it.mostBytes) throw refuse(tooLarge(stat.size, it), `${file}:1:1`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof ScenarioError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw refuse(
        `expected ${it.format} in UTF-8, got bytes that are no UTF-8 text: is it a binary file?`,
        `${file}:1:1`,
      );
    throw refuse(`expected a file that can be read, got: ${(error as Error).message}`);
  }
}

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Plain values as written. */
  readonly raw: unknown;
  readonly problems: readonly Problem[];
  /** Gives a finding its place: the value, the key where the finding is about it, else the nearest parent. */
  place(finding: Finding): Problem;
}

/** Parses a scenario's text. Throws a `ScenarioError` where it is no YAML; what is YAML but wrong is in `problems`. */
export function parseSource(file: string, given: string, it: Text = scenarioText): Source {
  const text = given.replace(/^\ufeff/, '');
  const lines = new LineCounter();
  const at = (finding: Finding, from: number, to: number): Problem => {
    const { line, col } = lines.linePos(Math.min(from, text.length));
    const column = Math.max(1, col);
    const frame = codeFrame(text, Math.max(1, line), column, to - from);
    return {
      ...finding,
      where: `${file}:${Math.max(1, line)}:${column}`,
      line: Math.max(1, line),
      column,
      ...(frame && { frame }),
    };
  };
  const refuse = (offset: number, message: string) => {
    lines.addNewLine(0);
    for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1))
      lines.addNewLine(i + 1);
    return new ScenarioError([at({ path: [], message }, offset, offset + 1)]);
  };
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) throw refuse(0, tooLarge(bytes, it));
  const control = text.search(/(?![\t\n\r\u0085])\p{Cc}/u);
  if (control !== -1)
    throw refuse(control, 'expected YAML text, got a control character: is it a binary file?');
  const excess = beyondBounds(text, it);
  if (excess) throw refuse(excess.offset, excess.message);

  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, lineCounter: lines });
  const faults = [...document.errors, ...document.warnings].slice(0, mostProblems + 1);
  if (faults.length > 0)
    throw new ScenarioError(
      faults.map(({ message, pos: [from, to] }) => at({ path: [], message: syntax(message) }, from, to)),
    );
  if (document.contents === null) throw refuse(0, `expected ${it.what}, got an empty file${it.start ?? ''}`);

  const plain: Plain = plainOf(document.contents);
  const problems = plain.findings.map(({ range, ...finding }) => at(finding, ...range));
  if (plain.stopped) throw new ScenarioError(problems);
  return {
    file,
    text,
    raw: plain.value,
    problems,
    place(finding) {
      const { spot, exact } = plain.locate(finding.path);
      const [from, to] = (finding.key && exact ? spot.key : spot.value) ?? spot.key ?? [0, 0];
      return at(finding, from, to);
    },
  };
}

const tooLarge = (bytes: number, { what, mostBytes: most }: Text) =>
  `expected at most ${most / 1e6} MB, got ${(bytes / 1e6).toFixed(1)} MB: is it ${what}?`;

const syntax = (message: string) =>
  `expected valid YAML, got: ${message.split('; please use YAML')[0]!.replace(/^Source contains/, 'the source contains')}`;

/** The lexer says where a document, a scalar or a flow ends by control characters that are not in the text. */
const marks: ReadonlySet<string> = new Set(['\x02', '\x18', '\x1f']);

/** Counts tokens and nesting on the lexer alone, which is linear in the text and does not recurse. */
function beyondBounds(text: string, { what }: Text): { offset: number; message: string } | undefined {
  let offset = 0;
  let tokens = 0;
  let flow = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    else if (token === '-' || token === '?') indicators++;
    else if (token.endsWith('\n')) indicators = 0;
    if (flow > deepest || indicators > deepest)
      return { offset, message: `expected at most ${deepest} levels, got more` };
    if (++tokens > mostTokens)
      return {
        offset,
        message: `expected at most ${mostTokens} words and signs, got more: is it ${what}?`,
      };
    if (!marks.has(token)) offset += token.length;
  }
  return undefined;
}
