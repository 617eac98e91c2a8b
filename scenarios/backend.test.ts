/** The model against Lindley's recursion, against a brute-force queue of many workers, and feature by feature in tables. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { BackendModel, Job } from './backend.ts';
import { serviceFaultOf } from './catalogue.ts';
import type { BackendSpec } from './scenario.ts';
import type { ServiceTime } from './service-times/service-time.ts';

const base: BackendSpec = {
  id: 'app-1',
  index: 0,
  weight: 1,
  zone: undefined,
  workers: 1,
  queue: 'unlimited',
  service: { kind: 'constant', options: { mean: 10 } },
  speed: 1,
  work: 'sleep',
  warmup: undefined,
  contention: 0,
  pauses: undefined,
  cache: undefined,
  cancelAbandoned: false,
  body: 128,
};
/** The quantile is the service time itself, in units of `scale` ms. */
const scaled = (scale: number): ServiceTime => ({ mean: scale / 2, at: (u) => u * scale });
const model = (change: Partial<BackendSpec> = {}, law = scaled(100), now = 0) =>
  new BackendModel({ ...base, ...change }, law, 1, now);

/** A driver in virtual time: keeps the driver's duties, and can be late with its timers. */
class Driver {
  readonly backend: BackendModel;
  readonly finished: Job[] = [];
  #running: Job[] = [];

  constructor(backend: BackendModel) {
    this.backend = backend;
  }

  runTo(now: number): void {
    for (;;) {
      this.#running = this.#running
        .filter((job) => job.state === 'running')
        .sort((a, b) => a.finish - b.finish);
      const job = this.#running[0];
      if (!job || job.finish > now) return;
      this.#running.shift();
      const next = this.backend.finish(job);
      this.finished.push(job);
      if (next) this.#running.push(next);
    }
  }

  arrive(now: number, service: number, change: Partial<Job> = {}): { job: Job; admission: string } {
    this.runTo(now);
    const job = Object.assign(new Job(), { quantile: service / 100, ...change });
    const admission = this.backend.arrive(now, job);
    if (admission === 'started') this.#running.push(job);
    return { job, admission };
  }

  abandon(now: number, job: Job): void {
    this.runTo(now);
    const next = this.backend.abandon(now, job);
    if (next) this.#running.push(next);
  }
}

/** Arrivals in order, with their service times in ms. */
const stream = fc
  .array(
    fc.record({
      gap: fc.double({ min: 0, max: 40, noNaN: true }),
      service: fc.double({ min: 0.01, max: 99, noNaN: true }),
    }),
    {
      minLength: 1,
      maxLength: 60,
      size: 'max',
    },
  )
  .map((items) => {
    let at = 0;
    return items.map(({ gap, service }) => {
      at += gap;
      return { at, service };
    });
  });
const near = (t: ExecutionContext, got: number, expected: number, what: string) =>
  t.true(Math.abs(got - expected) < 1e-6, `${what}: ${got}, expected ${expected}`);

test('one worker is Lindley: each wait is max(0, the last wait + its service − the gap)', (t) => {
  fc.assert(
    fc.property(stream, (arrivals) => {
      const driver = new Driver(model());
      const jobs = arrivals.map(({ at, service }) => driver.arrive(at, service).job);
      driver.runTo(Infinity);
      let wait = 0;
      arrivals.forEach(({ at, service }, i) => {
        if (i > 0) wait = Math.max(0, wait + arrivals[i - 1]!.service - (at - arrivals[i - 1]!.at));
        near(t, jobs[i]!.start, at + wait, `start of ${i}`);
        near(t, jobs[i]!.finish, at + wait + service, `finish of ${i}`);
      });
    }),
    { seed: 1 },
  );
});

test('many workers and a bounded queue agree with brute force: who waits, who is refused, when each starts', (t) => {
  fc.assert(
    fc.property(
      stream,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 4 }),
      (arrivals, workers, queue) => {
        const driver = new Driver(model({ workers, queue }));
        const got = arrivals.map(({ at, service }) => driver.arrive(at, service));
        driver.runTo(Infinity);

        const free = new Array<number>(workers).fill(0);
        const starts: number[] = [];
        arrivals.forEach(({ at, service }, i) => {
          const waiting = starts.filter((start) => start > at).length;
          const earliest = Math.min(...free);
          if (earliest > at && waiting >= queue) {
            t.is(got[i]!.admission, 'rejected');
            return;
          }
          const start = Math.max(at, earliest);
          starts.push(start);
          free[free.indexOf(earliest)] = start + service;
          t.is(got[i]!.admission, start > at ? 'queued' : 'started');
          near(t, got[i]!.job.start, start, `start of ${i}`);
        });
        const { arrived, completed, rejected } = driver.backend;
        t.deepEqual(
          [arrived, completed, driver.finished.length],
          [arrivals.length, starts.length, starts.length],
        );
        t.is(arrived, completed + rejected);
      },
    ),
    { seed: 2 },
  );
});

