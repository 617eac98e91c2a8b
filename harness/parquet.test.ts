import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { type Block, blockRows, type Layout, readParquet, writeParquet } from './parquet.ts';

const layout: Layout = {
  at: { as: 'double' },
  ended: { as: 'double?' },
  status: { as: 'int' },
  kind: { as: 'word', words: ['ok', 'lost'] },
  backend: { as: 'word?', words: ['app-1', 'app-2', 'app-3'] },
};

function* blocks(rows: number): Generator<Block> {
  // One block's memory for all of them, as the spools' readers do.
  const columns = {
    at: new Float64Array(blockRows),
    ended: new Float64Array(blockRows),
    status: new Uint16Array(blockRows),
    kind: new Uint8Array(blockRows),
    backend: new Int32Array(blockRows),
  };
  for (let first = 0; first < rows; first += blockRows) {
    const length = Math.min(blockRows, rows - first);
    for (let i = 0; i < length; i++) {
      const row = first + i;
      columns.at[i] = row / 3;
      // The second block lacks none, the others do.
      columns.ended[i] = row % 7 === 0 && first !== blockRows ? Number.NaN : row / 7;
      columns.status[i] = row % 600;
      columns.kind[i] = Number(row % 5 === 0);
      columns.backend[i] = (row % 4) - 1;
    }
    yield { length, columns };
  }
}

async function written(t: ExecutionContext, rows: number): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-parquet-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'rows.parquet');
  await writeParquet(file, layout, blocks(rows));
  t.deepEqual(await readdir(dir), ['rows.parquet'], 'no half-written file is left');
  return file;
}

const back = (file: string) =>
  readParquet(file, layout, (rows) => ({
    at: new Float64Array(rows),
    ended: new Float64Array(rows),
    status: new Uint16Array(rows),
    kind: new Uint8Array(rows),
    backend: new Int32Array(rows),
  }));

test('blocks become row groups, and every row of each is read back where it was', async (t) => {
  const rows = 2 * blockRows + 17;
  const file = await written(t, rows);
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file));
  t.deepEqual(
    metadata.row_groups.map((group) => Number(group.num_rows)),
    [blockRows, blockRows, 17],
  );
  const { rows: found, columns } = await back(file);
  t.is(found, rows);
  let row = 0;
  for (const { length, columns: expected } of blocks(rows))
    for (let i = 0; i < length; i++, row++)
      for (const name of ['at', 'ended', 'status', 'kind', 'backend'] as const)
        if (!Object.is(columns[name][row], expected[name]![i])) t.fail(`${name} of row ${row}`);
});

test('words stand in the file once for a row group, and other tools read them as words', async (t) => {
  const file = await written(t, 1_000);
  const source = await asyncBufferFromFile(file);
  const [group] = (await parquetMetadataAsync(source)).row_groups;
  for (const { meta_data } of group!.columns.slice(3)) {
    t.true(meta_data!.encodings.includes('RLE_DICTIONARY'), meta_data!.path_in_schema.join());
    t.true(meta_data!.total_compressed_size < 500, 'two bits a row, and the words');
  }
  const objects = await parquetReadObjects({ file: source, rowStart: 0, rowEnd: 3 });
  t.deepEqual(objects, [
    { at: 0, ended: null, status: 0, kind: 'lost', backend: null },
    { at: 1 / 3, ended: 1 / 7, status: 1, kind: 'ok', backend: 'app-1' },
    { at: 2 / 3, ended: 2 / 7, status: 2, kind: 'ok', backend: 'app-2' },
  ]);
});

test('the same columns are the same bytes, now and later', async (t) => {
  const hash = async (file: string) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  const [first, second] = [await written(t, 70_000), await written(t, 70_000)];
  await utimes(first, 1, 1);
  t.is(await hash(first), await hash(second));
  t.not(await hash(await written(t, 70_001)), await hash(first));
});

test('no rows at all are a file all the same, with its columns', async (t) => {
  const file = await written(t, 0);
  const { rows } = await back(file);
  t.is(rows, 0);
  const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  t.deepEqual(
    schema.slice(1).map(({ name }) => name),
    Object.keys(layout),
  );
});
