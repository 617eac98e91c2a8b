/** What real requests make a pool think of its members: who is out, for how long, how many at once, and when nobody is. */
import test from 'ava';
import fc from 'fast-check';
import type { OutcomeKind } from '../strategies/strategy.ts';
import type { Dispatch } from './dispatch.ts';
import { bench, kinds, request, unanswered } from './dispatcher.test-support.ts';

const ids = (backends: readonly { id: string }[]) => backends.map(({ id }) => id).join('');

/** A bench whose strategy picks the backend named, where it is available. */
function aimed(backends: number, balancer: object) {
  let target = '';
  const it = bench({
    backends,
    balancer: { health: false, passive: false, retries: { max: 0 }, ...balancer },
    strategy: {
      about: '',
      options: {},
      create: () => ({ pick: ({ available }) => available.find(({ id }) => id === target) ?? available[0] }),
    },
  });
  /** So many requests to one backend, each over at once. */
  const meet = (id: string, kind: OutcomeKind, times = 1) => {
    target = id;
    for (let i = 0; i < times; i++) {
      const one = it.dispatcher.open(request());
      if (it.dispatcher.pick(one) !== undefined) it.dispatcher.end(one, kind, unanswered);
    }
  };
  const at = (t: number) => {
    it.clock.t = t;
    it.pool.tick(t);
    return ids(it.pool.available);
  };
  return { ...it, meet, at };
}

test('who is ejected again stays out longer, up to a maximum, and good service makes it forgotten', (t) => {
  const it = aimed(3, { passive: { failures: 1, ejection: '10s', maxEjection: '25s' } });
  const outFor = () => {
    const from = it.clock.t;
    it.meet('a', 'reset');
    it.at(it.pool.due);
    t.is(ids(it.pool.available), 'abc');
    return it.clock.t - from;
  };
  t.deepEqual([outFor(), outFor(), outFor(), outFor()], [10_000, 20_000, 25_000, 25_000]);
  it.clock.t += 35_000;
  t.is(outFor(), 20_000, 'three of four are forgotten');
});

test('unless told otherwise, all ejections are equally long', (t) => {
  const it = aimed(2, { passive: { failures: 1, ejection: '10s' } });
  for (const end of [10_000, 20_000, 30_000]) {
    it.meet('a', 'reset');
    t.is(it.pool.due, end);
    it.at(end);
  }
});

test('no more than `maxEjected` of the backends are out, though one always may be', (t) => {
  const it = aimed(5, { passive: { failures: 1, maxEjected: '40%' } });
  for (const id of 'abcde') it.meet(id, 'reset');
  t.is(ids(it.pool.available), 'cde');
  t.is(it.at(10_000), 'abcde');
  const small = aimed(3, { passive: { failures: 1, maxEjected: '10%' } });
  for (const id of 'abc') small.meet(id, 'reset');
  t.is(ids(small.pool.available), 'bc');
});

test('those that active checks condemn leave room for others, those that real requests do take it', (t) => {
  const it = bench({
    backends: 4,
    balancer: { health: { healthy: 1, unhealthy: 1 }, passive: { failures: 1, maxEjected: '50%' } },
  });
  const fail = () => {
    const one = it.dispatcher.open(request());
    it.dispatcher.pick(one);
    it.dispatcher.end(one, 'reset', { ...unanswered, answered: true });
  };
  for (const backend of it.pool.members) it.check(backend, true);
  it.check(it.pool.get('a')!, false);
  for (let i = 0; i < 4; i++) fail();
  t.is(ids(it.pool.available), 'd', 'b and c are half of the four');
  it.check(it.pool.get('b')!, true);
  t.is(ids(it.pool.available), 'bd');
});

const outlier = { outlier: { ejection: '30s', maxEjected: '50%', successRate: { requests: 20 } } };

