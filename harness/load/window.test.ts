import test from 'ava';
import { dueMicros, Window } from './window.ts';

for (const [sentence, length, times, admitted] of [
  ['a duration ends at its end, which is not in it', { duration: 30 }, [-10, 0, 29.9, 30], 3],
  ['a number of requests counts from t = 0', { requests: 2 }, [-20, -10, 0, 10, 20], 4],
] as const)
  test(sentence, (t) => {
    const window = new Window({ duration: undefined, requests: undefined, ...length });
    t.is(times.filter((it) => window.admits(it)).length, admitted);
    t.is(window.length(0, false), 'duration' in length ? 30 : 10);
  });

for (const [sentence, ms, micros] of [
  ['a due time is whole microseconds', 1.0006, 1001],
  ['what is due at t = 0 is measured', 0, 0],
  ['what is due a rounding error after it, too', 1e-13, 0],
  [
    'what is due a rounding error before it is not: 19 gaps of 1/19 s are 1.1e-13 ms short of a second',
    19 * (1000 / 19) - 1000,
    -1,
  ],
  ['nor half a microsecond before it', -0.0005, -1],
] as const)
  test(sentence, (t) => t.is(dueMicros(ms), micros));
