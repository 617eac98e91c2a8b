import test from 'ava';
import fc from 'fast-check';
import { RetryBudget } from './retry-budget.ts';

/** `r` a request, `t` a retry asked for, a digit: so many seconds pass. Returns what became of each retry. */
function run(share: number, min: number, script: string): string {
  const budget = new RetryBudget({ share, min }, 0);
  let at = 0;
  let answers = '';
  for (const step of script) {
    if (step === 'r') budget.deposit(at);
    else if (step === 't') answers += budget.withdraw(at) ? '+' : '-';
    else at += Number(step) * 1_000;
  }
  return answers;
}

for (const [sentence, share, min, script, expected] of [
  ['five requests earn a retry of 20%', 0.2, 0, 'rrrrtrtt', '-+-'],
  ['without requests there are `min` a second, ten seconds of them at once', 0, 0.3, 'tttt', '+++-'],
  ['they come back when ten seconds have passed', 0, 0.3, 'ttt9t1ttt', '+++-+++'],
  ['what requests earned is forgotten after ten seconds', 1, 0, 'rr9t1t', '+-'],
  ['both together', 0.5, 0.1, 'rrttt', '++-'],
  ['nothing at all lets nothing through', 0, 0, 'rrrt', '-'],
  ['a long silence is no credit', 0.2, 0.1, 'rrrrr9999tt', '+-'],
] as const) {
  test(`retry budget: ${sentence}`, (t) => t.is(run(share, min, script), expected));
}

test('over any ten seconds it lets through at most share × requests + min × 10 s, and never refuses below', (t) => {
  const step = fc.record({ wait: fc.constantFrom(0, 0, 0, 40, 700, 3_000), retry: fc.boolean() });
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0.2, 1),
      fc.constantFrom(0, 0.1, 0.5),
      fc.array(step, { maxLength: 200, size: 'max' }),
      (share, min, steps) => {
        const budget = new RetryBudget({ share, min }, 0);
        const requests: number[] = [];
        const retries: number[] = [];
        let at = 0;
        // The ten slots up to now: the current second and the nine before.
        const recent = (times: number[]) =>
          times.filter((it) => it >= Math.floor(at / 1_000) * 1_000 - 9_000).length;
        for (const { wait, retry } of steps) {
          at += wait;
          if (!retry) {
            budget.deposit(at);
            requests.push(at);
            continue;
          }
          const left = share * recent(requests) + min * 10 - recent(retries);
          const affordable = budget.affords(at);
          t.is(affordable, left >= 1 - 1e-6);
          t.is(budget.withdraw(at), affordable);
          if (affordable) retries.push(at);
        }
      },
    ),
  );
});
