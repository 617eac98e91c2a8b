/**
 * The body a backend answers with: JSON of exactly so many bytes, the same wherever it is made, so that a client can
 * tell a whole answer from a truncated or a spliced one.
 */
const opening = '{"ok":true,"fill":"';
const closing = '"}\n';
const pattern = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `bytes` ≥ 2. ASCII, so that characters are bytes. */
export function bodyOf(bytes: number): string {
  const fill = bytes - opening.length - closing.length;
  if (fill < 0) return `{}${' '.repeat(bytes - 2)}`;
  return opening + pattern.repeat(Math.ceil(fill / pattern.length)).slice(0, fill) + closing;
}
