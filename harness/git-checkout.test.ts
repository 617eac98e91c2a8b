/** What a checkout that goes wrong leaves behind, and says. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { CheckoutError, checkOut } from './git-checkout.ts';

async function repository(t: ExecutionContext) {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-repository-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: dir });
  await git('init', '-q', '-b', 'main');
  await git('commit', '-q', '--allow-empty', '-m', 'one');
  const worktrees = async () =>
    (await git('worktree', 'list', '--porcelain')).stdout.match(/^worktree /gm)?.length;
  return { dir, worktrees };
}

test('a checkout that git no longer takes for one is gone all the same, and forgotten', async (t) => {
  const { dir, worktrees } = await repository(t);
  const error = await t.throwsAsync(checkOut('main', 'pwd >&2; echo torn > .git; exit 3', dir), {
    instanceOf: CheckoutError,
    message: /^main could not be made ready: /,
  });
  const tree = error.message.split(': ')[1]!;
  t.true(tree.startsWith(tmpdir()), tree);
  t.false(existsSync(tree));
  t.is(await worktrees(), 1);
});

test('why it could not be made ready is told even where git itself fails in the end', async (t) => {
  const { dir } = await repository(t);
  const error = await t.throwsAsync(checkOut('main', `pwd >&2; rm -rf '${dir}/.git'; exit 3`, dir), {
    instanceOf: CheckoutError,
    message: /^main could not be made ready: /,
  });
  t.false(existsSync(error.message.split(': ')[1]!));
});
