/** The time for responses that do not say theirs: whoever passes one on adds it (RFC 9110 §6.6.1). Made once a second. */
let second = 0;
let line = '';

export function dateLine(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}
