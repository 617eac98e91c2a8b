/** A commit of the user's repository, checked out beside it for as long as it is measured. The user's own checkout is never touched. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';

export class CheckoutError extends Error {}

export interface Checkout {
  readonly ref: string;
  /** The whole hash. */
  readonly commit: string;
  /** Where the user stands, in it. */
  readonly dir: string;
  remove(): Promise<void>;
}

const git = (args: readonly string[], cwd: string) => execa('git', args, { cwd, stdin: 'ignore' });

/**
 * `prepare` is a command line for a shell, run in it (`npm ci`). Without one, the `node_modules` of the user's checkout serve it too.
 * Throws `CheckoutError` with what was expected where `cwd` is in no repository, the ref is no commit, or `prepare` fails.
 */
export async function checkOut(
  ref: string,
  prepare: string | undefined,
  cwd = process.cwd(),
): Promise<Checkout> {
  const root = await git(['rev-parse', '--show-toplevel'], cwd).then(
    ({ stdout }) => stdout.trim(),
    () => {
      throw new CheckoutError(`--base and --head: expected to be called in a git repository, got ${cwd}`);
    },
  );
  const commit = await git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], root).then(
    ({ stdout }) => stdout.trim(),
    () => {
      throw new CheckoutError(
        `expected a commit, branch or tag of ${root}, got ${ref}; fetch it first where it is another's`,
      );
    },
  );
  const top = await mkdtemp(join(tmpdir(), 'steelyard-ref-'));
  const tree = join(top, 'tree');
  const remove = async () => {
    const removed = await git(['worktree', 'remove', '--force', tree], root).then(
      () => true,
      () => false, // half made, or no longer what git takes for a worktree: the folder goes all the same
    );
    await rm(top, { recursive: true, force: true });
    // Git forgets only what is gone. Where it fails, it forgets later by itself (`git gc`), and why we are here is worth more than that.
    if (!removed) await git(['worktree', 'prune'], root).catch(() => undefined);
  };
  try {
    await git(['worktree', 'add', '--detach', tree, commit], root);
    const dir = join(tree, relative(root, cwd));
    if (prepare !== undefined) await execa(prepare, { cwd: tree, shell: true, stdin: 'ignore', all: true });
    else if (existsSync(join(root, 'node_modules')) && !existsSync(join(tree, 'node_modules')))
      await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    return { ref, commit, dir, remove };
  } catch (cause) {
    await remove();
    const said = (cause as { all?: string; stderr?: string }).all ?? (cause as { stderr?: string }).stderr;
    throw new CheckoutError(
      `${ref} could not be made ready: ${(said ?? (cause as Error).message).trim().split('\n').slice(-5).join('\n')}`,
      { cause },
    );
  }
}