test('clients that leave: every job ends exactly once, and no worker is lost', (t) => {
  const leaving = fc.tuple(
    stream,
    fc.array(fc.double({ min: 0, max: 60, noNaN: true }), { maxLength: 60, size: 'max' }),
  );
  fc.assert(
    fc.property(
      leaving,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      ([arrivals, patience], workers, cancelAbandoned) => {
        const driver = new Driver(model({ workers, queue: 3, cancelAbandoned }));
        const events: { at: number; do: () => void }[] = [];
        arrivals.forEach(({ at, service }, i) => {
          let job: Job;
          events.push({ at, do: () => (job = driver.arrive(at, service).job) });
          if (patience[i] !== undefined)
            events.push({ at: at + patience[i], do: () => driver.abandon(at + patience[i]!, job) });
        });
        events.sort((a, b) => a.at - b.at);
        for (const event of events) {
          event.do();
          const { busy, waiting, arrived, completed, rejected, dropped } = driver.backend;
          t.is(arrived, completed + rejected + dropped + busy + waiting);
          t.true(busy <= workers && waiting <= 3 && (waiting === 0 || busy === workers));
        }
        driver.runTo(Infinity);
        const { busy, waiting, dropped, abandoned } = driver.backend;
        t.deepEqual([busy, waiting], [0, 0]);
        t.is(dropped, cancelAbandoned ? abandoned : 0);
        t.is(driver.arrive(1e9, 1).admission, 'started');
      },
    ),
    { seed: 3 },
  );
});

test('a cancelled job frees its worker at once, and the one that waited starts then', (t) => {
  const driver = new Driver(model({ cancelAbandoned: true }));
  const [first, second, third] = [0, 1, 2].map((at) => driver.arrive(at, 50).job);
  driver.abandon(10, second!); // queued
  driver.abandon(20, first!); // running
  t.deepEqual(
    [first!.state, second!.state, third!.state, third!.start],
    ['dropped', 'dropped', 'running', 20],
  );
});

test('without cancelling, abandoned work is done all the same', (t) => {
  const driver = new Driver(model());
  const [first, second] = [0, 1].map((at) => driver.arrive(at, 50).job);
  driver.abandon(10, first!);
  driver.abandon(11, first!);
  t.deepEqual([first!.finish, driver.backend.abandoned, driver.backend.busy], [50, 1, 1]);
  driver.runTo(Infinity);
  t.is(second!.start, 50);
});

const warmup = { over: 1000, slowdown: 5 };
const tables: [
  sentence: string,
  change: Partial<BackendSpec>,
  arrivals: [at: number, service: number][],
  finishes: number[],
][] = [
  ['speed divides service', { speed: 2 }, [[0, 10]], [5]],
  [
    'contention lengthens by a share per other busy worker, as it is at the start',
    { workers: 3, contention: 0.5 },
    [
      [0, 10],
      [0, 10],
      [0, 10],
      [100, 10],
    ],
    [10, 15, 20, 110],
  ],
  ['warm-up starts at its slowdown', { warmup }, [[0, 10]], [50]],
  ['warm-up has fallen half-way at half time', { warmup }, [[500, 10]], [530]],
  ['warm-up ends at its end', { warmup }, [[1000, 10]], [1010]],
  [
    'the queue counts from the intended finish',
    {},
    [
      [0, 10.25],
      [1, 10.25],
      [2, 10.25],
    ],
    [10.25, 20.5, 30.75],
  ],
];
for (const [sentence, change, arrivals, finishes] of tables)
  test(sentence, (t) => {
    const driver = new Driver(model(change));
    const jobs = arrivals.map(([at, service]) => driver.arrive(at, service).job);
    driver.runTo(Infinity);
    for (const [i, job] of jobs.entries()) near(t, job.finish, finishes[i]!, `finish of ${i}`);
  });

test('cache: a key is fast once served, until too many others came; no key is never cached', (t) => {
  const driver = new Driver(model({ cache: { entries: 2, hit: 1 } }));
  const took = (key: string) => {
    const { job } = driver.arrive(driver.backend.arrived * 100, 50, { key });
    return job.finish - job.start;
  };
  t.deepEqual(['a', 'a', 'b', 'a', 'c', 'a', 'b', '', ''].map(took), [50, 1, 50, 1, 50, 1, 50, 50, 50]);
});

test('cache: two misses of one key at once are both slow', (t) => {
  const driver = new Driver(model({ workers: 2, cache: { entries: 2, hit: 1 } }));
  const jobs = [0, 1].map((at) => driver.arrive(at, 50, { key: 'a' }).job);
  t.deepEqual(
    jobs.map((job) => job.finish - job.start),
    [50, 50],
  );
});

