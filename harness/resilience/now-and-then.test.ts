import test from 'ava';
import { NowAndThen } from './now-and-then.ts';

test('the first time is told at once, the following ones once a second, and none is forgotten', (t) => {
  const it = new NowAndThen();
  const told = [0, 1, 500, 999, 1_000, 1_001, 5_000, 5_999, 6_000].map((at) => it.happened(at));
  t.deepEqual(told, [1, 0, 0, 0, 4, 0, 2, 0, 2]);
});
