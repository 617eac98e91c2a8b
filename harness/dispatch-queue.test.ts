/** Requests that wait for a backend with a slot free: who is next, who is turned away, and that nobody is forgotten. */
import test from 'ava';
import fc from 'fast-check';
import type { Dispatch } from './dispatch.ts';
import { bench, kinds, request, unanswered } from './dispatcher.test-support.ts';

const balancer = (queue: object, rest: object = {}) => ({
  health: false,
  passive: false,
  maxInFlight: 1,
  queue,
  ...rest,
});

/** Opens a request that picks, and waits where it must; `got` is what became of it. */
function come(it: ReturnType<typeof bench>, number: number) {
  const dispatch = it.dispatcher.open(request(number));
  const come = { dispatch, got: '' };
  const attempt = () => {
    const backend = it.dispatcher.pick(dispatch);
    if (backend !== undefined) come.got = backend.id;
    else come.got = it.dispatcher.wait(dispatch, attempt) ? 'waits' : 'refused';
  };
  attempt();
  return come;
}

test('who finds no slot waits, and gets the next that is free, first come, first served', (t) => {
  const it = bench({ backends: 2, balancer: balancer({ length: 2 }) });
  const all = [0, 1, 2, 3, 4].map((number) => come(it, number));
  const got = () => all.map((one) => one.got).join(' ');
  t.is(got(), 'a b waits waits refused');
  t.deepEqual(it.dispatcher.stats().queue, { length: 2, limit: 2 });
  it.dispatcher.end(all[1]!.dispatch, 'ok', unanswered);
  t.is(got(), 'a b b waits refused');
  it.dispatcher.end(all[0]!.dispatch, 'ok', unanswered);
  t.is(got(), 'a b b a refused');
  t.deepEqual(
    it.events.filter(({ type }) => type === 'queue'),
    [{ t: 0, type: 'queue', refused: 1, why: 'full' }],
  );
});

test('who leaves is not served, and one whose time is up is told of', (t) => {
  const it = bench({ backends: 1, balancer: balancer({}) });
  const [first, second, third, fourth] = [0, 1, 2, 3].map((number) => come(it, number));
  t.true(it.dispatcher.leave(second!.dispatch, 'left'));
  t.false(it.dispatcher.leave(second!.dispatch, 'left'), 'once');
  t.true(it.dispatcher.leave(third!.dispatch, 'timeout'));
  it.dispatcher.end(first!.dispatch, 'ok', unanswered);
  t.is(fourth!.got, 'a');
  t.deepEqual([second!.got, third!.got], ['waits', 'waits']);
  t.like(it.events.at(-1), { type: 'queue', refused: 1, why: 'timeout' });
});

test('a backend that joins, or comes back, serves those who wait', (t) => {
  const it = bench({ backends: 1, balancer: balancer({}) });
  come(it, 0);
  const [one, two] = [come(it, 1), come(it, 2)];
  it.pool.add({ id: 'n', host: 'h', port: 1, weight: 1 });
  t.deepEqual([one.got, two.got], ['n', 'waits']);
  it.pool.drain('n');
  it.dispatcher.end(one.dispatch, 'ok', unanswered);
  t.is(two.got, 'waits');
  it.pool.undrain('n');
  t.is(two.got, 'n');
});

test('a retry waits for a backend it has not tried; where all have been, or none is left, there is nothing to wait for', (t) => {
  const it = bench({ backends: 2, balancer: balancer({}, { retries: { max: 5 } }) });
  const [first, second] = [come(it, 0), come(it, 1)];
  t.true(it.dispatcher.end(first.dispatch, 'reset', unanswered), 'b is full, but may be waited for');
  t.is(it.dispatcher.pick(first.dispatch), undefined);
  let ready = false;
  t.true(
    it.dispatcher.wait(first.dispatch, () => {
      ready = true;
    }),
  );
  come(it, 2);
  t.false(ready, 'a is taken by another, and would not have done');
  it.dispatcher.end(second.dispatch, 'ok', unanswered);
  t.true(ready);
  t.is(it.dispatcher.pick(first.dispatch)!.id, 'b');
  t.false(it.dispatcher.end(first.dispatch, 'reset', unanswered));
  t.false(it.dispatcher.wait(first.dispatch, () => undefined));
  for (const id of ['a', 'b']) it.pool.drain(id);
  t.false(
    it.dispatcher.wait(it.dispatcher.open(request(9)), () => undefined),
    '503 at once',
  );
});

test('a row of refusals is served in a loop, however long the line', (t) => {
  const it = bench({ backends: 1, balancer: balancer({ length: 100_000 }) });
  const first = come(it, 0);
  let served = 0;
  for (let number = 1; number <= 50_000; number++) {
    const dispatch = it.dispatcher.open(request(number, false));
    it.dispatcher.wait(dispatch, () => {
      it.dispatcher.pick(dispatch);
      served++;
      it.dispatcher.end(dispatch, 'unreachable', unanswered);
    });
  }
  it.dispatcher.end(first.dispatch, 'ok', unanswered);
  t.is(served, 50_000);
});

test('whatever happens, everybody is in flight, waiting, or over; and nobody waits while a slot is free for him', (t) => {
  const step = fc.record({
    act: fc.constantFrom('come', 'come', 'come', 'end', 'end', 'end', 'leave', 'drain', 'undrain'),
    which: fc.nat(50),
    kind: fc.constantFrom(...kinds),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 150, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      (steps, maxInFlight) => {
        const it = bench({
          backends: 3,
          balancer: balancer({ length: 4 }, { maxInFlight, retries: { max: 2, budget: false } }),
        });
        const flying = new Set<Dispatch>();
        const waiting = new Set<Dispatch>();
        const attempt = (dispatch: Dispatch) => {
          if (it.dispatcher.pick(dispatch) !== undefined) flying.add(dispatch);
          else if (
            it.dispatcher.wait(dispatch, () => {
              waiting.delete(dispatch);
              attempt(dispatch);
            })
          )
            waiting.add(dispatch);
        };
        for (const [number, { act, which, kind }] of steps.entries()) {
          const flight = [...flying][which % Math.max(1, flying.size)];
          const waiter = [...waiting][which % Math.max(1, waiting.size)];
          if (act === 'come') attempt(it.dispatcher.open(request(number)));
          else if (act === 'end' && flight) {
            flying.delete(flight);
            if (it.dispatcher.end(flight, kind, unanswered)) attempt(flight);
          } else if (act === 'leave' && waiter) {
            waiting.delete(waiter);
            t.true(it.dispatcher.leave(waiter, 'left'));
          } else if (act === 'drain') it.pool.drain('abc'[which % 3]!);
          else if (act === 'undrain') it.pool.undrain('abc'[which % 3]!);
          t.is(it.dispatcher.stats().queue!.length, waiting.size);
          t.is(it.dispatcher.stats().totals.inFlight, flying.size);
          const free = it.pool.available.filter((one) => one.inFlight < one.maxInFlight);
          for (const { tried } of waiting) t.true(free.every((one) => tried.includes(one)));
        }
      },
    ),
    { numRuns: 150 },
  );
});
