/** Where a run is written: `results/<scenario>/<UTC time>-<short id>/`, or the directory the user names. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

export class DirectoryError extends Error {}

/**
 * Makes the run directory and returns it with the run's id. `out`, when given, must be new or empty.
 * Otherwise the id makes the name unique, however many runs start in the same second, `kind` ends it where it is no single
 * run, and `results/latest` points at it.
 */
export async function makeRunDirectory(
  scenario: string,
  {
    out,
    at = new Date(),
    results = 'results',
    kind,
  }: { out?: string | undefined; at?: Date; results?: string; kind?: string },
): Promise<{ dir: string; id: string }> {
  const id = randomBytes(4).toString('hex');
  if (out !== undefined) {
    const dir = resolve(out);
    const inside = await makeDirectory(dir)
      .then(() => readdir(dir))
      .catch((cause: NodeJS.ErrnoException) => {
        throw new DirectoryError(`--out ${out}: expected a directory that can be made, got ${cause.code}`, {
          cause,
        });
      });
    if (inside.length > 0)
      throw new DirectoryError(
        `--out ${out}: expected a new or empty directory, got one with files in it; name another`,
      );
    return { dir, id };
  }
  const stamp = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const dir = resolve(results, scenario, `${stamp}-${id}${kind === undefined ? '' : `-${kind}`}`);
  await makeDirectory(dir);
  await pointLatest(dir);
  return { dir, id };
}

/** As `mkdir -p`; Node's own recursive mkdir never returns where a file system refuses with ENOENT, as /proc does. */
async function makeDirectory(dir: string, parentsMade = false): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // perhaps just now, by another run
    if (code !== 'ENOENT' || parentsMade) throw error;
    await makeDirectory(dirname(dir));
    await makeDirectory(dir, true);
  }
}

/** Replaces `results/latest` in one step, so that two runs at once never find it half made. */
async function pointLatest(dir: string): Promise<void> {
  const latest = join(dirname(dirname(dir)), 'latest');
  const next = `${latest}.${basename(dir)}`;
  await symlink(relative(dirname(latest), dir), next);
  try {
    await rename(next, latest);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
}
