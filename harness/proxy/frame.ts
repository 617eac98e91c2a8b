/**
 * What goes out in one write: a head, the data of one read as one chunk or as it is, the end of the body. Small messages
 * become one latin1 string (Node copies and writes those without allocating a Buffer); larger ones one Buffer. Either way
 * the data is copied, so a read buffer can be used again at once.
 */
const stringBytes = 4_096;

/** Empty when there is nothing to write. `last`: the body ends here, and `trailers` with it where it is chunked. */
export function frame(
  head: string,
  data: Buffer,
  start: number,
  end: number,
  chunked: boolean,
  last: boolean,
  trailers = '',
): string | Buffer {
  const size = end - start;
  let before = head;
  let after = '';
  if (chunked) {
    if (size > 0) {
      before += `${size.toString(16)}\r\n`;
      after = last ? `\r\n0\r\n${trailers}\r\n` : '\r\n';
    } else if (last) after = `0\r\n${trailers}\r\n`;
  }
  if (size === 0) return before + after;
  if (size <= stringBytes) return before + data.toString('latin1', start, end) + after;
  const out = Buffer.allocUnsafe(before.length + size + after.length);
  out.write(before, 0, 'latin1');
  data.copy(out, before.length, start, end);
  out.write(after, before.length + size, 'latin1');
  return out;
}