test('an outlier by success rate is ejected at the next look, and comes back when its time is over', (t) => {
  const it = aimed(6, outlier);
  for (const id of 'abcdef') it.meet(id, id === 'c' ? 'error' : 'ok', 30);
  t.is(it.at(9_999), 'abcdef');
  t.is(it.at(10_000), 'abdef');
  t.like(it.events.at(-1), {
    ...{ t: 10_000, type: 'ejection', backend: 'c', phase: 'begun', by: 'success-rate', until: 40_000 },
    detail: '0.0% succeeded, below 12.5%',
  });
  t.like(it.dispatcher.stats().backends[2], { ejectedUntil: 40_000, alive: false, state: 'healthy' });
  t.is(it.at(39_999), 'abdef');
  t.is(it.at(40_000), 'abcdef');
  t.like(it.events.at(-1), { type: 'ejection', backend: 'c', phase: 'over' });
  for (const id of 'abcdef') it.meet(id, id === 'c' ? 'error' : 'ok', 30);
  t.is(it.at(50_000), 'abdef');
  t.is(it.pool.get('c')!.ejectedUntil, 110_000, 'twice as long');
});

test('only what ended since the last look counts, and what clients broke off does not', (t) => {
  const it = aimed(6, outlier);
  for (const id of 'abcdef') it.meet(id, id === 'c' ? 'error' : 'ok', 19);
  it.meet('c', 'cancelled', 30);
  t.is(it.at(10_000), 'abcdef', '19 are too few');
  for (const id of 'abcdef') it.meet(id, id === 'c' ? 'error' : 'ok', 19);
  t.is(it.at(20_000), 'abcdef');
});

test('an ejected outlier whose checks fail meanwhile comes back by its checks', (t) => {
  const it = bench({
    backends: 6,
    balancer: { health: { healthy: 1, unhealthy: 1 }, passive: false, retries: { max: 0 }, ...outlier },
    strategy: {
      about: '',
      options: {},
      create: () => ({ pick: ({ available }, { key }) => available.find(({ id }) => id === key) }),
    },
  });
  for (const backend of it.pool.members) it.check(backend, true);
  for (const id of 'abcdef')
    for (let i = 0; i < 30; i++) {
      const one = it.dispatcher.open({ ...request(i), key: id });
      it.dispatcher.pick(one);
      it.dispatcher.end(one, id === 'c' ? 'error' : 'ok', unanswered);
    }
  it.clock.t = 10_000;
  it.pool.tick(10_000);
  t.is(ids(it.pool.available), 'abdef', 'its checks pass, and it is out all the same');
  it.check(it.pool.get('c')!, false);
  it.clock.t = 40_000;
  it.pool.tick(40_000);
  t.is(ids(it.pool.available), 'abdef');
  it.check(it.pool.get('c')!, true);
  t.is(ids(it.pool.available), 'abcdef');
});

test('breaker: open after failures in a row, then one trial at a time decides', (t) => {
  const it = aimed(2, { breaker: { failures: 3, open: '1s' } });
  it.meet('a', 'error', 3);
  t.is(ids(it.pool.available), 'b');
  t.is(it.dispatcher.stats().backends[0]!.breaker, 'open');
  t.is(it.at(999), 'b');
  t.is(it.at(1_000), 'ab');
  it.meet('a', 'error');
  t.is(ids(it.pool.available), 'b', 'the trial failed');
  it.at(2_000);
  const trial = it.dispatcher.open(request());
  t.is(it.dispatcher.pick(trial)!.id, 'a');
  t.is(ids(it.pool.available), 'b', 'one trial is out: no other goes there');
  it.dispatcher.end(trial, 'ok', unanswered);
  t.is(ids(it.pool.available), 'ab');
  t.deepEqual(
    it.events.flatMap((event) =>
      event.type === 'breaker' ? [`${event.t} ${event.from} > ${event.to}`] : [],
    ),
    [
      '0 closed > open',
      '1000 open > half-open',
      '1000 half-open > open',
      '2000 open > half-open',
      '2000 half-open > closed',
    ],
  );
});

test('breaker: a trial whose client leaves is given back', (t) => {
  const it = aimed(1, { breaker: { failures: 1, open: '1s' } });
  it.meet('a', 'reset');
  t.is(ids(it.pool.available), '');
  it.at(1_000);
  it.meet('a', 'cancelled');
  t.is(ids(it.pool.available), 'a');
});

