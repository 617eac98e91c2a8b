/** A log read to its end: its format recognised by what the first lines hold, unless named, and each line handed on once. */
import { Exit, exitCode } from '../exit.ts';
import type { Format } from './format.ts';
import { harEntries, looksLikeHar } from './har.ts';
import { type Bytes, type Line, linesOf, longestLine, openBytes } from './lines.ts';
import type { Read } from './logged.ts';
import { type Fit, fits, formats } from './recognise.ts';

/** Lines by which the format is recognised. */
const sampled = 1000;
/** A HAR file is held as a whole. */
const mostHarBytes = 400_000_000;

export interface Reading {
  /** As users call it: a path, or `-`. */
  readonly file: string;
  /** Named by the user, or a format of the user's own. */
  readonly format?: { readonly name: string; readonly format?: Format } | undefined;
  readonly line: (number: number, it: Read) => void;
  /** Between two batches of lines. */
  readonly pause: () => Promise<void>;
}

export interface ReadLog {
  readonly format: string;
  readonly cutOff: boolean;
}

/** Throws `Exit` with code 2 for what cannot be read, or is in no format that is known. */
export async function readLog(reading: Reading): Promise<ReadLog> {
  const { file } = reading;
  const { stream, state } = await open(file);
  const chunks = stream[Symbol.asyncIterator]();
  const head = await chunks.next();
  if (head.done || head.value.length === 0)
    throw new Exit(exitCode.input, `${file}: expected lines of an access log, got an empty file`);
  const whole = joined(head.value, chunks);
  const chosen = reading.format;
  if (
    chosen?.name === 'har' ||
    (chosen === undefined && looksLikeHar(head.value.toString('utf8', 0, 1000)))
  ) {
    await readHar(whole, reading);
    return { format: 'har', cutOff: state.cutOff };
  }
  const batches = linesOf(whole)[Symbol.asyncIterator]();
  const first: Line[] = [];
  while (first.length < sampled) {
    const batch = await batches.next();
    if (batch.done) break;
    first.push(...batch.value);
  }
  const { name, format = formats.get(name)! } = chosen ?? { name: recognised(file, first) };
  for (let batch: Line[] | undefined = first; batch !== undefined; ) {
    for (const { number, text, tooLong } of batch)
      reading.line(
        number,
        tooLong ? `is longer than ${longestLine} bytes` : text === '' ? 'is empty' : format.line(text),
      );
    await reading.pause();
    const next: IteratorResult<Line[]> = await batches.next();
    batch = next.done ? undefined : next.value;
  }
  return { format: name, cutOff: state.cutOff };
}

async function open(file: string): Promise<Bytes> {
  try {
    return await openBytes(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const got = { ENOENT: 'nothing at that path', EISDIR: 'a directory', EACCES: 'one that may not be read' }[
      code ?? ''
    ];
    if (got === undefined) throw cause;
    throw new Exit(exitCode.input, `${file}: expected an access log, got ${got}`, { cause });
  }
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  for (let it = await rest.next(); !it.done; it = await rest.next()) yield it.value;
}

async function readHar(chunks: AsyncIterable<Buffer>, { file, line, pause }: Reading): Promise<void> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > mostHarBytes)
      throw new Exit(
        exitCode.input,
        `${file}: expected a HAR file of at most ${mostHarBytes} bytes, got more; cut it with \`jq\``,
      );
  }
  try {
    for (const [i, entry] of harEntries(Buffer.concat(parts).toString()).entries()) line(i + 1, entry);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Exit(exitCode.input, `${file}: ${cause.message}`, { cause });
  }
  await pause();
}

/** Throws `Exit` where no format reads half of the lines. */
function recognised(file: string, lines: readonly Line[]): string {
  const texts = lines.filter(({ tooLong, text }) => !tooLong && text !== '').map(({ text }) => text);
  const best: Fit | undefined = fits(texts)[0];
  if (best !== undefined && best.read * 2 >= Math.max(1, texts.length)) return best.name;
  const partly =
    best !== undefined && best.read > 0
      ? `; ${best.name} comes closest, with ${best.read} of ${texts.length} lines`
      : '';
  throw new Exit(
    exitCode.input,
    `${file}: expected a format that is known (${[...formats.keys()].join(', ')}, har), got lines such as\n` +
      `    ${(texts[0] ?? '').slice(0, 200)}\n${partly === '' ? 'none of which any of them reads' : partly.slice(2)}. ` +
      "Name it with --format, or give nginx's own with --log-format '$remote_addr … $upstream_response_time'.",
  );
}
