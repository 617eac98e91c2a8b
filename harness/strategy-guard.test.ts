import test from 'ava';
import { StrategyError } from './strategy-guard.ts';

const mine = { name: 'mine', file: '/m/mine.mts' };
const at = (file: string, line: number, name = 'pick') => ({ file, line, function: name });

for (const [sentence, frames, message] of [
  [
    'a loop in pick is named by its line',
    [at('/m/mine.mts', 7), at('/h/dispatcher.ts', 90)],
    'strategy mine (/m/mine.mts:7): it is silent: pick never returns; line 7 is where it was found',
  ],
  [
    'a loop that calls out is named by the call, the innermost of the file',
    [at('/h/random.ts', 3, 'draw'), at('/m/mine.mts', 9, 'helper'), at('/m/mine.mts', 20)],
    'strategy mine (/m/mine.mts:9): it is silent: helper never returns; line 9 is where it was found',
  ],
  [
    'a loop at the top of the file has no function',
    [at('/m/mine.mts', 2, ''), at('node:internal/modules/esm/module_job', 345, 'run')],
    'strategy mine (/m/mine.mts:2): it is silent: the file itself never returns; line 2 is where it was found',
  ],
  [
    'a function may have no name',
    [at('/m/mine.mts', 2, ''), at('/m/mine.mts', 7)],
    'strategy mine (/m/mine.mts:2): it is silent: a function never returns; line 2 is where it was found',
  ],
  [
    'what hangs elsewhere is not laid at a line of the strategy',
    [at('/h/pool.ts', 3, 'add')],
    'strategy mine (/m/mine.mts): it is silent: something in it never returns; it was found in /h/pool.ts:3, outside of the strategy’s file',
  ],
  [
    'what is in no call waits',
    [],
    'strategy mine (/m/mine.mts): it is silent: it waits, as an `await` does, for what never comes',
  ],
  [
    'without an answer no line is claimed',
    undefined,
    'strategy mine (/m/mine.mts): it is silent: something in it never returns; it runs native code that cannot be asked for its line',
  ],
] as const)
  test(`endless: ${sentence}`, (t) =>
    t.is(StrategyError.endless(mine, 'it is silent', frames).message, message));

test('what was thrown is kept as the cause, and thrown again only once', (t) => {
  const cause = new RangeError('no luck');
  const error = StrategyError.thrown(mine, 'pick', cause);
  t.is(error.cause, cause);
  t.is(error.message, 'strategy mine (/m/mine.mts): pick threw: no luck');
  t.is(StrategyError.thrown(mine, 'started', error), error);
  t.regex(StrategyError.thrown(mine, 'pick', 'a word').message, /pick threw: a word$/);
});
