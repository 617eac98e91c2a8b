/** What the README shows works as it stands: its smallest strategy is loaded from a file of its own and keeps the laws. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { loadFolder } from '../scenarios/registry.ts';
import { conform } from './conformance.ts';
import { laws } from './conformance-play.ts';
import type { StrategyDefinition } from './strategy.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the ten lines of "write your own" run from any folder and keep every law', async (t) => {
  const source = /```ts\n(export default \{[\s\S]*?)```/.exec(readme)?.[1];
  t.truthy(source);
  t.true(source!.trim().split('\n').length <= 10);
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-own-strategy-'));
  try {
    const file = join(folder, 'first.mts');
    writeFileSync(file, source!);
    const { default: definition } = (await import(pathToFileURL(file).href)) as {
      default: StrategyDefinition;
    };
    t.deepEqual(conform(definition, 1), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the tables name every strategy and every law', async (t) => {
  for (const name of (await loadFolder(new URL('./', import.meta.url))).keys())
    t.true(readme.includes(`[\`${name}\`](${name}.ts)`), name);
  for (const law of Object.keys(laws)) t.regex(readme, new RegExp(`\\| \`${law}\` +\\|`));
});