test('panic: below the share all that were ever judged are used, and it is told when it begins and ends', (t) => {
  const it = aimed(5, { passive: { failures: 1 }, panic: {} });
  for (const id of 'ab') it.meet(id, 'reset');
  t.is(ids(it.pool.available), 'cde', '60% are left');
  it.meet('c', 'reset');
  t.is(ids(it.pool.available), 'abcde');
  t.like(it.events.at(-1), { type: 'panic', phase: 'begun', usable: 2, of: 5 });
  it.pool.drain('e');
  t.is(ids(it.pool.available), 'abcd', 'what the operator holds back stays so');
  it.at(10_000);
  t.like(it.events.at(-1), { type: 'panic', phase: 'over', usable: 4, of: 4 });
  const fresh = bench({ balancer: { panic: {} } });
  t.is(ids(fresh.pool.available), '', 'without a first verdict nobody is used');
});

test('without panic, all may be out', (t) => {
  const it = aimed(2, { passive: { failures: 1 } });
  for (const id of 'ab') it.meet(id, 'reset');
  t.is(it.dispatcher.pick(it.dispatcher.open(request())), undefined);
});

test('through any sequence: never more out than allowed, never more trials than allowed, counts exact', (t) => {
  const step = fc.record({
    act: fc.constantFrom(
      'pick',
      'pick',
      'pick',
      'end',
      'end',
      'end',
      'wait',
      'check',
      'add',
      'remove',
      'drain',
      'undrain',
    ),
    which: fc.nat(50),
    kind: fc.constantFrom(...kinds, 'reset' as const, 'error' as const),
  });
  const settings = fc.record({
    health: fc.constantFrom(false, { assume: 'healthy', healthy: 1, unhealthy: 2 }),
    passive: fc.constantFrom(false, {
      failures: 2,
      ejection: '40ms',
      maxEjection: '100ms',
      maxEjected: '40%',
    }),
    outlier: fc.constantFrom(false, {
      ...{ interval: '50ms', ejection: '30ms', maxEjected: '40%' },
      successRate: { hosts: 2, requests: 2, factor: 1 },
      failurePercentage: { hosts: 1, requests: 1, threshold: '50%' },
    }),
    breaker: fc.constantFrom(false, { failures: 2, open: '20ms', trials: 2 }),
    maxInFlight: fc.constantFrom('unlimited', 2),
  });
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 200, size: 'max' }), (balancer, steps) => {
      const it = bench({ backends: 5, balancer });
      const { pool, dispatcher, clock } = it;
      const known = new Set(pool.members);
      const flying: Dispatch[] = [];
      const isOut = (one: (typeof pool.members)[number]) =>
        one.ejectedUntil < Number.POSITIVE_INFINITY || (one.markedDown && one.health.status === 'unhealthy');
      for (const [number, { act, which, kind }] of steps.entries()) {
        clock.t += 1;
        const member = pool.members[which % Math.max(1, pool.members.length)];
        const flight = flying[which % Math.max(1, flying.length)];
        const before = pool.members.filter(isOut).length;
        if (act === 'pick') {
          const one = dispatcher.open(request(number));
          const picked = dispatcher.pick(one);
          if (picked !== undefined) flying.push(one);
          t.true(picked === undefined || known.has(picked));
        } else if (act === 'end' && flight) {
          flying.splice(flying.indexOf(flight), 1);
          dispatcher.end(flight, kind, unanswered);
        } else if (act === 'wait') clock.t += which;
        else if (act === 'check' && member) it.check(member, which % 2 === 0);
        else if (act === 'add') known.add(pool.add({ id: `n${number}`, host: 'h', port: 1, weight: 1 }));
        else if (act === 'remove' && member) pool.remove(member.id);
        else if (act === 'drain' && member) pool.drain(member.id);
        else if (act === 'undrain' && member) pool.undrain(member.id);
        pool.tick(clock.t);
        const out = pool.members.filter(isOut).length;
        // Members that leave may raise the share of those that are out; nobody else is taken out then.
        t.true(out <= Math.max(before, 1, Math.floor(0.4 * pool.members.length)));
        for (const { breaker } of known)
          if (breaker?.state === 'half-open') t.true(breaker.out >= 0 && breaker.out + breaker.passed <= 2);
        for (const one of known) {
          t.true(one.inFlight >= 0);
          t.is(one.requests, one.ok + one.errors + one.cancelled + one.inFlight);
        }
        t.deepEqual(
          pool.available,
          pool.members.filter(({ usable }) => usable),
        );
      }
    }),
    { numRuns: 200 },
  );
});
