/**
 * The contract of an output format: one file of the run directory, made from the judged recording.
 * To write your own: a file here whose default export is `define({ about, file, create })`; it is found by listing the folder.
 */
import type { Report } from '../judge.ts';

export interface FormatDefinition {
  readonly about: string;
  /** Name within the run directory. */
  readonly file: string;
  create(report: Report): string | Promise<string>;
}

export function define(format: FormatDefinition): FormatDefinition {
  return format;
}