test('pauses delay starts and lengthen what is in service, by exactly the time they overlap', (t) => {
  const backend = model({ pauses: { every: 200, length: 30 }, workers: 50 });
  // The schedule as an observer of `awake` sees it, to a tenth of a millisecond.
  const asleep: boolean[] = [];
  for (let i = 0; i < 100_000; i++) asleep.push(backend.awake(i / 10) > i / 10);
  const paused = asleep.filter(Boolean).length / asleep.length;
  t.true(Math.abs(paused - 30 / 230) < 0.04, `paused ${paused}`);

  const driver = new Driver(model({ pauses: { every: 200, length: 30 }, workers: 50 }));
  for (let i = 0; i < 300; i++) {
    const at = i * 25 + 0.05;
    const { job } = driver.arrive(at, 60);
    let tenth = Math.floor(at * 10);
    let left = 600;
    while (asleep[tenth]) tenth++;
    t.true(Math.abs(job.start - tenth / 10) <= 0.1, `start of ${i}: ${job.start}, expected ${tenth / 10}`);
    for (; left > 0; tenth++) if (!asleep[tenth]) left--;
    t.true(Math.abs(job.finish - tenth / 10) <= 0.5, `finish of ${i}: ${job.finish}, expected ${tenth / 10}`);
  }
});

const verdicts: [
  kind: string,
  options: Record<string, unknown>,
  admission: string,
  took: number | undefined,
  verdict: string,
][] = [
  ['slow', { factor: 10, added: 5, ramp: 0 }, 'started', 105, 'pass'],
  ['error', { status: 500, share: 1, after: 1 }, 'faulted', undefined, 'error'],
  ['reset', { share: 1, sent: 0, health: true }, 'faulted', undefined, 'reset'],
  ['reset', { share: 1, sent: 0.5, health: true }, 'started', 10, 'reset'],
  ['hang', { share: 1, health: true }, 'faulted', undefined, 'hang'],
  ['truncate', { share: 1, sent: 0.5, health: true }, 'started', 10, 'truncate'],
  ['drip', { share: 1, every: 10, health: true }, 'started', 10, 'drip'],
  ['sick', { status: 503, share: 1 }, 'started', 10, 'pass'],
];
for (const [kind, options, expected, took, verdict] of verdicts)
  test(`fault ${kind} ${JSON.stringify(options)}: a request is ${expected}`, (t) => {
    const driver = new Driver(model());
    driver.backend.faults.set(0, kind, serviceFaultOf(kind), options, 0, 1);
    const { job, admission } = driver.arrive(100, 10);
    t.deepEqual(
      [admission, job.verdict.kind, driver.backend.busy],
      [expected, verdict, took === undefined ? 0 : 1],
    );
    if (took !== undefined) near(t, job.finish - job.start, took, 'service');
  });

test('what waits when a slow fault comes is slow too; what is in service is not', (t) => {
  const driver = new Driver(model());
  const [first, second] = [0, 1].map((at) => driver.arrive(at, 10).job);
  driver.backend.faults.set(0, 'slow', serviceFaultOf('slow'), { factor: 3, added: 0, ramp: 0 }, 5, 1);
  driver.runTo(Infinity);
  t.deepEqual([first!.finish, second!.finish], [10, 40]);
});

test('reset leaves nothing behind: queue, workers, faults, cache, counters, and the warm-up begins again', (t) => {
  const driver = new Driver(model({ cache: { entries: 9, hit: 1 }, warmup: { over: 1000, slowdown: 2 } }));
  driver.backend.faults.set(0, 'hang', serviceFaultOf('hang'), { share: 1, health: true }, 0, 1);
  driver.arrive(0, 10);
  driver.backend.faults.clear(0);
  for (let i = 0; i < 5; i++) driver.arrive(2000, 10, { key: 'a' });
  driver.runTo(2015);
  driver.backend.faults.set(0, 'hang', serviceFaultOf('hang'), { share: 1, health: true }, 0, 1);
  driver.backend.reset(2, 5000);
  const { busy, waiting, arrived, completed, faulted, faults } = driver.backend;
  t.deepEqual([busy, waiting, arrived, completed, faulted, faults.any], [0, 0, 0, 0, 0, false]);
  const after = new Driver(driver.backend);
  const { job } = after.arrive(5000, 10, { key: 'a' });
  t.is(job.finish, 5020);
});

for (const [kind, options, before, after] of [
  ['error', { status: 500, share: 1, after: 4, health: true }, 'error', 'error'],
  ['reset', { share: 1, sent: 0, health: true }, 'reset', 'reset'],
  ['hang', { share: 1, health: true }, 'hang', 'reset'],
  ['truncate', { share: 1, sent: 0.5, health: true }, 'truncate', 'pass'],
  ['drip', { share: 1, every: 5, health: true }, 'drip', 'pass'],
] as const)
  test(`${kind}, healed before its answer is due: ${after}, as no work is done that was not begun`, (t) => {
    const driver = new Driver(model());
    driver.backend.faults.set(0, kind, serviceFaultOf(kind), options, 0, 1);
    const { job } = driver.arrive(0, 10);
    t.is(driver.backend.standing(job).kind, before);
    driver.backend.faults.clear(0);
    t.is(driver.backend.standing(job).kind, after);
  });
