import test from 'ava';
import { died, lastWords } from './trial-processes.ts';

const mine = { name: 'mine', file: '/m/mine.mts' };
const end = (stderr: string, signal?: string) => ({ exitCode: signal ? undefined : 1, signal, stderr });

for (const [sentence, stderr, words] of [
  [
    'the place in the source that Node prints first is left out',
    "/m/a.ts:6\n  throw new Error('late');\n  ^\n\nError: late\n    at f (/m/a.ts:6:1)",
    'Error: late\n    at f (/m/a.ts:6:1)',
  ],
  ['an error of one’s own name counts', 'x\nStrategyError: no\n    at f', 'StrategyError: no\n    at f'],
  ['without one, the last lines', 'a\nb', 'a\nb'],
  ['or nothing', ' \n', 'it said nothing'],
] as const)
  test(`last words: ${sentence}`, (t) => t.is(lastWords(stderr), words));

test('a throw in a timer of the strategy is its own, with the line', (t) => {
  const error = died('the balancer', end('Error: late\n    at Timeout (file:///m/mine.mts:6:1)'), mine);
  t.regex(
    error.message,
    /^strategy mine \(\/m\/mine\.mts:6\): the balancer died .*\(exit code 1\): Error: late/,
  );
});

test('an error that names the strategy already, or does not touch it, is told as it is', (t) => {
  for (const words of [
    'StrategyError: strategy mine (/m/mine.mts:6): x\n    at f (/m/mine.mts:6:1)',
    'Error: x\n    at f (/h/a.ts:1:1)',
  ])
    t.is(
      died('the balancer', end(words), mine).message,
      `the balancer died in mid-run (exit code 1): ${words}`,
    );
  t.is(
    died('the balancer', end('', 'SIGKILL')).message,
    'the balancer died in mid-run (SIGKILL): it said nothing',
  );
});
