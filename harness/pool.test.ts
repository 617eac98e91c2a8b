import test from 'ava';
import { bench, firstUntried, request, strategyOf, unanswered } from './dispatcher.test-support.ts';
import { PoolError } from './pool.ts';

const ids = (backends: readonly { id: string }[]) => backends.map(({ id }) => id).join('');

/** `times` requests whose attempt ends as `kind`, all on the first backend available. */
function meet(it: ReturnType<typeof bench>, times: number, kind: 'reset' | 'error' | 'timeout' | 'ok') {
  for (let i = 0; i < times; i++) {
    const one = it.dispatcher.open(request(i));
    it.dispatcher.pick(one);
    it.dispatcher.end(one, kind, { ...unanswered, answered: true });
  }
}

test('a backend without a verdict gets no traffic, unless told to assume it healthy', (t) => {
  t.is(ids(bench({ balancer: {} }).pool.available), '');
  t.is(bench({ balancer: {} }).dispatcher.pick(bench().dispatcher.open(request())), undefined);
  t.is(ids(bench({ balancer: { health: { assume: 'healthy' } } }).pool.available), 'abc');
  t.is(ids(bench({ balancer: { health: false } }).pool.available), 'abc', 'nothing will ever check it');
});

test('checks bring backends in and out, and each transition is an event', (t) => {
  const it = bench({ balancer: { health: { healthy: 2, unhealthy: 3 } } });
  const [a] = it.pool.members;
  it.events.length = 0;
  for (const passed of [true, true, false, false, false]) {
    it.clock.t += 500;
    it.check(a!, passed);
  }
  t.deepEqual(it.events, [
    {
      t: 1000,
      type: 'health',
      backend: 'a',
      from: 'unknown',
      to: 'healthy',
      by: 'active',
      detail: 'checks passed',
    },
    {
      t: 2500,
      type: 'health',
      backend: 'a',
      from: 'healthy',
      to: 'unhealthy',
      by: 'active',
      detail: 'ECONNREFUSED',
    },
  ]);
  t.is(ids(it.pool.available), '');
});

test('a strategy hears of every change, sees other arrays then, and the same ones until', (t) => {
  const seen: string[] = [];
  const it = bench({
    balancer: {},
    strategy: strategyOf({ ...firstUntried, poolChanged: (pool) => void seen.push(ids(pool.available)) }),
  });
  const [a, b] = it.pool.members;
  const before = it.pool.available;
  it.check(a!, true);
  t.is(it.pool.available, before, 'one of two checks: nothing has changed');
  for (const backend of [a!, b!, b!]) it.check(backend, true);
  it.pool.remove('a');
  it.pool.add({ id: 'd', host: 'h', port: 1, weight: 1 });
  t.deepEqual(seen, ['', 'a', 'ab', 'b', 'b']);
});

test('failures in a row on real requests take a backend out at once; only checks bring it back', (t) => {
  const it = bench({
    balancer: { health: { healthy: 2, assume: 'healthy' }, passive: { failures: 3, ejection: '1s' } },
  });
  meet(it, 2, 'reset');
  t.is(ids(it.pool.available), 'abc');
  it.clock.t = 7;
  meet(it, 1, 'timeout');
  t.is(ids(it.pool.available), 'bc');
  t.like(it.events.at(-1), {
    t: 7,
    backend: 'a',
    to: 'unhealthy',
    by: 'passive',
    detail: '3 failures in a row, the last: timeout',
  });
  it.clock.t = 60_000;
  meet(it, 1, 'ok');
  t.is(ids(it.pool.available), 'bc', 'time alone heals nothing that is checked');
  it.check(it.pool.get('a')!, true);
  t.is(ids(it.pool.available), 'bc');
  it.check(it.pool.get('a')!, true);
  t.is(ids(it.pool.available), 'abc');
});

test('where nothing checks it, an ejected backend comes back after `ejection`, not before', (t) => {
  const it = bench({ balancer: { health: false, passive: { failures: 1, ejection: '10s' } } });
  meet(it, 1, 'reset');
  it.clock.t = 4_000;
  meet(it, 1, 'reset');
  t.is(ids(it.pool.available), 'c');
  it.clock.t = 9_999;
  meet(it, 1, 'ok');
  t.is(ids(it.pool.available), 'c');
  it.clock.t = 10_000;
  meet(it, 1, 'ok');
  t.is(ids(it.pool.available), 'ac');
  it.clock.t = 14_000;
  t.is(it.dispatcher.stats().totals.available, 3, 'asking is enough');
});

test('complete error responses count only where `errors` says so', (t) => {
  const passive = { failures: 3 };
  const [plain, strict] = [
    bench({ balancer: { health: false, passive } }),
    bench({ balancer: { health: false, passive: { ...passive, errors: true } } }),
  ];
  meet(plain, 9, 'error');
  meet(strict, 3, 'error');
  t.is(ids(plain.pool.available), 'abc');
  t.is(ids(strict.pool.available), 'bc');
});

test('late failures of attempts from before a transition do not condemn a backend that has recovered', (t) => {
  const it = bench({
    backends: 1,
    balancer: { health: { healthy: 1, assume: 'healthy' }, passive: { failures: 2 } },
  });
  const old = [1, 2, 3, 4].map((number) => it.dispatcher.open(request(number)));
  for (const dispatch of old) it.dispatcher.pick(dispatch);
  const fail = (dispatch: (typeof old)[number]) => it.dispatcher.end(dispatch, 'timeout', unanswered);
  it.clock.t = 5;
  fail(old[0]!);
  fail(old[1]!);
  it.clock.t = 10;
  it.check(it.pool.members[0]!, true);
  t.is(ids(it.pool.available), 'a');
  fail(old[2]!);
  fail(old[3]!);
  t.is(ids(it.pool.available), 'a');
});

test('a removed backend gets no new request, and is forgotten once its last one has ended', (t) => {
  const it = bench({ backends: 2 });
  const one = it.dispatcher.open(request());
  it.dispatcher.pick(one);
  it.pool.remove('a');
  t.is(it.dispatcher.pick(it.dispatcher.open(request(1)))!.id, 'b');
  t.deepEqual(
    it.dispatcher.stats().backends.map(({ id, state }) => [id, state]),
    [
      ['b', 'healthy'],
      ['a', 'draining'],
    ],
  );
  t.throws(() => it.pool.add({ id: 'a', host: 'h', port: 1, weight: 1 }), {
    instanceOf: PoolError,
    message: /still draining/,
  });
  it.dispatcher.end(one, 'ok', unanswered);
  t.is(it.dispatcher.stats().backends.length, 1);
  t.is(it.pool.add({ id: 'a', host: 'h', port: 1, weight: 1 }).index, 0, 'an id keeps its index');
  t.is(it.pool.add({ id: 'x', host: 'h', port: 1, weight: 1 }).index, 2);
  t.is(ids(it.pool.members), 'abx');
  t.is(it.pool.remove('nobody'), undefined);
});

test('two backends under one id or one index are refused', (t) => {
  const { pool } = bench();
  const from = { host: 'h', port: 1, weight: 1 };
  t.throws(() => pool.add({ ...from, id: 'a' }), {
    instanceOf: PoolError,
    message: 'backend a is in the pool already',
  });
  t.throws(() => pool.add({ ...from, id: 'z', index: 1 }), {
    instanceOf: PoolError,
    message: /index 1 is b's/,
  });
});
