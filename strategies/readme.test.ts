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

const strategies = await loadFolder<StrategyDefinition>(new URL('./', import.meta.url));
const section = (title: string) => readme.split(/^## /m).find((it) => it.startsWith(`${title}\n`))!;
const words = { probe: 'probes', reported: 'reports', simulator: 'the simulator' };

test('each strategy has one row, which says what it needs; each law has one', (t) => {
  const rows = section('The strategies')
    .split('\n')
    .filter((line) => line.startsWith('| ['));
  for (const [name, { needs }] of strategies) {
    const own = rows.filter((row) => row.startsWith(`| [\`${name}\`](${name}.ts) `));
    t.is(own.length, 1, name);
    const said = own[0]!.split('|').at(-2)!.trim();
    for (const [need, word] of Object.entries(words)) t.is(said === word, needs === need, `${name}: ${said}`);
  }
  t.is(rows.length, strategies.size);
  for (const law of Object.keys(laws)) t.regex(readme, new RegExp(`\\| \`${law}\` +\\|`));
});

test('which one: every strategy that is named there exists', (t) => {
  const named = [...section('Which one?').matchAll(/`([a-z][a-z0-9-]+)`/g)].map(([, name]) => name!);
  t.true(named.length > 10);
  for (const name of named) t.true(strategies.has(name), name);
});

test('what others call it: ours exist, with options and values that they have, and each reference has its link', (t) => {
  let rows = 0;
  for (const title of ['What the clouds call it', 'What other balancers call it']) {
    for (const line of section(title).split('\n')) {
      const ours = /^\|.*?\| (.*?) \|/.exec(line)?.[1];
      if (ours === undefined || ours === 'ours' || ours.startsWith('---')) continue;
      rows++;
      const name = /^\[`([a-z0-9-]+)`\]\(\1\.ts\)/.exec(ours)?.[1];
      if (name === undefined) t.is(ours, 'none', line);
      else t.true(strategies.has(name), line);
      if (!ours.includes('.ts) with ')) continue;
      for (const [, key, value] of ours.matchAll(/`(\w+): ([^`]+)`/g)) {
        const option = strategies.get(name!)!.options[key!];
        t.truthy(option, `${name} has no option ${key}`);
        if (option?.type === 'choice') t.true(option.of.includes(value!), line);
        else if (option?.type === 'boolean') t.regex(value!, /^(true|false)$/);
        else t.true(Number.isFinite(Number(value)), line);
      }
    }
    for (const [, id] of section(title).matchAll(/\]\[([\w-]+)\]/g))
      t.regex(readme, new RegExp(`^\\[${id}\\]: https://`, 'm'));
  }
  t.true(rows > 50);
});
