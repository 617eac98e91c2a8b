import test from 'ava';
import fc from 'fast-check';
import { WaitingLine } from './waiting-line.ts';

/** A capital letter joins, a small one leaves, `.` serves the next, `!` the next but no vowel. Returns who was served and who refused. */
function run(limit: number, script: string): string {
  const line = new WaitingLine<string>(limit);
  let out = '';
  for (const step of script) {
    if (step === '.') out += line.next(() => true) ?? '-';
    else if (step === '!') out += line.next((it) => !'AEIOU'.includes(it)) ?? '-';
    else if (step === step.toUpperCase()) out += line.join(step) ? '' : `(${step})`;
    else line.leave(step.toUpperCase());
  }
  return out;
}

for (const [sentence, limit, script, expected] of [
  ['first come, first served', 3, 'ABC...', 'ABC'],
  ['no more than its limit', 2, 'ABC...', '(C)AB-'],
  ['who leaves frees a place', 2, 'ABaC..', 'BC'],
  ['who leaves and comes again is the last', 3, 'ABaA..', 'BA'],
  ['who cannot be served is passed over, and keeps its place', 3, 'ABC!.', 'BA'],
  ['an empty line serves nobody', 1, '.A..', '-A-'],
] as const) {
  test(`waiting line: ${sentence}`, (t) => t.is(run(limit, script), expected));
}

test('joined = served + left + waiting, and those served come in the order they joined', (t) => {
  const step = fc.constantFrom('join', 'join', 'leave', 'serve');
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat(20)), { maxLength: 100 }), fc.nat(5), (steps, limit) => {
      const line = new WaitingLine<number>(limit);
      let [joined, left, last] = [0, 0, -1];
      const served: number[] = [];
      for (const [number, [act, which]] of steps.entries()) {
        if (act === 'join') joined += Number(line.join(number));
        else if (act === 'leave') left += Number(line.leave(which));
        else served.push(...[line.next(() => true)].filter((it) => it !== undefined));
        t.true(line.length <= limit);
        t.is(joined, served.length + left + line.length);
      }
      for (const it of served) {
        t.true(it > last);
        last = it;
      }
    }),
  );
});
