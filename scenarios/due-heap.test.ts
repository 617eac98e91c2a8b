import test from 'ava';
import fc from 'fast-check';
import { DueHeap } from './due-heap.ts';

test('pushes and pops in any order: always the earliest comes out, and nothing is lost', (t) => {
  const command = fc.option(fc.integer({ min: 0, max: 20 }), { nil: 'pop' as const });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const heap = new DueHeap<{ at: number }>();
      const list: number[] = [];
      for (const it of commands) {
        if (it !== 'pop') {
          heap.push({ at: it });
          list.push(it);
        } else if (list.length > 0) {
          const least = Math.min(...list);
          list.splice(list.indexOf(least), 1);
          if (heap.first!.at !== least || heap.pop().at !== least) return false;
        }
        if (heap.size !== list.length) return false;
      }
      const left = [...heap].map(({ at }) => at).sort((a, b) => a - b);
      return left.join() === list.sort((a, b) => a - b).join();
    }),
  );
  t.pass();
});

test('cleared, it has nothing', (t) => {
  const heap = new DueHeap<{ at: number }>();
  heap.push({ at: 1 });
  heap.clear();
  t.is(heap.first, undefined);
  t.is(heap.size, 0);
});
