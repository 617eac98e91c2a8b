/** Each service-level fault and each fault of the load on its own, in tables; then several of the former together. */
import test from 'ava';
import { faults, loadFaultOf, serviceFaultOf } from '../catalogue.ts';
import { type LoadChange, pass, type Verdict, type Victim } from './fault.ts';
import { FaultSet } from './fault-set.ts';

const request: Victim = {
  elapsed: 1000,
  taken: 5,
  request: 7,
  healthCheck: false,
  service: 10,
  quantile: 0.7,
  random: 0.3,
};
const check: Victim = { ...request, request: -1, healthCheck: true, service: 0 };
const delay = (ms: number): Verdict => ({ kind: 'delay', ms });
const error = (status: number, after: number): Verdict => ({ kind: 'error', status, after });

const rows: [
  sentence: string,
  kind: string,
  options: Record<string, unknown>,
  victim: Victim,
  verdict: Verdict,
][] = [
  ['slow multiplies and adds', 'slow', { factor: 5, added: 3, ramp: 0 }, request, delay(43)],
  ['slow at factor 1 adds nothing', 'slow', { factor: 1, added: 0, ramp: 0 }, request, delay(0)],
  ['slow ramps linearly', 'slow', { factor: 5, added: 0, ramp: 4000 }, request, delay(10)],
  ['slow has its full size after the ramp', 'slow', { factor: 5, added: 0, ramp: 500 }, request, delay(40)],
  ['slow spares health checks', 'slow', { factor: 5, added: 9, ramp: 0 }, check, pass],
  [
    'law inverts its own times at the request’s quantile',
    'law',
    { times: [80, 2, 30, 5] },
    request,
    delay(20),
  ],
  ['law may be the faster one', 'law', { times: [1, 2] }, request, delay(-8)],
  ['law spares health checks', 'law', { times: [80] }, check, pass],
  ['error hits its share', 'error', { status: 502, share: 0.4, after: 1 }, request, error(502, 1)],
  ['error spares the rest', 'error', { status: 502, share: 0.2, after: 1 }, request, pass],
  ['error hits health checks', 'error', { status: 500, share: 0.4, after: 1 }, check, error(500, 1)],
  ['lie hits requests', 'lie', { status: 500, share: 1, after: 1 }, request, error(500, 1)],
  ['lie passes health checks', 'lie', { status: 500, share: 1, after: 1 }, check, pass],
  ['sick fails health checks', 'sick', { status: 503, share: 1 }, check, error(503, 0)],
  ['sick serves requests', 'sick', { status: 503, share: 1 }, request, pass],
  [
    'reset breaks off where it is told',
    'reset',
    { share: 1, sent: 0.5, health: true },
    request,
    { kind: 'reset', sent: 0.5 },
  ],
  ['reset spares the rest', 'reset', { share: 0.3, sent: 0.5, health: true }, request, pass],
  ['reset can spare health checks', 'reset', { share: 1, sent: 0, health: false }, check, pass],
  ['hang hits requests', 'hang', { share: 1, health: false }, request, { kind: 'hang' }],
  ['hang hits health checks', 'hang', { share: 1, health: true }, check, { kind: 'hang' }],
  ['hang can spare health checks', 'hang', { share: 1, health: false }, check, pass],
  [
    'truncate sends its share',
    'truncate',
    { share: 1, sent: 0.25, health: true },
    request,
    { kind: 'truncate', sent: 0.25 },
  ],
  ['truncate can spare health checks', 'truncate', { share: 1, sent: 0.25, health: false }, check, pass],
  [
    'bad-length says something else',
    'bad-length',
    { how: 'malformed', share: 1, health: true },
    request,
    { kind: 'bad-length', how: 'malformed' },
  ],
  [
    'bad-length can spare health checks',
    'bad-length',
    { how: 'differing', share: 1, health: false },
    check,
    pass,
  ],
  [
    'extra-bytes adds them',
    'extra-bytes',
    { bytes: 7, share: 1, health: true },
    request,
    { kind: 'extra-bytes', bytes: 7 },
  ],
  ['extra-bytes can spare health checks', 'extra-bytes', { bytes: 7, share: 1, health: false }, check, pass],
  [
    'leak grows with time',
    'leak',
    { perSecond: 30, perRequest: 0, most: 100, health: false },
    request,
    delay(30),
  ],
  [
    'leak grows with requests',
    'leak',
    { perSecond: 0, perRequest: 4, most: 100, health: false },
    request,
    delay(20),
  ],
  [
    'leak grows no further',
    'leak',
    { perSecond: 30, perRequest: 4, most: 45, health: false },
    request,
    delay(45),
  ],
  [
    'leak can slow health checks',
    'leak',
    { perSecond: 30, perRequest: 0, most: 100, health: true },
    check,
    delay(30),
  ],
  [
    'leak spares health checks',
    'leak',
    { perSecond: 30, perRequest: 0, most: 100, health: false },
    check,
    pass,
  ],
  [
    'pauses are of the process, and no verdict',
    'pauses',
    { every: 1, shortest: 1, longest: 1 },
    request,
    pass,
  ],
  ['drip crawls', 'drip', { share: 1, every: 50, health: true }, request, { kind: 'drip', every: 50 }],
  ['drip can spare health checks', 'drip', { share: 1, every: 50, health: false }, check, pass],
];
for (const [sentence, kind, options, victim, verdict] of rows)
  test(sentence, (t) => t.deepEqual(serviceFaultOf(kind).create(options as never)(victim), verdict));

