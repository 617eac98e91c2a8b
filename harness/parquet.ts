/** Columns to Parquet and back, so that a recording opens in DuckDB, pandas or any other tool. NaN is stored as null. */
import { rename, writeFile } from 'node:fs/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

export type Numbers = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** How one column is stored: a number, a number that may be missing (NaN), or a code written out as its word. */
export type Column =
  | { readonly as: 'double' | 'double?' | 'int' }
  | { readonly as: 'word'; readonly words: readonly string[] }
  /** As `word`; a code of −1 is null. */
  | { readonly as: 'word?'; readonly words: readonly string[] };

/** Writes columns of equal length to `file`, whole or not at all. */
export async function writeParquet(
  file: string,
  layout: Readonly<Record<string, Column>>,
  columns: Readonly<Record<string, Numbers>>,
  rows: number,
): Promise<void> {
  const columnData = Object.entries(layout).map(([name, column]) => {
    const values = columns[name]!;
    switch (column.as) {
      case 'double':
        return {
          name,
          type: 'DOUBLE' as const,
          nullable: false,
          data: values.subarray(0, rows) as Float64Array,
        };
      case 'int':
        return {
          name,
          type: 'INT32' as const,
          nullable: false,
          data: Int32Array.from(values.subarray(0, rows)),
        };
      case 'double?':
        return {
          name,
          type: 'DOUBLE' as const,
          data: Array.from({ length: rows }, (_, i) => (Number.isNaN(values[i]!) ? null : values[i]!)),
        };
      default:
        return {
          name,
          type: 'STRING' as const,
          nullable: column.as === 'word?',
          data: Array.from({ length: rows }, (_, i) => column.words[values[i]!] ?? null),
        };
    }
  });
  const bytes = parquetWriteBuffer({ columnData, rowGroupSize: 100_000, createdBy: 'steelyard' });
  await writeFile(`${file}.part`, new Uint8Array(bytes), { flush: true });
  await rename(`${file}.part`, file);
}

/** Reads the columns of `layout` back into the arrays `allocate` makes for the number of rows. */
export async function readParquet<C extends Record<string, Numbers>>(
  file: string,
  layout: Readonly<Record<string, Column>>,
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
  await parquetRead({
    file: source,
    metadata,
    columns: Object.keys(layout),
    onChunk: ({ columnName, columnData, rowStart }) => {
      const target = columns[columnName]!;
      const words = codes.get(columnName);
      for (let i = 0; i < columnData.length; i++) {
        const value = columnData[i];
        target[rowStart + i] = words
          ? (words.get(value as string) ?? -1)
          : value === null
            ? Number.NaN
            : Number(value);
      }
    },
  });
  return { rows, columns };
}
