/** The agenda against the slowest one there is: a list that is searched for the earliest each time. */
import test from 'ava';
import fc from 'fast-check';
import { Agenda, type Rank, rank, Task } from './agenda.ts';

interface Entry {
  item: Task;
  at: number;
  first: Rank;
  added: number;
}

/** Both at once; each `take` says what came out of both. */
class Pair {
  readonly agenda = new Agenda();
  readonly #list: Entry[] = [];
  #added = 0;

  add(at: number, first: Rank, item = new Task(() => undefined)): void {
    this.agenda.add(item, at, first);
    this.#list.push({ item, at, first, added: this.#added++ });
  }

  get size(): number {
    return this.#list.length;
  }

  get due(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#list.map(({ at }) => at));
  }

  take(): [agenda: unknown, oracle: Task] {
    const least = this.#list.reduce((a, b) => (isBefore(b, a) ? b : a));
    this.#list.splice(this.#list.indexOf(least), 1);
    return [this.agenda.next(), least.item];
  }
}

const isBefore = (a: Entry, b: Entry) =>
  a.at !== b.at ? a.at < b.at : a.first !== b.first ? a.first < b.first : a.added < b.added;

const ranks = fc.constantFrom(rank.finish, rank.message, rank.rest);
/** Few different times, so that many are equal, and any time, so that many are not. */
const times = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ min: 0, max: 100, noNaN: true }));
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: times, first: ranks }) },
  { weight: 2, arbitrary: fc.constant('take' as const) },
);

test('adds and takes in any order: earliest first, then by rank, then as they were added', (t) => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
      const pair = new Pair();
      const takeOne = () => {
        const [came, expected] = pair.take();
        if (came !== expected) throw new Error('another thing came first');
      };
      for (const it of commands) {
        if (it !== 'take') pair.add(it.at, it.first);
        else if (pair.size > 0) takeOne();
        if (pair.agenda.size !== pair.size) throw new Error(`${pair.agenda.size} things, not ${pair.size}`);
        if (pair.agenda.due !== pair.due) throw new Error(`due at ${pair.agenda.due}, not ${pair.due}`);
      }
      while (pair.size > 0) takeOne();
    }),
    { numRuns: 400 },
  );
  t.pass();
});

for (const [sentence, entries, order] of [
  ['the earlier time goes first, whatever was added first', ['b 2 rest', 'a 1 rest'], 'ab'],
  ['a worker that gets free goes before a message of that moment', ['b 1 message', 'a 1 finish'], 'ab'],
  ['a response in time goes before the timeout of that moment', ['b 1 rest', 'a 1 message'], 'ab'],
  ['among equals, what was added first', ['a 1 message', 'b 1 message', 'c 1 message'], 'abc'],
  ['a rank counts among equal times only', ['b 2 finish', 'a 1 rest'], 'ab'],
  [
    'seven at one moment, four children and below: still in order',
    [...'cdefgab'].map((name, i) => `${name} 1 ${i < 5 ? 'message' : 'finish'}`),
    'abcdefg',
  ],
] as const)
  test(sentence, (t) => {
    const agenda = new Agenda();
    let happened = '';
    for (const entry of entries) {
      const [name, at, first] = entry.split(' ') as [string, string, keyof typeof rank];
      agenda.add(new Task(() => (happened += name)), Number(at), rank[first]);
    }
    while (agenda.size > 0) agenda.next().happen();
    t.is(happened, order);
    t.is(agenda.due, Number.POSITIVE_INFINITY);
  });

test('it grows past its first room, and what was taken can be added again', (t) => {
  const agenda = new Agenda();
  const items = Array.from({ length: 3_000 }, () => new Task(() => undefined));
  const timeOf = new Map(items.map((item, i) => [item, (i * 7919) % 3_000]));
  for (const item of items) agenda.add(item, timeOf.get(item)!, rank.rest);
  const first = agenda.next() as Task;
  t.is(timeOf.get(first), 0);
  agenda.add(first, 10_000, rank.finish);
  const came = Array.from({ length: 3_000 }, () => agenda.next() as Task);
  t.deepEqual(
    came.slice(0, -1).map((item) => timeOf.get(item)),
    Array.from({ length: 2_999 }, (_, i) => i + 1),
  );
  t.is(came.at(-1), first);
});
