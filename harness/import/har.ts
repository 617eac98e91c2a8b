/**
 * A HAR file (HTTP Archive 1.2), as browsers export it: one JSON document, so read as a whole, each of its entries counted as a
 * line. http://www.softwareishard.com/blog/har-12-spec/
 */
import { type Fields, numberOf, objectOf, textOf } from './json-line.ts';
import type { Read } from './logged.ts';
import { isoTime } from './moment.ts';

/** Whether a text that begins so is HAR. */
export const looksLikeHar = (head: string): boolean => /^\s*\{\s*"log"\s*:/.test(head);

/** Its entries, by when they ended, as a log has them. Throws a RangeError for what is no HAR. */
export function harEntries(text: string): Read[] {
  const entries = objectOf(objectOf(parsed(text))?.log)?.entries;
  if (!Array.isArray(entries)) throw new RangeError('expected log.entries, got none');
  const read = entries.map((entry): Read => entryOf(objectOf(entry) ?? {}));
  return read.sort((a, b) => (typeof a === 'string' ? 0 : a.stamp) - (typeof b === 'string' ? 0 : b.stamp));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError('expected JSON, got a document that is cut off or damaged', { cause });
  }
}

function entryOf(entry: Fields): Read {
  const request = objectOf(entry.request) ?? {};
  const response = objectOf(entry.response) ?? {};
  const at = isoTime(textOf(entry.startedDateTime) ?? '');
  const url = URL.parse(textOf(request.url) ?? '');
  if (at === undefined || url === null) return 'has no startedDateTime or no url';
  const took = numberOf(entry.time) ?? 0;
  const status = numberOf(response.status) ?? 0;
  const timings = objectOf(entry.timings) ?? {};
  const served = (numberOf(timings.wait) ?? took) + (numberOf(timings.receive) ?? 0);
  const server = textOf(entry.serverIPAddress) ?? url.hostname;
  return {
    stamp: at + took,
    blur: 0,
    at,
    took,
    status,
    client: undefined,
    user: undefined,
    method: textOf(request.method),
    target: url.pathname + url.search,
    host: url.hostname,
    body: numberOf(request.bodySize),
    answer: numberOf(objectOf(response.content)?.size),
    attempts: [
      {
        backend: server,
        took: served,
        status,
        failure: status >= 500 ? 'error' : status === 0 ? 'broken' : undefined,
      },
    ],
  };
}
