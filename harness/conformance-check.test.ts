/** Real processes: what hangs here would hang a test that played it itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { processesOf } from './cli.test-support.ts';
import { checkStrategy } from './conformance-check.ts';
import { StrategyInputError } from './strategy-options.ts';

const silentMs = 3_000;

/** A lawful pick, after what `before` does. */
const strategy = (before: string, top = '') => `${top}
export default {
  about: 'mine',
  options: { bias: { type: 'boolean', default: false, about: '' } },
  create: (env, { bias }) => ({
    pick({ available }, { tried }) {
      ${before}
      return available.find((it) => !tried.includes(it)) ?? available[0];
    },
  }),
};
`;
/** The line on which `before` stands. */
const line = 7;

async function own(t: ExecutionContext, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-conformance-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'mine.mts');
  await writeFile(file, text);
  return file;
}

test('a strategy that keeps the laws breaks none', async (t) => {
  const file = await own(t, strategy(''));
  t.deepEqual(await checkStrategy(file, file, { seed: 1 }), []);
});

test('a loop in pick is named by line, option, seed and the shortest sequence that shows it', async (t) => {
  const file = await own(t, strategy('while (bias && available.length > 1);'));
  const violations = await checkStrategy(file, file, { seed: 1, silentMs });
  t.is(violations.length, 1);
  const [{ sequence, ...violation }] = violations as [(typeof violations)[0]];
  t.like(violation, { law: 'returns', line, seed: 1, options: { bias: true } });
  t.regex(
    violation.detail,
    /^pick never returns; line 7 .* nothing was heard of it for 3 s; in this sequence$/,
  );
  t.is(sequence.length, 3, sequence.join('; '));
  t.regex(sequence.join('; '), /^b\d+ joins.*; b\d+ joins.*; a request /);
  t.deepEqual(await processesOf(process.pid), []);
});

test('a loop that module state leads to says that its sequence alone does not show it', async (t) => {
  const file = await own(t, strategy('while (picks > 500); picks++;', 'let picks = 0;'));
  const [violation] = await checkStrategy(file, file, { seed: 1, silentMs });
  t.like(violation, { law: 'returns', line, sequence: [] });
  t.regex(violation!.detail, /remembers what was played before/);
});

test('one that leaves its process breaks a law like others', async (t) => {
  const file = await own(t, strategy('if (tried.length === 2) process.exit(3);'));
  const [violation] = await checkStrategy(file, file, { seed: 1, silentMs });
  t.like(violation, {
    law: 'survives',
    seed: 1,
    detail: 'it ended its process (exit code 3): it said nothing',
  });
});

for (const [sentence, text, message] of [
  ['loops as it is loaded', '\nfor (;;);\n', /mine\.mts:2 cannot be loaded: the file itself never returns/],
  [
    'waits for ever as it is loaded',
    'await new Promise(() => {});',
    /mine\.mts cannot be loaded: it waits, as an `await` does/,
  ],
  [
    'leaves as it is loaded',
    'process.exit(4);',
    /mine\.mts cannot be loaded: it ended its process \(exit code 4\)/,
  ],
  ['is no strategy', 'export default 5;', /mine\.mts: expected `export default .*type number$/],
] as const)
  test(`a file that ${sentence} is bad input`, async (t) => {
    const file = await own(t, text);
    await t.throwsAsync(checkStrategy(file, file, { seed: 1, silentMs }), {
      instanceOf: StrategyInputError,
      message,
    });
  });