const loadRows: [
  sentence: string,
  kind: string,
  options: Record<string, unknown>,
  lasts: number,
  change: LoadChange,
][] = [
  ['a spike is all there at once', 'spike', { factor: 5 }, 100, { kind: 'rate', from: 5, to: 5, over: 0 }],
  ['a ramp grows all along', 'ramp', { to: 3, over: 0 }, 4000, { kind: 'rate', from: 1, to: 3, over: 4000 }],
  [
    'a ramp may have grown before it is over',
    'ramp',
    { to: 3, over: 1000 },
    4000,
    { kind: 'rate', from: 1, to: 3, over: 1000 },
  ],
  ['a hot key', 'hot-key', { share: 0.3, keys: 2 }, 100, { kind: 'keys', share: 0.3, keys: 2 }],
  ['clients that leave', 'abort', { share: 0.1, after: 20 }, 100, { kind: 'leave', share: 0.1, after: 20 }],
];
for (const [sentence, kind, options, lasts, change] of loadRows)
  test(sentence, (t) => t.deepEqual(loadFaultOf(kind).create(options as never)(lasts), change));

test('every fault of the load has a row', (t) => {
  const all = [...faults].filter(([, it]) => it.level === 'load').map(([name]) => name);
  t.deepEqual([...new Set(loadRows.map(([, kind]) => kind))].sort(), all);
  t.throws(() => loadFaultOf('slow'), {
    instanceOf: RangeError,
    message: /no fault of the load is called slow; there are abort, hot-key/,
  });
});

test('every service-level fault has a row, and the host-level ones are the closed set', (t) => {
  const named = (level: string) => [...faults].filter(([, it]) => it.level === level).map(([name]) => name);
  t.deepEqual([...new Set(rows.map(([, kind]) => kind))].sort(), named('service'));
  t.deepEqual(named('host'), ['crash', 'freeze', 'out-of-memory', 'partition', 'stop', 'throttle', 'vanish']);
  t.throws(() => serviceFaultOf('crash'), {
    instanceOf: RangeError,
    message: /no service-level fault is called crash/,
  });
});

const set = (...on: [number: number, kind: string, options: Record<string, unknown>, onset?: number][]) => {
  const all = new FaultSet(0);
  for (const [number, kind, options, onset = 0] of on)
    all.set(number, kind, serviceFaultOf(kind), options, onset, 1);
  return all;
};
const slow = { factor: 2, added: 0, ramp: 0 };
const hang = { share: 1, health: true };
const fail = { status: 500, share: 1, after: 1 };

test('no fault passes everything', (t) => {
  t.deepEqual(set().judge(0, 1, 10, 0.5), { verdict: pass, fault: -1, delay: 0 });
  t.deepEqual(set().judgeHealthCheck(0, 1), { verdict: pass, fault: -1, delay: 0 });
});

test('delays add, and the first other verdict wins by number, whatever the order of switching on', (t) => {
  const expected = { verdict: { kind: 'hang' as const }, fault: 2, delay: 30 };
  t.deepEqual(
    set([3, 'error', fail], [2, 'hang', hang], [0, 'slow', slow], [1, 'slow', { ...slow, factor: 3 }]).judge(
      0,
      1,
      10,
      0.5,
    ),
    expected,
  );
});

