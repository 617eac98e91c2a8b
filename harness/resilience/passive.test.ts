import test from 'ava';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import { failuresInARow } from './passive.ts';

const words: Record<string, OutcomeKind> = {
  o: 'ok',
  e: 'error',
  u: 'unreachable',
  r: 'reset',
  t: 'timeout',
  c: 'cancelled',
};

for (const [sentence, failures, errors, script, markedAt] of [
  ['three failures of any kind in a row mark it down', 3, false, 'urt', 3],
  ['an answer between them starts the count anew', 3, false, 'uroutu', 6],
  ['an error response is an answer too', 3, false, 'uueuu', undefined],
  ['unless errors are counted', 3, true, 'uue', 3],
  ['a client that left says nothing', 2, false, 'ucccr', 5],
  ['error responses alone mark nothing down', 1, false, 'eeeeee', undefined],
  ['with a threshold of one, the first failure does', 1, false, 'oot', 3],
] as const) {
  test(`passive: ${sentence}`, (t) => {
    let row = 0;
    const marks = [...script].map((letter) => {
      row = failuresInARow(row, words[letter]!, { errors });
      return row >= failures;
    });
    t.is(marks.indexOf(true) + 1 || undefined, markedAt);
  });
}
