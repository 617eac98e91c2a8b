import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { readSpool, Spool } from './spool.ts';

const record = fc.tuple(
  fc.nat(2 ** 31 - 1),
  fc.double({ noNaN: true }),
  fc.double(),
  fc.double(),
  fc.double(),
  fc.nat(4),
  fc.nat(11),
  fc.integer({ min: 0, max: 599 }),
  fc.integer({ min: -1, max: 10_000 }),
  fc.nat(255),
  fc.nat(2 ** 32 - 1),
);

async function scratch(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-spool-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return join(dir, 'rows.spool');
}

/** A spool of `n` rows, numbered. */
async function filled(file: string, n: number): Promise<void> {
  const spool = await Spool.create(file);
  for (let i = 0; i < n; i++) spool.append(i, i * 1000, i * 1000, Number.NaN, 5, 0, 0, 200, 1, 1, i);
  await spool.close();
}

test('what is appended is what is read', async (t) => {
  const file = await scratch(t);
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 50, size: 'max' }), async (records) => {
      const spool = await Spool.create(file);
      for (const it of records) spool.append(...it);
      await spool.close();
      const { length, ...columns } = await readSpool(file);
      t.is(length, records.length);
      const {
        index,
        intended,
        sent,
        firstByte,
        latency,
        outcome,
        cause,
        status,
        backend,
        attempts,
        keyHash,
      } = columns;
      const order = [
        index,
        intended,
        sent,
        firstByte,
        latency,
        outcome,
        cause,
        status,
        backend,
        attempts,
        keyHash,
      ];
      records.forEach((it, row) => {
        t.deepEqual(
          order.map((column) => column[row]),
          it,
        );
      });
    }),
    { numRuns: 30 },
  );
});

test('rows beyond a chunk keep their order, and attempts beyond a byte stay at its end', async (t) => {
  const file = await scratch(t);
  await filled(file, 10_000);
  const columns = await readSpool(file);
  t.is(columns.length, 10_000);
  t.true(columns.index.every((index, row) => index === row));
  const spool = await Spool.create(file);
  spool.append(0, 0, 0, 0, 0, 0, 0, 200, 0, 300, 0);
  await spool.close();
  t.is((await readSpool(file)).attempts[0], 255);
});

test('rows reach the file while the run goes, so a killed one keeps them', async (t) => {
  const file = await scratch(t);
  const spool = await Spool.create(file);
  spool.append(7, 0, 0, 0, 0, 0, 0, 200, 0, 1, 0);
  let { length } = await readSpool(file);
  for (let tries = 0; length === 0 && tries < 100; tries++) {
    await sleep(50);
    ({ length } = await readSpool(file));
  }
  t.is(length, 1);
  await spool.close();
});

test('what a killed writer tore is left out', async (t) => {
  const file = await scratch(t);
  await filled(file, 10);
  const whole = (await readFile(file)).length;
  for (const [bytes, rows, why] of [
    [whole - 1, 9, 'the last record lacks a byte'],
    [whole - 55, 9, 'the last record is one byte'],
    [whole - 56, 9, 'the last record is missing'],
    [16, 0, 'there is a header and nothing else'],
    [9, 0, 'the header is torn'],
    [0, 0, 'nothing was written'],
  ] as const) {
    await truncate(file, bytes);
    t.is((await readSpool(file)).length, rows, why);
  }
});

test('a file that is no spool is refused', async (t) => {
  const file = await scratch(t);
  await writeFile(file, 'index,intended,sent\n');
  await appendFile(file, '1,2,3\n');
  await t.throwsAsync(readSpool(file), { message: /is no spool of request rows of version 1/ });
  await t.throwsAsync(readSpool(`${file}.missing`), { code: 'ENOENT' });
});
