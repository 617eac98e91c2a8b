/**
 * What is wrong with a scenario, and where. All problems of a file come in one error, each as
 * `file:line:column path: expected …, got …`, with the nearest valid name or a remedy, above the line it is about.
 */
import { dotted, type Path } from './show.ts';

/** A finding before it has a place: the path in the scenario, and the sentence. */
export interface Finding {
  readonly path: Path;
  /** `expected …, got …`, then a remedy. */
  readonly message: string;
  /** The finding is about the key itself and not about its value. */
  readonly key?: boolean;
}

export interface Problem extends Finding {
  /** `file:line:column`, or the option's text such as `--set fleet.0.cuont=3`. */
  readonly where: string;
  /** From 1; absent for an option. */
  readonly line?: number;
  /** From 1; absent for an option. */
  readonly column?: number;
  /** The offending line with a caret below it. */
  readonly frame?: string;
}

/** Problems beyond these are counted and not shown. */
export const mostProblems = 50;

/** Thrown for whatever is wrong with a scenario or an override of it; commands turn it into exit code 2. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const shown = problems.slice(0, mostProblems);
    const more = problems.length > shown.length ? ['… and more problems after these'] : [];
    super([...shown.map(render), ...more].join('\n'));
    this.problems = shown;
  }
}

function render({ where, path, message, frame }: Problem): string {
  const place = path.length > 0 && !where.startsWith('--') ? `${where} ${dotted(path)}` : where;
  return `${place}: ${message}${frame === undefined ? '' : `\n${frame}`}`;
}

/** The line at `line` (from 1) with carets under `width` columns from `column` (from 1). Long lines are cut around the place. */
export function codeFrame(text: string, line: number, column: number, width: number): string | undefined {
  const source = text.split(/\r?\n/, line)[line - 1];
  if (source === undefined || source.trim() === '') return undefined;
  const from = column > 80 ? column - 41 : 0;
  const visible = source.slice(from, from + 100).replaceAll(/\p{Cc}/gu, ' ');
  const at = column - 1 - from;
  const carets = '^'.repeat(Math.max(1, Math.min(width, visible.length - at)));
  const gutter = String(line).padStart(5);
  return `${gutter} | ${visible}\n${' '.repeat(5)} | ${' '.repeat(at)}${carets}`;
}
