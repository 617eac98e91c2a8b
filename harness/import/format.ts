/** The contract of a log format. */
import type { Read } from './logged.ts';

/** What a format's file exports by default. The file's name is its name for `--format`. */
export interface Format {
  readonly about: string;
  /** One line, without its end. Never throws, whatever the line holds. */
  line(text: string): Read;
}

/** Checks a format's types where it is written and returns it unchanged. */
export const define = (format: Format): Format => format;
