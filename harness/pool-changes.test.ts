/** What an operator does to a pool while it serves, and how those that come (back) get their share. */
import test from 'ava';
import { bench, request, unanswered } from './dispatcher.test-support.ts';
import { PoolError } from './pool.ts';

const ids = (backends: readonly { id: string }[]) => backends.map(({ id }) => id).join('');
const told = ({ events }: ReturnType<typeof bench>) =>
  events.flatMap((it) => {
    if (it.type === 'pool' && it.change !== 'added') return [`${it.t} ${it.backend} ${it.change}`];
    return it.type === 'slow-start' ? [`${it.t} ${it.backend} slow start ${it.phase}`] : [];
  });

test('a backend that drains gets no new request, finishes what it has, and comes back when told', (t) => {
  const it = bench({ backends: 2 });
  const one = it.dispatcher.open(request());
  it.dispatcher.pick(one);
  t.is(it.pool.drain('a')!.id, 'a');
  t.is(ids(it.pool.members), 'ab', 'a member still');
  t.is(it.dispatcher.pick(it.dispatcher.open(request(1)))!.id, 'b');
  t.like(it.dispatcher.stats().backends[0], { state: 'draining', alive: false, inFlight: 1 });
  it.clock.t = 30;
  it.dispatcher.end(one, 'ok', unanswered);
  t.is(it.dispatcher.stats().backends[0]!.state, 'drained');
  it.pool.undrain('a');
  t.is(it.dispatcher.pick(it.dispatcher.open(request(2)))!.id, 'a');
  t.deepEqual(told(it), ['0 a draining', '30 a drained', '30 a undrained']);
  t.deepEqual([it.pool.drain('nobody'), it.pool.undrain('nobody')], [undefined, undefined]);
});

test('what happens to a backend while it drains is not held against it', (t) => {
  const it = bench({ balancer: { health: false, passive: { failures: 1 } } });
  const one = it.dispatcher.open(request());
  it.dispatcher.pick(one);
  it.pool.drain('a');
  t.true(it.dispatcher.end(one, 'reset', unanswered), 'the request goes elsewhere');
  it.pool.undrain('a');
  t.is(ids(it.pool.available), 'abc');
});

test('what is still in flight at the deadline of a drain is told, once, to whoever can break it off', (t) => {
  const it = bench({ backends: 2 });
  const heard: string[] = [];
  const stop = it.dispatcher.subscribe((event) => event.type === 'pool' && heard.push(event.change));
  for (const number of [0, 1]) it.dispatcher.pick(it.dispatcher.open(request(number)));
  it.pool.drain('a', 100);
  it.pool.remove('b', 200);
  for (it.clock.t = 0; it.clock.t < 300; it.clock.t += 50) it.pool.tick(it.clock.t);
  t.deepEqual(told(it), ['0 a draining', '0 b removed', '0 b drained', '100 a overdue']);
  t.deepEqual(heard, ['draining', 'removed', 'drained', 'overdue']);
  stop();
  it.pool.undrain('a');
  t.is(heard.length, 4);
});

test('a weight is changed while it serves; weights that are none are refused', (t) => {
  const it = bench();
  it.pool.reweigh('b', 3);
  t.like(it.dispatcher.stats().backends[1], { weight: 3, effectiveWeight: 3 });
  t.like(it.events.at(-1), { type: 'pool', backend: 'b', change: 'reweighed', weight: 3 });
  for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => it.pool.reweigh('b', weight), {
      instanceOf: PoolError,
      message: /^backend b: expected a weight above 0, got .*; to send it nothing, drain it$/,
    });
  t.is(it.pool.reweigh('nobody', 1), undefined);
});

const slow = { slowStart: { window: '1s', steps: 4 } };

test('slow start: one that joins while the others serve gets its weight in steps', (t) => {
  const it = bench({ balancer: { health: false, ...slow } });
  t.is(it.pool.get('a')!.weight, 1, 'those that were there from the beginning are warm');
  const late = it.pool.add({ id: 'd', host: 'h', port: 1, weight: 8 });
  const weights: number[] = [];
  for (it.clock.t = 0; it.clock.t <= 1_200; it.clock.t += 50) {
    it.pool.tick(it.clock.t);
    if (weights.at(-1) !== late.weight) weights.push(late.weight);
  }
  t.deepEqual(weights, [0.8, 2, 4, 6, 8]);
  t.deepEqual(told(it), ['0 d slow start begun', '1000 d slow start ended']);
  t.is(it.pool.due, Number.POSITIVE_INFINITY, 'nothing waits any more');
});

test('slow start: one that comes back from being down, or drained, starts slowly; weights given meanwhile count', (t) => {
  const it = bench({
    backends: 2,
    balancer: { health: { healthy: 1, unhealthy: 1 }, passive: false, ...slow },
  });
  const [a, b] = it.pool.members;
  it.check(a!, true);
  it.check(b!, true);
  t.deepEqual([a!.weight, b!.weight], [1, 1], 'the first verdict of one that was there from the beginning');
  it.check(a!, false);
  it.check(a!, true);
  t.is(a!.weight, 0.1);
  it.clock.t = 500;
  it.pool.tick(500);
  it.pool.reweigh('a', 4);
  t.is(a!.weight, 2);
  it.clock.t = 600;
  it.pool.drain('b');
  it.pool.undrain('b');
  t.is(b!.weight, 0.1);
  it.clock.t = 5_000;
  it.pool.tick(5_000);
  t.deepEqual([a!.weight, b!.weight], [4, 1]);
});

test('slow start: a strategy hears of each step, and of nothing between them', (t) => {
  let changes = 0;
  const it = bench({
    balancer: { health: false, ...slow },
    strategy: {
      about: '',
      options: {},
      create: () => ({ pick: ({ available }) => available[0], poolChanged: () => void changes++ }),
    },
  });
  it.pool.add({ id: 'd', host: 'h', port: 1, weight: 1 });
  changes = 0;
  for (it.clock.t = 0; it.clock.t <= 2_000; it.clock.t += 10)
    it.dispatcher.pick(it.dispatcher.open(request(it.clock.t)));
  t.is(changes, 4);
});
