/** The heap's order on an injected clock; and that real timers are about on time. */
import test from 'ava';
import fc from 'fast-check';
import { Timers } from './timers.ts';

test('whatever is due runs, earliest first, and nothing else', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 })),
      fc.array(fc.integer({ min: 0, max: 1000 })),
      (due, looks) => {
        const timers = new Timers(() => -1e12);
        const ran: number[] = [];
        for (const at of due) timers.add(at, () => ran.push(at));
        let latest = 0;
        for (const look of looks) {
          latest = Math.max(latest, look);
          timers.runDue(latest);
          t.deepEqual(
            ran,
            due.filter((at) => at <= latest).sort((a, b) => a - b),
          );
        }
        t.is(timers.size, due.length - ran.length);
        timers.clear();
      },
    ),
    { seed: 1 },
  );
});

test('what a due one adds runs in the same go where it is due too', (t) => {
  const timers = new Timers(() => -1e12);
  const ran: string[] = [];
  timers.add(10, () => {
    ran.push('first');
    timers.add(15, () => ran.push('added'));
    timers.add(99, () => ran.push('later'));
  });
  timers.add(20, () => ran.push('second'));
  timers.runDue(20);
  t.deepEqual(ran, ['first', 'added', 'second']);
  timers.clear();
  t.is(timers.size, 0);
});

test('after a stall everything is put off by as much as the first was late, and is told when it was due then', (t) => {
  const timers = new Timers(() => -1e12, { stall: 250 });
  const ran: [string, number][] = [];
  for (const [name, at] of [
    ['a', 100],
    ['b', 130],
    ['c', 900],
  ] as const)
    timers.add(at, (due) => ran.push([name, due]));
  timers.runDue(350);
  t.deepEqual(
    ran,
    [
      ['a', 100],
      ['b', 130],
    ],
    'late by no more than that is just late',
  );
  timers.add(400, (due) => ran.push(['d', due]));
  timers.runDue(1400);
  t.deepEqual(ran.slice(2), [['d', 1400]]);
  timers.runDue(1900);
  t.deepEqual(ran.slice(3), [['c', 1900]]);
  timers.clear();
});

test('on a real clock: never more than the slack early, and half of them within a few milliseconds', async (t) => {
  const now = () => performance.now();
  const timers = new Timers(now);
  const begun = now();
  const errors = await Promise.all(
    Array.from({ length: 400 }, (_, i) => {
      const at = begun + 5 + ((i * 37) % 400) * 2.513;
      return new Promise<number>((resolve) => timers.add(at, () => resolve(now() - at)));
    }),
  );
  errors.sort((a, b) => a - b);
  t.true(errors[0]! >= -0.501, `earliest ${errors[0]}`);
  t.true(errors[200]! < 5, `median ${errors[200]}`);
});

test('one that is added late and due first is not late', async (t) => {
  const timers = new Timers(() => performance.now());
  const ran: string[] = [];
  const far = new Promise((resolve) => timers.add(performance.now() + 300, () => resolve(ran.push('far'))));
  const near = new Promise((resolve) => timers.add(performance.now() + 20, () => resolve(ran.push('near'))));
  await near;
  t.deepEqual(ran, ['near']);
  await far;
});
