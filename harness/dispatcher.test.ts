import test from 'ava';
import fc from 'fast-check';
import type { Dispatch } from './dispatch.ts';
import { bench, firstUntried, kinds, request, strategyOf, unanswered } from './dispatcher.test-support.ts';
import { StrategyError } from './strategy-guard.ts';

const ids = (dispatch: Dispatch) => dispatch.tried.map((it) => it.id).join('');

test('a request in flight counts until it ends, and its latency once', (t) => {
  const { dispatcher, pool, clock } = bench();
  const one = dispatcher.open(request());
  const backend = dispatcher.pick(one)!;
  t.is(backend.inFlight, 1);
  clock.t = 12;
  t.false(dispatcher.end(one, 'ok', { status: 200, firstByte: 3, sent: true, answered: true }));
  t.is(backend.inFlight, 0);
  const { totals, backends } = dispatcher.stats();
  t.like(totals, { requests: 1, ok: 1, errors: 0, inFlight: 0, meanResponseMs: 12, available: 3 });
  t.like(backends[0], {
    id: 'a',
    url: 'http://127.0.0.1:1000',
    requests: 1,
    meanResponseMs: 12,
    alive: true,
  });
  t.is(pool.members.length, 3);
});

for (const [sentence, { kind, idempotent, sent, answered, backends, again }] of Object.entries({
  'no connection: nothing was sent, so even a POST goes elsewhere': {
    kind: 'unreachable',
    idempotent: false,
    sent: false,
    answered: false,
    backends: 2,
    again: 'b',
  },
  'reset after a GET was sent: it may be repeated': {
    kind: 'reset',
    idempotent: true,
    sent: true,
    answered: false,
    backends: 2,
    again: 'b',
  },
  'reset after a POST was sent: nobody knows whether it was done': {
    kind: 'reset',
    idempotent: false,
    sent: true,
    answered: false,
    backends: 2,
    again: undefined,
  },
  'reset after a byte reached the client: too late': {
    kind: 'reset',
    idempotent: true,
    sent: true,
    answered: true,
    backends: 2,
    again: undefined,
  },
  'a try that timed out has used up the patience': {
    kind: 'timeout',
    idempotent: true,
    sent: true,
    answered: false,
    backends: 2,
    again: undefined,
  },
  'a complete error response is an answer': {
    kind: 'error',
    idempotent: true,
    sent: true,
    answered: false,
    backends: 2,
    again: undefined,
  },
  'the client has left': {
    kind: 'cancelled',
    idempotent: true,
    sent: false,
    answered: false,
    backends: 2,
    again: undefined,
  },
  'the only backend there is gets it once more': {
    kind: 'reset',
    idempotent: true,
    sent: true,
    answered: false,
    backends: 1,
    again: 'a',
  },
} as const)) {
  test(`retry: ${sentence}`, (t) => {
    const { dispatcher } = bench({ backends });
    const one = dispatcher.open(request(0, idempotent));
    t.is(dispatcher.pick(one)!.id, 'a');
    const allowed = dispatcher.end(one, kind, { status: 0, firstByte: Number.NaN, sent, answered });
    t.is(allowed, again !== undefined);
    if (!allowed) return;
    t.is(dispatcher.pick(one)!.id, again!);
    t.is(one.attempts, 2);
    t.false(
      dispatcher.end(one, kind, { status: 0, firstByte: Number.NaN, sent, answered }),
      'one retry, no more',
    );
  });
}

test('with more retries than backends, a request is never sent twice to the same one', (t) => {
  const { dispatcher } = bench({ balancer: { health: false, passive: false, retries: { max: 10 } } });
  const one = dispatcher.open(request());
  for (const more of [true, true, false]) {
    dispatcher.pick(one);
    t.is(dispatcher.end(one, 'unreachable', { ...unanswered, sent: false }), more);
  }
  t.is(ids(one), 'abc');
  t.is(dispatcher.pick(one), undefined);
});

test('a full backend is passed over, and when all are full there is none', (t) => {
  const { dispatcher } = bench({ backends: 2, balancer: { health: false, maxInFlight: 2 } });
  const open = [1, 2, 3, 4].map((number) => dispatcher.open(request(number)));
  t.deepEqual(
    open.map((it) => dispatcher.pick(it)!.id),
    ['a', 'a', 'b', 'b'],
  );
  t.is(dispatcher.pick(dispatcher.open(request(5))), undefined);
  dispatcher.end(open[0]!, 'ok', unanswered);
  t.is(dispatcher.pick(dispatcher.open(request(6)))!.id, 'a');
});

