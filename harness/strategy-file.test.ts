import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { faultOf, loadStrategyFile } from './strategy-file.ts';
import { StrategyInputError } from './strategy-options.ts';

async function folder(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard own '));
  t.teardown(() => rm(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return dir;
}

for (const [sentence, name, text, message] of [
  [
    'that throws while it loads',
    'mine.mts',
    "\n\nthrow new Error('boom');",
    /mine\.mts:3 cannot be loaded: boom$/,
  ],
  [
    'that is not TypeScript',
    'mine.mts',
    'const a = 1;\nconst b: = 2;\n',
    /mine\.mts:2 cannot be loaded: .*Unexpected token/,
  ],
  [
    'that is not JavaScript',
    'mine.mjs',
    'const a = 1;\n\nfoo bar;\n',
    /mine\.mjs:3 cannot be loaded: Unexpected identifier/,
  ],
  [
    'with TypeScript that cannot be stripped',
    'mine.mts',
    'enum Colour { red }\nexport default Colour;',
    /mine\.mts:1 cannot be loaded: .*enum/,
  ],
  [
    'that imports what its helper does not have',
    'mine.mts',
    "import { gone } from './helper.mts';\nexport default gone;",
    /mine\.mts:1 cannot be loaded: .*does not provide an export named 'gone'/,
  ],
  [
    'whose helper is not TypeScript',
    'mine.mts',
    "import { x } from './broken.mts';\nexport default x;",
    /mine\.mts \(.*broken\.mts:2\) cannot be loaded: /,
  ],
  [
    'whose helper is not there',
    'mine.mts',
    "import { x } from './nowhere.mts';\nexport default x;",
    /mine\.mts cannot be loaded: Cannot find module .*nowhere\.mts/,
  ],
  [
    'without a default export',
    'mine.mts',
    'export const x = 1;',
    /mine\.mts: expected `export default .*, got no default export$/,
  ],
] as const)
  test(`a file ${sentence} is bad input, with the place`, async (t) => {
    const dir = await folder(t, {
      [name]: text,
      'helper.mts': 'export const x = 1;',
      'broken.mts': '\nlet 1;',
    });
    await t.throwsAsync(loadStrategyFile(join(dir, name)), { instanceOf: StrategyInputError, message });
  });

const create = () => ({ pick: () => undefined });
const option = (it: unknown) => ({ create, options: { choices: it } });

for (const [sentence, definition, fault] of [
  ['a definition is one', { about: '', options: {}, create }, undefined],
  ['a function', create, /got a default export of type function$/],
  ['null', null, /got a default export of type null$/],
  ['a strategy itself', { pick: create }, /got \{ pick \}$/],
  ['no options', { about: '', create }, /got \{ about, create \}$/],
  ['a create that is none', { options: {}, create: 1 }, /with a function create, got one of type number$/],
  ['options in a list', { options: [], create }, /^expected `options` to be an object .*, got \[\]$/],
  ['a plain value as an option', option(2), /^options\.choices: expected a descriptor such as .*, got 2$/],
  ['an option of another type', option({ type: 'int', default: 2 }), /got "int"; did you mean `integer`\?$/],
  [
    'an option without a default',
    option({ type: 'number' }),
    /expected a default of type number, got nothing$/,
  ],
  [
    'a duration with a unit',
    option({ type: 'duration', default: '3s' }),
    /number of milliseconds, got "3s"$/,
  ],
  [
    'a choice of nothing',
    option({ type: 'choice', default: 'a' }),
    /`of` to list the choices, .*, got nothing$/,
  ],
  [
    'a default that is no choice',
    option({ type: 'choice', default: 'a', of: ['b', 'c'] }),
    /default of b, c, got "a"$/,
  ],
  [
    'all kinds of options',
    {
      create,
      options: { a: { type: 'boolean', default: false }, b: { type: 'choice', default: 'x', of: ['x'] } },
    },
    undefined,
  ],
] as const)
  test(`shape of a definition: ${sentence}`, (t) => {
    const found = faultOf(definition);
    if (fault === undefined) t.is(found, undefined);
    else t.regex(found ?? '', fault);
  });
