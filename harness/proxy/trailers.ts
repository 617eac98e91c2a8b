/**
 * Fields after a chunked body. Whoever merges them into the head would take them for what they are not, so everything that
 * frames, routes, authenticates or modifies a message is left behind (RFC 9110 §6.5.1), and so is what proxies vouch for.
 */
import { FieldScanner, kind } from './fields.ts';

const never = [
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'endpoint-load-metrics',
  'expect',
  'expires',
  'forwarded',
  'host',
  'http2-settings',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'set-cookie',
  'steelyard-attempts',
  'steelyard-backend',
  'steelyard-client',
  'steelyard-key',
  'steelyard-region',
  'steelyard-request',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
];

export function trailerScanner(most: number): FieldScanner {
  return new FieldScanner(Object.fromEntries(never.map((name) => [name, kind.dropped])), most);
}

/** The lines that go on of those just scanned, from `from` to `to`, the empty line left out. */
export function trailerLines(scanner: FieldScanner, b: Buffer, from: number, to: number): string {
  return scanner.kept(b.toString('latin1', from, to), from, 1 << kind.dropped);
}