test('passing over full backends leaves no trace among the tried', (t) => {
  const { dispatcher } = bench({ backends: 3, balancer: { health: false, maxInFlight: 1 } });
  dispatcher.pick(dispatcher.open(request(1)));
  const two = dispatcher.open(request(2));
  t.is(dispatcher.pick(two)!.id, 'b');
  t.is(ids(two), '');
  t.true(dispatcher.end(two, 'reset', unanswered));
  t.is(dispatcher.pick(two)!.id, 'c', 'a is full and b was tried');
  t.is(ids(two), 'b');
});

for (const [sentence, strategy, message] of [
  [
    'throws',
    {
      pick: () => {
        throw new RangeError('no luck');
      },
    },
    /^strategy mine \(\/mine\.ts\): pick threw: no luck$/,
  ],
  [
    'returns an object of its own',
    { pick: () => ({ id: 'a' }) as never },
    /pick returned a stranger: .* got object$/,
  ],
  ['returns a copy', { pick: (pool) => ({ ...pool.available[0]! }) }, /pick returned a stranger/],
  ['returns null', { pick: () => null as never }, /a stranger: .* got null$/],
  ['returns nothing', { pick: () => undefined }, /returned undefined with backends available$/],
  [
    'throws in started',
    {
      ...firstUntried,
      started: () => {
        throw new Error('x');
      },
    },
    /started threw: x$/,
  ],
] satisfies [string, Parameters<typeof strategyOf>[0], RegExp][]) {
  test(`a strategy that ${sentence} is an error that names its file`, (t) => {
    const { dispatcher } = bench({ strategy: strategyOf(strategy) });
    t.throws(() => dispatcher.pick(dispatcher.open(request())), { instanceOf: StrategyError, message });
  });
}

test('a strategy that throws in ended, poolChanged or create is an error too', (t) => {
  const fail = () => {
    throw new Error('x');
  };
  const { dispatcher } = bench({ strategy: strategyOf({ ...firstUntried, ended: fail }) });
  const one = dispatcher.open(request());
  dispatcher.pick(one);
  t.throws(() => dispatcher.end(one, 'ok', unanswered), { message: /ended threw: x/ });
  t.throws(() => bench({ strategy: strategyOf({ ...firstUntried, poolChanged: fail }) }), {
    message: /poolChanged threw/,
  });
  t.throws(() => bench({ strategy: { about: '', options: {}, create: fail } as never }), {
    message: /create threw/,
  });
});

test('a strategy that insists on a backend already tried, or marked down, is an error', (t) => {
  const stubborn = bench({ strategy: strategyOf({ pick: (pool) => pool.available[0] }) });
  const one = stubborn.dispatcher.open(request());
  stubborn.dispatcher.pick(one);
  t.true(stubborn.dispatcher.end(one, 'reset', unanswered));
  t.throws(() => stubborn.dispatcher.pick(one), {
    message: /pick returned a, tried already, with others available/,
  });

  const blind = bench({ strategy: strategyOf({ pick: (pool) => pool.members[0] }), balancer: {} });
  for (let i = 0; i < 2; i++) blind.check(blind.pool.members[1]!, true);
  t.throws(() => blind.dispatcher.pick(blind.dispatcher.open(request())), {
    message: /pick returned a, which is not available/,
  });
});

test('draws depend on seed, request and attempt, not on what happened in between', (t) => {
  const drawsOf = (seed: number, order: readonly number[]) => {
    const drawn = new Map<string, number[]>();
    const strategy = {
      about: '',
      options: {},
      create: (env: { random(): number }) => ({
        ...firstUntried,
        pick: (pool: never, dispatch: Dispatch) => {
          drawn.set(`${dispatch.number}.${dispatch.attempts + 1}`, [env.random(), env.random()]);
          return firstUntried.pick(pool, dispatch);
        },
      }),
    };
    const { dispatcher } = bench({ seed, strategy: strategy as never });
    for (const number of order) {
      const one = dispatcher.open(request(number));
      dispatcher.pick(one);
      if (dispatcher.end(one, 'reset', unanswered)) dispatcher.pick(one);
    }
    return drawn;
  };
  const forwards = drawsOf(1, [0, 1, 2]);
  const backwards = drawsOf(1, [2, 1, 0]);
  for (const [key, draws] of forwards) t.deepEqual(backwards.get(key), draws, key);
  t.is(
    new Set([...forwards.values()].flat()).size,
    12,
    'three requests, two attempts, two draws: all different',
  );
  t.notDeepEqual(drawsOf(2, [0]).get('0.1'), forwards.get('0.1'));
});

