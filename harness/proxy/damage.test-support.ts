/** Messages to damage, and how: what parsers have disagreed about, put in and cut out anywhere. */
import fc from 'fast-check';
import { ok } from './raw-backend.test-support.ts';

export const requests = [
  'GET /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nConnection: keep-alive, x-a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello',
  'PUT http://a:80/p HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n5;x\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'GET /w HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
];
export const responses = [
  ok('hello', 'Connection: close\r\n'),
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5;x\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nuntil close',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nframes',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "x"\r\n\r\n',
];

/** Pieces that parsers have disagreed about. */
const poison = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  '\x0b',
  '\r\n ',
  '\r\n\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Host: evil\r\n',
  'Connection: close, content-length, host\r\n',
  '0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  '\xff',
  '5',
);
export const place = fc.double({ min: 0, max: 0.999_999, noNaN: true });
export const damage = fc.array(fc.record({ place, cut: fc.nat(4), insert: fc.option(poison, { nil: '' }) }), {
  minLength: 1,
  maxLength: 3,
});

export type Damage = { place: number; cut: number; insert: string }[];

export function damaged(text: string, where: Damage): string {
  let result = text;
  for (const it of where) {
    const at = Math.floor(it.place * (result.length + 1));
    result = result.slice(0, at) + it.insert + result.slice(at + it.cut);
  }
  return result;
}

/** The pieces of a text that is cut at these places, each from 0 to 1. */
export function splitAt(text: string, places: readonly number[]): string[] {
  const cuts = places.map((it) => Math.floor(it * text.length));
  const at = [0, ...cuts, text.length].sort((a, b) => a - b);
  return at
    .slice(1)
    .map((end, i) => text.slice(at[i], end))
    .filter((it) => it !== '');
}

/** Writes the pieces one after the other, with a breath between them. */
export async function writePieces(
  socket: { write(bytes: string, encoding: 'latin1'): unknown },
  pieces: readonly string[],
): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
