/** A line that is one JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export function jsonLine(text: string): Fields | string {
  if (!text.startsWith('{')) return 'is no JSON object';
  try {
    return objectOf(JSON.parse(text)) ?? 'is no JSON object';
  } catch (error) {
    if (error instanceof SyntaxError) return 'is no JSON: cut off, or not written by a logger';
    throw error;
  }
}

export function objectOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** At least 0 and finite. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value < 1e15 ? value : undefined;