test('requests without a number get one each for their draws, and keep −1 in the record', (t) => {
  const { dispatcher } = bench();
  const [one, two] = [dispatcher.open(request(-1)), dispatcher.open(request(-1))];
  t.deepEqual([one.number, one.luck, two.luck], [-1, 0, 1]);
});

test('each pick ends once', (t) => {
  const { dispatcher } = bench();
  const one = dispatcher.open(request());
  dispatcher.pick(one);
  dispatcher.end(one, 'ok', unanswered);
  t.throws(() => dispatcher.end(one, 'ok', unanswered), { message: /exactly once/ });
});

test('the books balance through any sequence of picks, ends, checks, joins and removals', (t) => {
  const step = fc.record({
    act: fc.constantFrom('pick', 'pick', 'pick', 'end', 'end', 'check', 'wait', 'add', 'remove'),
    which: fc.nat(50),
    kind: fc.constantFrom(...kinds),
    sent: fc.boolean(),
    passed: fc.boolean(),
  });
  const balancer = fc.record({
    health: fc.constantFrom(false, {}, { assume: 'healthy' }),
    maxInFlight: fc.constantFrom('unlimited', 1, 2),
    retries: fc.record({ max: fc.nat(3) }),
    passive: fc.record({ failures: fc.constantFrom(1, 2), ejection: fc.constant('20ms') }),
  });
  fc.assert(
    fc.property(balancer, fc.array(step, { maxLength: 120, size: 'max' }), (settings, steps) => {
      const { dispatcher, pool, clock, check } = bench({ balancer: settings });
      const known = new Set(pool.members);
      const flying: Dispatch[] = [];
      let ended = 0;
      let picked = 0;
      const pick = (dispatch: Dispatch) => {
        const free = pool.available.filter((it) => it.inFlight < it.maxInFlight);
        const backend = dispatcher.pick(dispatch);
        if (backend === undefined) {
          t.true(
            free.every((it) => dispatch.tried.includes(it)),
            'refused although one was free',
          );
          return;
        }
        picked++;
        flying.push(dispatch);
        t.true(pool.available.includes(backend));
        t.true(backend.inFlight <= backend.maxInFlight);
        if (dispatch.tried.includes(backend))
          t.deepEqual(pool.available, [backend], 'tried, with others to try');
      };
      const end = (dispatch: Dispatch, kind: (typeof kinds)[number], sent: boolean) => {
        flying.splice(flying.indexOf(dispatch), 1);
        ended++;
        return dispatcher.end(dispatch, kind, { status: 0, firstByte: Number.NaN, sent, answered: false });
      };
      for (const [number, { act, which, kind, sent, passed }] of steps.entries()) {
        const member = pool.members[which % Math.max(1, pool.members.length)];
        const flight = flying[which % Math.max(1, flying.length)];
        clock.t += 1;
        if (act === 'pick') pick(dispatcher.open(request(number, sent)));
        else if (act === 'end' && flight && end(flight, kind, sent)) pick(flight);
        else if (act === 'check' && member) check(member, passed);
        else if (act === 'wait') clock.t += which;
        else if (act === 'remove' && member) pool.remove(member.id);
        else if (act === 'add') known.add(pool.add({ id: `n${number}`, host: 'h', port: 1, weight: 1 }));
        const books = [...known];
        t.true(books.every((it) => it.inFlight >= 0));
        t.true(books.every((it) => it.requests === it.ok + it.errors + it.cancelled + it.inFlight));
        t.is(
          books.reduce((sum, it) => sum + it.inFlight, 0),
          flying.length,
        );
        t.is(
          books.reduce((sum, it) => sum + it.requests, 0),
          picked,
        );
      }
      for (const dispatch of [...flying]) end(dispatch, 'ok', true);
      t.is(ended, picked);
      t.true([...known].every((it) => it.inFlight === 0));
      t.is(pool.draining.size, 0);
    }),
    { numRuns: 200 },
  );
});
