/** How a value, a list of choices or a place in a scenario is named in an error: short, plain, on one line. */

export type Path = readonly (string | number)[];

/** `"p2d"`, `3`, `a list`, `nothing`. Long text is cut. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `a`, `a or b`, `one of a, b, c`. */
export function choices(names: readonly string[]): string {
  if (names.length <= 2) return names.join(' or ');
  const most = 40;
  const more = names.length > most ? `, … (${names.length} in all)` : '';
  return `one of ${names.slice(0, most).join(', ')}${more}`;
}

/** `fleet.0.service`. */
export const dotted = (path: Path): string => path.join('.');
