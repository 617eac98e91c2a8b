/** Which attempts are followed by another, how many a balancer affords, and how long each waits. */
import test from 'ava';
import { bench, request, unanswered } from './dispatcher.test-support.ts';

const response = (status: number) => ({ ...unanswered, status });
const settings = (retries: object) => ({ health: false, passive: false, retries });

for (const [sentence, { retries, idempotent, backends, status, spared }] of Object.entries({
  'a listed status is tried elsewhere': {
    retries: { statuses: [503] },
    idempotent: true,
    backends: 2,
    status: 503,
    spared: true,
  },
  'one that is not listed is the answer': {
    retries: { statuses: [503] },
    idempotent: true,
    backends: 2,
    status: 500,
    spared: false,
  },
  'nor is any, unless listed': { retries: {}, idempotent: true, backends: 2, status: 503, spared: false },
  'a POST was done, or not: nobody knows': {
    retries: { statuses: [503] },
    idempotent: false,
    backends: 2,
    status: 503,
    spared: false,
  },
  'without retries there is none': {
    retries: { max: 0, statuses: [503] },
    idempotent: true,
    backends: 2,
    status: 503,
    spared: false,
  },
  'the only backend there is gets it once more': {
    retries: { statuses: [429] },
    idempotent: true,
    backends: 1,
    status: 429,
    spared: true,
  },
  'nor where no retry is affordable': {
    retries: { statuses: [503], budget: { share: 0, min: '0.05/s' } },
    ...{ idempotent: true, backends: 2, status: 503, spared: false },
  },
} as const)) {
  test(`statuses: ${sentence}`, (t) => {
    const { dispatcher } = bench({ backends, balancer: settings(retries) });
    const one = dispatcher.open(request(0, idempotent));
    dispatcher.pick(one);
    t.is(dispatcher.spares(one, status, true), spared);
    if (!spared) return;
    t.true(dispatcher.end(one, status >= 500 ? 'error' : 'ok', response(status)), 'and what it said holds');
    t.truthy(dispatcher.pick(one));
    t.false(dispatcher.spares(one, status, true), 'one retry, no more');
  });
}

test('statuses: a response that was passed on is the end, whatever its status', (t) => {
  const { dispatcher } = bench({ balancer: settings({ statuses: [503] }) });
  const one = dispatcher.open(request());
  dispatcher.pick(one);
  t.false(dispatcher.end(one, 'error', { ...response(503), answered: true }));
});

/** So many requests that all fail; returns how many of them were tried again. */
function fail(it: ReturnType<typeof bench>, times: number): number {
  let again = 0;
  for (let number = 0; number < times; number++) {
    const one = it.dispatcher.open(request(number));
    it.dispatcher.pick(one);
    if (!it.dispatcher.end(one, 'reset', unanswered)) continue;
    again++;
    it.dispatcher.pick(one);
    it.dispatcher.end(one, 'reset', unanswered);
  }
  return again;
}

test('budget: when everything fails, a fifth of the requests and ten a second are tried again, unless told otherwise', (t) => {
  const it = bench({ balancer: settings({}) });
  t.is(fail(it, 1_000), 100 + 200, 'ten seconds of ten, and 20%');
  const told = it.events.filter(({ type }) => type === 'retry-budget');
  t.deepEqual(told, [{ t: 0, type: 'retry-budget', refused: 1 }]);
  it.clock.t = 1_500;
  fail(it, 10);
  t.like(it.events.filter(({ type }) => type === 'retry-budget')[1], { t: 1_500, refused: 700 });
});

test('budget: false lifts it', (t) => {
  t.is(fail(bench({ balancer: settings({ budget: false }) }), 1_000), 1_000);
});

test('back-off: none unless asked for; drawn by request and attempt, up to base, then up to twice that', (t) => {
  t.is(bench().dispatcher.backoff(bench().dispatcher.open(request())), 0);
  const balancer = settings({ max: 3, backoff: { base: '100ms', max: '150ms' } });
  const waits = (seed: number) => {
    const { dispatcher } = bench({ balancer, seed });
    return Array.from({ length: 200 }, (_, number) => {
      const one = dispatcher.open(request(number));
      dispatcher.pick(one);
      dispatcher.end(one, 'reset', unanswered);
      const first = dispatcher.backoff(one);
      dispatcher.pick(one);
      dispatcher.end(one, 'reset', unanswered);
      return [first, dispatcher.backoff(one)] as const;
    });
  };
  const drawn = waits(1);
  t.true(drawn.every(([first, second]) => first >= 0 && first < 100 && second < 150));
  t.true(drawn.some(([first]) => first > 90) && drawn.some(([, second]) => second > 140));
  t.is(new Set(drawn.flat()).size, 400);
  t.deepEqual(waits(1), drawn);
  t.notDeepEqual(waits(2), drawn);
});

test('a retry keeps away from what was tried; with elsewhere: false it goes wherever the strategy says', (t) => {
  const second = (elsewhere: boolean) => {
    const { dispatcher } = bench({ backends: 2, balancer: settings({ elsewhere, statuses: [503] }) });
    const one = dispatcher.open(request(0));
    const first = dispatcher.pick(one);
    t.true(dispatcher.spares(one, 503, true));
    t.true(dispatcher.end(one, 'unreachable', unanswered));
    return dispatcher.pick(one) === first;
  };
  t.false(second(true));
  t.true(second(false));
});
