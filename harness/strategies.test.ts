import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Options } from '../strategies/strategy.ts';
import { chooseStrategy, listStrategies } from './strategies.ts';
import { optionValues, StrategyInputError } from './strategy-options.ts';

async function own(t: { teardown(fn: () => Promise<void>): void }, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-strategy-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'mine.mts');
  await writeFile(file, text);
  return file;
}

test('the folder is the list: sorted, without the contract and its helpers', async (t) => {
  const names = [...(await listStrategies()).keys()];
  t.true(names.includes('round-robin'));
  t.false(names.includes('strategy'));
  t.deepEqual(names, [...names].sort());
});

test('a strategy is chosen by its name, with its defaults and the file it stands in', async (t) => {
  const chosen = await chooseStrategy('p2c', { choices: 3 });
  t.like(chosen, { name: 'p2c', values: { choices: 3, replacement: false } });
  t.regex(chosen.file, /\/strategies\/p2c\.ts$/);
});

test("a user's own file is chosen by its absolute path and named for it", async (t) => {
  const file = await own(
    t,
    `export default { about: 'mine', options: { bias: { type: 'number', default: 1, about: '' } },
      create: (env: unknown, options: { bias: number }) => ({ pick: (pool: any) => pool.available[0] }) };`,
  );
  t.like(await chooseStrategy(file, { bias: 2.5 }), { name: 'mine', file, values: { bias: 2.5 } });
});

test('a file that is not there is bad input', async (t) => {
  await t.throwsAsync(chooseStrategy('/nowhere/mine.mts'), {
    message: /\/nowhere\/mine\.mts cannot be loaded/,
  });
});

test('a misspelt name is answered with the nearest one, a strange one with all', async (t) => {
  const slip = await t.throwsAsync(chooseStrategy('round-robn'), { instanceOf: StrategyInputError });
  t.is(
    slip!.message,
    'expected the name of a strategy or a file, got "round-robn"; did you mean round-robin?',
  );
  t.deepEqual([...(slip as StrategyInputError).path], ['strategy']);
  await t.throwsAsync(chooseStrategy('zzzz'), { message: /did you mean one of .*p2c.*round-robin/ });
});

const options = {
  choices: { type: 'integer', default: 2, min: 1, max: 10, about: '' },
  tau: { type: 'duration', default: 10_000, min: 1, about: '' },
  bias: { type: 'number', default: 1, about: '' },
  edf: { type: 'boolean', default: false, about: '' },
  ties: { type: 'choice', default: 'random', of: ['random', 'rotate'], about: '' },
} satisfies Options;

test('options not given take their defaults; durations become milliseconds', (t) => {
  t.deepEqual(optionValues('s', options, { tau: '1.5s', ties: 'rotate' }) as unknown, {
    choices: 2,
    tau: 1500,
    bias: 1,
    edf: false,
    ties: 'rotate',
  });
});

for (const [given, message] of [
  [{ choices: 2.5 }, 's: option choices: expected a whole number from 1 to 10, got 2.5'],
  [{ choices: 0 }, 's: option choices: expected a whole number from 1 to 10, got 0'],
  [{ choices: '3' }, 's: option choices: expected a whole number from 1 to 10, got "3"'],
  [{ tau: 5 }, 's: option tau: expected a duration with its unit, such as 250ms or 10s, from 1ms, got 5'],
  [{ tau: '0' }, 's: option tau: expected a duration with its unit, such as 250ms or 10s, from 1ms, got "0"'],
  [{ bias: Number.NaN }, 's: option bias: expected a number, got null'],
  [{ edf: 'yes' }, 's: option edf: expected true or false, got "yes"'],
  [{ ties: 'rotat' }, 's: option ties: expected one of random, rotate, got "rotat"; did you mean rotate?'],
  [{ choice: 3 }, 's: expected one of its options, got "choice"; did you mean choices?'],
  [{ toString: 3 }, 's: expected one of its options, got "toString"; it has choices, tau, bias, edf, ties'],
] as const) {
  test(`options: ${message}`, (t) => {
    const error = t.throws(() => optionValues('s', options, given), {
      instanceOf: StrategyInputError,
      message,
    });
    t.deepEqual([...(error as StrategyInputError).path], ['options', Object.keys(given)[0]!]);
  });
}

test('a strategy without options says so', (t) => {
  t.throws(() => optionValues('s', {}, { a: 1 }), {
    message: 's: expected one of its options, got "a"; it has none',
  });
});
