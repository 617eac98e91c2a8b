import test from 'ava';
import fc from 'fast-check';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import { Breaker } from './breaker.ts';

const words: Record<string, OutcomeKind> = {
  o: 'ok',
  e: 'error',
  u: 'unreachable',
  r: 'reset',
  t: 'timeout',
  c: 'cancelled',
};
const limits = { failures: 3, errors: true, open: 100, trials: 2 };

/**
 * Requests that begin where the breaker admits them and end at once, a ms apart: `s` begins one that stays out until a
 * capital letter ends it; `.` lets 100 ms pass. Returns its state after each step, `!` where it did not admit one.
 */
function run(script: string, errors = true): string {
  const breaker = new Breaker({ ...limits, errors });
  const out: number[] = [];
  let at = 0;
  let path = '';
  for (const step of script) {
    at++;
    if (step === '.') {
      at += 100;
      breaker.tick(at);
    } else if (step === step.toUpperCase()) breaker.ended(words[step.toLowerCase()]!, out.shift()!, at);
    else if (!breaker.admits) {
      path += '!';
      continue;
    } else {
      breaker.started();
      if (step === 's') out.push(at);
      else breaker.ended(words[step]!, at, at);
    }
    path += breaker.state[0];
  }
  return path;
}

for (const [sentence, script, expected, errors] of [
  ['three failures in a row open it', 'urt', 'cco', true],
  ['a success between them starts the count anew', 'uroruo', 'cccccc', true],
  ['error responses count', 'eee', 'cco', true],
  ['unless told otherwise', 'eeee', 'cccc', false],
  ['a client that left says nothing', 'uucccu', 'ccccco', true],
  ['open, it admits nothing until its time is over', 'uuuoo.o', 'cco!!hh', true],
  ['two good trials close it', 'uuu.ooo', 'ccohhcc', true],
  ['a bad one opens it again', 'uuu.ou.', 'ccohhoh', true],
  ['half-open, no more than its trials are out', 'uuu.sssOO', 'ccohhh!hc', true],
  ['a trial that was cancelled is given back', 'uuu.cccoo', 'ccohhhhhc', true],
  ['who began before it opened says nothing about the time since', 'sssuuu.OOOoo', 'cccccohhhhhc', true],
] as const) {
  test(`breaker: ${sentence}`, (t) => t.is(run(script, errors), expected));
}

test('half-open, never more than its trials go through, however requests, ends and time interleave', (t) => {
  const step = fc.record({
    act: fc.constantFrom('start', 'start', 'end', 'end', 'wait'),
    which: fc.nat(20),
    kind: fc.constantFrom(...Object.values(words)),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 150, size: 'max' }),
      (trials, steps) => {
        const breaker = new Breaker({ ...limits, trials });
        const flying: { startedAt: number }[] = [];
        let at = 0;
        for (const { act, which, kind } of steps) {
          at++;
          breaker.tick(at);
          const flight = flying[which % Math.max(1, flying.length)];
          if (act === 'wait') at += which * 10;
          else if (act === 'start' && breaker.admits) {
            breaker.started();
            flying.push({ startedAt: at });
          } else if (act === 'end' && flight) {
            flying.splice(flying.indexOf(flight), 1);
            breaker.ended(kind, flight.startedAt, at);
          }
          t.true(breaker.out >= 0 && breaker.passed >= 0);
          if (breaker.state !== 'half-open') continue;
          const since = flying.filter(({ startedAt }) => startedAt >= breaker.changedAt).length;
          t.true(since <= trials);
          t.is(breaker.out, since);
        }
      },
    ),
  );
});