test('a fault of the same number is replaced; cleared ones are gone', (t) => {
  const all = set([0, 'hang', hang], [0, 'slow', slow], [1, 'error', fail]);
  t.deepEqual(all.kinds, [
    { fault: 0, kind: 'slow' },
    { fault: 1, kind: 'error' },
  ]);
  t.true(all.clear(1));
  t.false(all.clear(1));
  t.deepEqual(all.judge(0, 1, 10, 0.5), { verdict: pass, fault: -1, delay: 10 });
  all.clearAll();
  t.false(all.any);
});

test('elapsed counts from each fault’s own onset', (t) => {
  const ramp = { factor: 2, added: 0, ramp: 100 };
  t.is(set([0, 'slow', ramp, 1000], [1, 'slow', ramp, 1050]).judge(1100, 1, 10, 0.5).delay, 15);
});

test('a share is drawn apart for each request, backend, fault and health check, and the same when asked again', (t) => {
  const half = { ...fail, share: 0.5 };
  const hits = (backend: number, number: number, seed: number, health = false) => {
    const all = new FaultSet(backend);
    all.set(number, 'error', serviceFaultOf('error'), half, 0, seed);
    return Array.from(
      { length: 2000 },
      (_, i) => (health ? all.judgeHealthCheck(0, i) : all.judge(0, i, 1, 0.5)).verdict !== pass,
    );
  };
  const first = hits(0, 0, 1);
  t.deepEqual(hits(0, 0, 1), first);
  for (const other of [hits(1, 0, 1), hits(0, 1, 1), hits(0, 0, 2), hits(0, 0, 1, true)]) {
    const same = other.filter((hit, i) => hit === first[i]).length;
    t.true(same > 850 && same < 1150, `${same} of 2000 agree`);
    t.true(Math.abs(other.filter(Boolean).length - 1000) < 130);
  }
});

test('what was taken in counts from each fault’s own onset', (t) => {
  const leak = { perSecond: 0, perRequest: 1, most: 100, health: false };
  const all = set([0, 'leak', leak]);
  all.take();
  all.take();
  all.set(1, 'leak', serviceFaultOf('leak'), { ...leak, perRequest: 10 }, 0, 1);
  all.take();
  t.is(all.judge(0, 1, 10, 0.5).delay, 3 + 10);
});

test('the fault behind a verdict is told, the first by number', (t) => {
  t.is(set().judge(0, 1, 10, 0.5).fault, -1);
  t.is(set([4, 'error', fail], [2, 'hang', hang], [0, 'slow', slow]).judge(0, 1, 10, 0.5).fault, 2);
});

test('pauses: the share of time and the lengths they are asked for, and the same when asked again', (t) => {
  const options = { every: 700, shortest: 200, longest: 400 };
  const lengths = (seed: number, backend: number) => {
    const all = new FaultSet(backend);
    all.set(3, 'pauses', serviceFaultOf('pauses'), options, 1_000, seed);
    t.is(all.awake(1_000), 1_000, 'the first comes after a gap');
    const seen: number[] = [];
    for (let now = 1_000; now < 1_000_000; now++) {
      const awake = all.awake(now);
      if (awake > now) seen.push(awake - now);
      now = Math.ceil(awake);
    }
    return seen;
  };
  const seen = lengths(1, 0);
  t.true(
    Math.min(...seen) > 198 && Math.max(...seen) <= 400,
    `${Math.min(...seen)} to ${Math.max(...seen)} ms`,
  );
  const share = seen.reduce((a, b) => a + b, 0) / 999_000;
  t.true(Math.abs(share - 300 / 1_000) < 0.02, `${share}`);
  t.deepEqual(lengths(1, 0), seen);
  t.notDeepEqual(lengths(2, 0), seen);
  t.notDeepEqual(lengths(1, 1), seen);
  t.throws(() => serviceFaultOf('pauses').pauses!({ ...options, shortest: 500 } as never), {
    message: /above longest/,
  });
});

test('work goes through the pauses that begin before it is done', (t) => {
  const all = set([0, 'pauses', { every: 100, shortest: 50, longest: 50 }]);
  let begin = 0;
  while (all.awake(begin) === begin) begin++;
  const early = set([0, 'pauses', { every: 100, shortest: 50, longest: 50 }]);
  t.is(early.through(0, begin - 2), begin - 2);
  t.true(early.through(0, begin + 1) >= begin + 51);
  t.is(set([0, 'slow', slow]).through(5, 7), 7);
});
