/** The request line as logs write it, and what they escape in it. */

export interface Asked {
  readonly method: string;
  /** Visible ASCII: what else was sent is percent-encoded. */
  readonly target: string;
}

/** `GET /a?b=c HTTP/1.1`, or without a version; undefined for what is no request: port scans, TLS in clear, nothing. */
export function requestLine(text: string): Asked | undefined {
  const space = text.indexOf(' ');
  if (space <= 0) return undefined;
  const method = text.slice(0, space);
  if (!/^[A-Z][A-Z-]{0,31}$/.test(method)) return undefined;
  const version = / HTTP\/\d(?:\.\d)?$/.exec(text);
  const target = plain(text.slice(space + 1, version === null ? undefined : version.index));
  return target === '' ? undefined : { method, target };
}

/** nginx and Apache write \x22 for what may not stand in a log, and Apache \" for a quote. */
function plain(text: string): string {
  const bytes = text.includes('\\')
    ? text.replace(/\\x([0-9A-Fa-f]{2})/g, '%$1').replace(/\\(["\\])/g, '$1')
    : text;
  return /^[\x21-\x7e]*$/.test(bytes)
    ? bytes
    : bytes.replace(/[^\x21-\x7e]/gu, (it) => (it.isWellFormed() ? encodeURIComponent(it) : '%EF%BF%BD'));
}
