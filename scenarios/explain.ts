/**
 * From zod's issues to findings in plain words: expected, got, nearest name. An issue about unknown keys becomes one
 * finding a key; an issue about a union is told as its branch that was meant, which is the one with the fewest complaints.
 */
import type { z } from 'zod';
import type { Finding } from './problem.ts';
import { choices, type Path, show } from './show.ts';
import { didYouMean } from './suggest.ts';

/** Looking for near names costs time: a file with thousands of unknown keys gets suggestions for the first ones. */
const mostSuggestions = 200;

/** Parses `raw`, or says everything that is wrong with it; `base` is put before every path. */
export function explain<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  base: Path = [],
): { value: z.output<S> } | { findings: Finding[] } {
  let suggestions = 0;
  const suggest = (got: string, names: readonly string[]) =>
    suggestions++ < mostSuggestions ? didYouMean(got, names) : '';
  const result = schema.safeParse(raw, { error: (issue) => inWords(issue, suggest), reportInput: true });
  if (result.success) return { value: result.data };
  return { findings: result.error.issues.flatMap((issue) => flatten(issue, base)) };
}

type Suggest = (got: string, names: readonly string[]) => string;

function inWords(issue: z.core.$ZodRawIssue, suggest: Suggest): string {
  const got = show(issue.input);
  switch (issue.code) {
    case 'invalid_type': {
      const whole = (issue.inst?._zod.def as { format?: string } | undefined)?.format === 'safeint';
      const expected = whole ? 'int' : String(issue.expected);
      if (issue.input === undefined) return `expected ${kind(expected)}, got nothing: the key is missing`;
      return `expected ${kind(expected)}, got ${got}${remedy(expected, issue.input)}`;
    }
    case 'unrecognized_keys': {
      const shape = (issue.inst as unknown as z.ZodObject | undefined)?._zod.def.shape ?? {};
      const known = Object.keys(shape);
      // One line a key, in the order of `keys`: taken apart again in `flatten`.
      return (issue.keys as string[])
        .map((key) =>
          known.length === 0
            ? `expected no keys here, got \`${key}\``
            : `expected ${choices(known)}, got an unknown key${suggest(key, known)}`,
        )
        .join('\n');
    }
    case 'invalid_value': {
      const values = (issue.values as unknown[]).map(String);
      const near = typeof issue.input === 'string' ? suggest(issue.input, values) : '';
      return `expected ${choices(values)}, got ${got}${near}`;
    }
    case 'too_small':
    case 'too_big':
      return `expected ${bound(issue)}, got ${got}`;
    case 'invalid_format':
      return `expected text ${issue.format === 'starts_with' ? `that starts with ${issue.prefix}` : `like ${issue.pattern}`}, got ${got}`;
    case 'invalid_union':
      return ''; // told by its branches
    case 'invalid_key':
      return issue.issues[0]?.message ?? `expected another key, got ${got}`;
    default:
      return `expected another value, got ${got}`;
  }
}

function kind(expected: string): string {
  const words: Record<string, string> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return words[expected] ?? expected;
}

function remedy(expected: string, input: unknown): string {
  if (input === null && (expected === 'object' || expected === 'record'))
    return '; write {} for one without settings';
  if (input === null && expected === 'array') return '; write [] or leave the key out';
  if (expected === 'string') return typeof input === 'object' ? '' : '; put it in quotes';
  if (typeof input === 'string' && (expected === 'number' || expected === 'int'))
    return '; write it without quotes or unit';
  return '';
}

function bound(issue: z.core.$ZodRawIssue): string {
  const low = issue.code === 'too_small';
  const limit = String(low ? issue.minimum : issue.maximum);
  const than = issue.inclusive === false ? (low ? 'above' : 'below') : low ? 'at least' : 'at most';
  if (issue.origin === 'array') return `${than} ${limit} ${limit === '1' ? 'entry' : 'entries'}`;
  if (issue.origin === 'string') return `${than} ${limit} characters`;
  return `a number ${than === 'above' || than === 'below' ? than : `of ${than}`} ${limit}`;
}

function flatten(issue: z.core.$ZodIssue, base: Path): Finding[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, i) => ({ path: [...path, key], message: lines[i] ?? lines[0]!, key: true }));
  }
  if (issue.code === 'invalid_key')
    return issue.issues.slice(0, 1).map(({ message }) => ({ path, message, key: true }));
  if (issue.code !== 'invalid_union' || issue.message !== '') return [{ path, message: issue.message }];
  const meant = issue.errors
    .filter((issues) => !issues.some(ofAnotherKind))
    .map((issues) => issues.flatMap((one) => flatten(one, path)))
    .sort((a, b) => a.length - b.length)[0];
  if (meant) return meant;
  // No branch takes this kind of value: say what each would take.
  const wanted = issue.errors.flatMap((issues) =>
    issues
      .filter(ofAnotherKind)
      .slice(0, 1)
      .flatMap((it) => flatten(it, [])),
  );
  const words = wanted.map(({ message }) => message.replace(/^expected /, '').replace(/, got .*$/s, ''));
  return [{ path, message: `expected ${[...new Set(words)].join(' or ')}, got ${show(issue.input)}` }];
}

/** The branch takes another kind of value altogether: a list and not a mapping, say. */
function ofAnotherKind(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((issues) => issues.some(ofAnotherKind));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}
