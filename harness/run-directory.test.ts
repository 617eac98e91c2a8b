import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { DirectoryError, makeRunDirectory } from './run-directory.ts';

const at = new Date('2026-11-23T07:30:15.123Z');

test('runs that start in the same second get directories of their own, and latest points at one of them', async (t) => {
  const results = await mkdtemp(join(tmpdir(), 'results-'));
  t.teardown(() => rm(results, { recursive: true }));
  const made = await Promise.all(
    Array.from({ length: 8 }, () => makeRunDirectory('failover', { at, results })),
  );
  t.is(new Set(made.map(({ dir }) => dir)).size, 8);
  for (const { dir, id } of made) t.is(dir, join(results, `failover/2026-11-23T07-30-15Z-${id}`));
  const latest = join(results, await readlink(join(results, 'latest')));
  t.true(made.some(({ dir }) => dir === latest));
  t.deepEqual((await readdir(results)).sort(), ['failover', 'latest']);
});

test('a directory named by the user must be new or empty', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'out-'));
  t.teardown(() => rm(home, { recursive: true }));
  t.is((await makeRunDirectory('failover', { out: home })).dir, home);
  t.is((await makeRunDirectory('failover', { out: join(home, 'a/b') })).dir, join(home, 'a/b'));
  await t.throwsAsync(makeRunDirectory('failover', { out: home }), {
    instanceOf: DirectoryError,
    message: /new or empty/,
  });
  await t.throwsAsync(makeRunDirectory('failover', { out: '/proc/nope' }), { instanceOf: DirectoryError });
  await writeFile(join(home, 'file'), '');
  await t.throwsAsync(makeRunDirectory('failover', { out: join(home, 'file') }), {
    instanceOf: DirectoryError,
  });
});
