import test from 'ava';
import fc from 'fast-check';
import { Deadline, DeadlineQueue } from './deadlines.ts';

test('a deadline expires once, at its time and not before; oldest first', (t) => {
  const queue = new DeadlineQueue(100);
  const fired: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => new Deadline(() => fired.push(name)));
  queue.start(a!, 0);
  queue.start(b!, 10);
  queue.expire(99.9);
  t.deepEqual(fired, []);
  queue.expire(110);
  t.deepEqual(fired, ['a', 'b']);
  queue.expire(1_000);
  t.deepEqual(fired, ['a', 'b']);
});

test('starting again, also in another queue, replaces the earlier start; the queue that expired is told', (t) => {
  const [short, long] = [new DeadlineQueue(10), new DeadlineQueue(50)];
  const fired: DeadlineQueue[] = [];
  const deadline = new Deadline((queue) => fired.push(queue));
  short.start(deadline, 0);
  long.start(deadline, 0);
  short.expire(1_000);
  t.deepEqual(fired, []);
  long.expire(50);
  t.deepEqual(fired, [long]);
  t.is(deadline.queue, undefined);
});

test('starting again from within its own expiry, as a body that has made progress does', (t) => {
  const queue = new DeadlineQueue(10);
  let times = 0;
  const deadline: Deadline = new Deadline(() => {
    if (++times < 3) queue.start(deadline, times * 10);
  });
  queue.start(deadline, 0);
  for (const now of [10, 20, 30, 40]) queue.expire(now);
  t.is(times, 3);
});

test('property: against a list of times, for any order of starts and stops', (t) => {
  const step = fc.record({
    who: fc.nat(7),
    what: fc.constantFrom('start', 'stop', 'expire'),
    after: fc.nat(30),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const queue = new DeadlineQueue(40);
      const model = new Map<number, number>();
      let now = 0;
      const fired: number[] = [];
      const all = Array.from({ length: 8 }, (_, i) => new Deadline(() => fired.push(i)));
      for (const { who, what, after } of steps) {
        now += after;
        if (what === 'start') {
          queue.start(all[who]!, now);
          model.delete(who);
          model.set(who, now + 40);
        } else if (what === 'stop') {
          all[who]!.stop();
          model.delete(who);
        } else {
          fired.length = 0;
          queue.expire(now);
          const due = [...model].filter(([, at]) => at <= now).map(([it]) => it);
          t.deepEqual(fired, due);
          for (const it of due) model.delete(it);
        }
      }
    }),
  );
});
