import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { type Line, linesOf, longestLine, openBytes } from './lines.ts';

async function collect(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Line[]> {
  const all: Line[] = [];
  const stream = (async function* () {
    yield* chunks;
  })();
  for await (const batch of linesOf(stream)) all.push(...batch);
  return all;
}
const texts = (lines: readonly Line[]) => lines.map(({ text }) => text);

test('wherever chunks begin and end, the lines are the same', async (t) => {
  const anything = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r\n', ' ') });
  await fc.assert(
    fc.asyncProperty(anything, fc.array(fc.nat(20), { maxLength: 10 }), async (text, cuts) => {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      chunks.push(bytes.subarray(from));
      const lines = await collect(chunks);
      const expected = text.split('\n').map((it) => it.replace(/\r$/, ''));
      if (text === '' || text.endsWith('\n')) expected.pop();
      t.deepEqual(texts(lines), expected);
      t.deepEqual(
        lines.map(({ number }) => number),
        expected.map((_, i) => i + 1),
      );
    }),
    { numRuns: 200 },
  );
});

test('a line longer than any request is cut short and says so; what is held of it is bounded', async (t) => {
  const chunk = Buffer.alloc(longestLine, 'x');
  const lines = await collect([...Array.from({ length: 50 }, () => chunk), Buffer.from('\nshort\n')]);
  t.deepEqual(
    lines.map(({ tooLong, text }) => [tooLong, text.length]),
    [
      [true, longestLine],
      [false, 5],
    ],
  );
});

test('a byte order mark is no part of the first line', async (t) => {
  t.deepEqual(texts(await collect([Buffer.from('\ufeffa\n\ufeffb')])), ['a', '\ufeffb']);
});

test('of a packed log that is cut off, as it is still being written, what can be had is had', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-lines-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'a.gz');
  const all = Array.from({ length: 50_000 }, (_, i) => `line ${(i * 7919) % 50_000}`);
  const packed = gzipSync(all.join('\n'));
  await writeFile(file, packed.subarray(0, packed.length >> 1));
  const { stream, state } = await openBytes(file);
  const lines = texts(await collect(stream));
  t.true(state.cutOff);
  t.true(lines.length > 1000 && lines.length < all.length, `${lines.length} lines`);
  t.deepEqual(lines.slice(0, -1), all.slice(0, lines.length - 1));
});
