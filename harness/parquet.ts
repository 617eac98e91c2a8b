/**
 * Columns to Parquet and back, so that a recording opens in DuckDB, pandas or any other tool. NaN is stored as null. Both ways go by
 * row groups of 50,000, so that five million rows take the memory of one. The same columns give the same bytes: neither time nor
 * place stands in the file.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { wholly } from './whole-file.ts';

/** Rows of a row group, and of a block to write. */
export const blockRows = 50_000;

export type Numbers = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** How one column is stored: a number, a number that may be missing (NaN), or a code written out as its word. */
export type Column =
  | { readonly as: 'double' | 'double?' | 'int' }
  | { readonly as: 'word'; readonly words: readonly string[] }
  /** As `word`; a code of −1 is null. */
  | { readonly as: 'word?'; readonly words: readonly string[] };

export type Layout = Readonly<Record<string, Column>>;

/** Up to `blockRows` rows: the first `length` values of each column. */
export type Block<C extends Readonly<Record<string, Numbers>> = Readonly<Record<string, Numbers>>> = {
  readonly length: number;
  readonly columns: C;
};

/** Writes blocks to `file`, whole or not at all. A block is done with before the next is asked for. */
export function writeParquet(
  file: string,
  layout: Layout,
  blocks: Iterable<Block> | AsyncIterable<Block>,
): Promise<void> {
  return wholly(file, (part) => fill(part, layout, blocks));
}

async function fill(
  file: string,
  layout: Layout,
  blocks: Iterable<Block> | AsyncIterable<Block>,
): Promise<void> {
  const handle = await open(file, 'w');
  try {
    const writer = new FileWriter(handle);
    // Extremes of each column and group would take as long to find as the rest, and nobody looks five million rows up by them.
    const parquet = new ParquetWriter({
      ...{ writer, createdBy: 'steelyard', statistics: false },
      schema: schemaFromColumnData({ columnData: sources(layout, { length: 0, columns: {} }) }),
    });
    for await (const block of blocks)
      if (block.length > 0)
        await parquet.write({ columnData: sources(layout, block), rowGroupSize: blockRows });
    await parquet.finish();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Hands what is written to the file after each row group, and keeps one buffer for all. */
class FileWriter extends ByteWriter {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super(1 << 20);
    this.#handle = handle;
  }

  async flush(): Promise<void> {
    const bytes = this.getBytes();
    for (let at = 0; at < bytes.length; )
      at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
    this.index = 0;
  }

  override finish(): Promise<void> {
    return this.flush();
  }
}

/** Times to the microsecond hardly repeat: neither a dictionary nor Snappy makes them any smaller. */
const asTheyAre = { encoding: 'PLAIN', codec: 'UNCOMPRESSED' } as const;

function sources(layout: Layout, { length, columns }: Block): ColumnSource[] {
  return Object.entries(layout).map(([name, column]) => {
    const values = columns[name]?.subarray(0, length) ?? new Float64Array(0);
    const nullable = column.as === 'double?' || column.as === 'word?';
    switch (column.as) {
      case 'int':
        return { name, type: 'INT32', nullable, data: new Int32Array(values) };
      case 'double':
        return { name, type: 'DOUBLE', nullable, ...asTheyAre, data: new Float64Array(values) };
      case 'double?':
        return { name, type: 'DOUBLE', nullable, ...asTheyAre, data: withNulls(new Float64Array(values)) };
      default: {
        const { words } = column;
        const data = Array.from(values as Int32Array, (code) => words[code] ?? null);
        return { name, type: 'STRING', nullable, encoding: 'RLE_DICTIONARY', data };
      }
    }
  });
}

/** Numbers as they are while none is missing, which is much the faster way. */
function withNulls(numbers: Float64Array): ColumnSource['data'] {
  return numbers.some(Number.isNaN)
    ? Array.from(numbers, (value) => (Number.isNaN(value) ? null : value))
    : numbers;
}

/** Reads the columns of `layout` back into the arrays `allocate` makes for the number of rows, a row group at a time. */
export async function readParquet<C extends Record<string, Numbers>>(
  file: string,
  layout: Layout,
  allocate: (rows: number) => C,
): Promise<{ rows: number; columns: C }> {
  const source = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(source);
  const rows = Number(metadata.num_rows);
  const columns = allocate(rows);
  const codes = new Map(
    Object.entries(layout).flatMap(([name, column]) =>
      'words' in column ? [[name, new Map(column.words.map((word, code) => [word, code]))] as const] : [],
    ),
  );
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    await parquetRead({
      ...{ file: source, metadata, rowStart, rowEnd, columns: Object.keys(layout) },
      onChunk: (chunk) => {
        const target = columns[chunk.columnName]!;
        const words = codes.get(chunk.columnName);
        if (words === undefined) fillNumbers(target, chunk.columnData, chunk.rowStart);
        else fillCodes(target, chunk.columnData as ArrayLike<string>, chunk.rowStart, words);
      },
    });
    rowStart = rowEnd;
  }
  return { rows, columns };
}

function fillNumbers(target: Numbers, values: ArrayLike<unknown>, at: number): void {
  if (ArrayBuffer.isView(values)) target.set(values as unknown as Numbers, at);
  else
    for (let i = 0; i < values.length; i++)
      target[at + i] = values[i] === null || values[i] === undefined ? Number.NaN : Number(values[i]);
}

function fillCodes(
  target: Numbers,
  values: ArrayLike<string>,
  at: number,
  words: ReadonlyMap<string, number>,
): void {
  let [word, code] = ['', -1];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== word) {
      word = values[i]!;
      code = words.get(word) ?? -1;
    }
    target[at + i] = code;
  }
}
