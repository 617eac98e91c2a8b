import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { callIn, lineOfFunction, lineOfStack, lineOfThrow } from './source-place.ts';

const source = `interface N { n: number }
const deep = ({ n }: N): never => {
  if (n > 0) return deep({ n: n - 1 });
  throw new TypeError('at /tmp/mine.mts:99:1 is not where');
};
export const nested = () => deep({ n: 3 });
export const later = async () => {
  await Promise.resolve();
  throw new Error('late');
};

export const picks = {
  pick(n: number): number { return n; },
};
export class Own { ended = () => 1; }
export const bound = nested.bind(undefined);
`;

interface Mine {
  nested(): void;
  later(): Promise<void>;
  picks: { pick(): void };
  Own: new () => { ended(): void };
  bound(): void;
}

/** Its folder has a space and a parenthesis, which a stack writes otherwise than a path. */
async function mine(t: ExecutionContext): Promise<{ file: string; it: Mine; dir: string }> {
  const dir = await mkdtemp(join(await realpath(tmpdir()), 'steelyard place (1) '));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'mine.mts');
  await writeFile(file, source);
  return { file, dir, it: (await import(pathToFileURL(file).href)) as Mine };
}

test('a throw in a helper that calls itself: the line that throws, not one that calls', async (t) => {
  const { file, it } = await mine(t);
  t.is(lineOfThrow(file, t.throws(it.nested)), 4);
});

test('a throw after an await', async (t) => {
  const { file, it } = await mine(t);
  t.is(lineOfThrow(file, await t.throwsAsync(it.later())), 9);
});

test('a file given through a link is the file it leads to', async (t) => {
  const { dir, file } = await mine(t);
  const link = join(dir, 'link.mts');
  await symlink(file, link);
  const it = (await import(pathToFileURL(link).href)) as Mine;
  t.is(lineOfThrow(link, t.throws(it.nested)), 4);
  t.is(callIn(link, [{ function: 'deep', file, line: 4 }])?.line, 4);
});

for (const [sentence, stack, line] of [
  [
    'a message that looks like a place is none',
    'Error: x (/m/a.mts:9:9)\n    at f (/m/b.mts:1:1)',
    undefined,
  ],
  ['a file whose path ends alike is another', 'Error: x\n    at f (file:///x/m/a.mts:3:1)', undefined],
  ['the innermost call counts', 'E\n    at f (file:///m/a.mts:3:1)\n    at g (file:///m/a.mts:7:1)', 3],
  ['calls of others around it do not', 'E\n    at g (node:internal/x:7:1)\n    at file:///m/a.mts:5:1', 5],
  ['nor do words around the name', 'E\n    at async Object.pick [as x] (file:///m/a.mts:6:1)', 6],
] as const)
  test(`a stack: ${sentence}`, (t) => t.is(lineOfStack('/m/a.mts', stack), line));

test('what is no error, or an error without a usable stack, has no line', (t) => {
  for (const it of ['boom', undefined, null, { stack: 5 }, Object.assign(new Error('x'), { stack: 5 })])
    t.is(lineOfThrow('/m/a.mts', it), undefined);
});

test('a function is found where it is written: method, field, and not in a file of others', async (t) => {
  const { file, it } = await mine(t);
  t.is(lineOfFunction(file, it.picks.pick), 13);
  t.is(lineOfFunction(file, new it.Own().ended), 15);
  t.is(lineOfFunction(file, it.bound), undefined, 'bound: nowhere');
  t.is(lineOfFunction(file, Math.max), undefined, 'native: nowhere');
  t.is(lineOfFunction(file, lineOfThrow), undefined, 'written elsewhere');
  t.is(lineOfFunction(file, 7), undefined);
});
