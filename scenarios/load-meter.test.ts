/** The meter against brute force over the same jobs, and as the backend model drives it. */
import test from 'ava';
import fc from 'fast-check';
import { BackendModel, Job } from './backend.ts';
import { serviceFaultOf } from './catalogue.ts';
import { LoadMeter } from './load-meter.ts';
import type { BackendSpec } from './scenario.ts';

const spec: BackendSpec = {
  id: 'app-1',
  index: 0,
  weight: 1,
  zone: undefined,
  workers: 2,
  queue: 3,
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
/** The quantile is the service time, in units of 1000 ms. */
const law = { mean: 500, at: (u: number) => u * 1000 };

/** A metered model in virtual time; `at` runs what is due by then and does one thing. */
function metered(change: Partial<BackendSpec> = {}) {
  const model = new BackendModel({ ...spec, ...change }, law, 1, 0);
  const meter = model.measure(0);
  let running: Job[] = [];
  const runTo = (now: number) => {
    for (;;) {
      running = running.filter(({ state }) => state === 'running').sort((a, b) => a.finish - b.finish);
      if (running.length === 0 || running[0]!.finish > now) return;
      const next = model.finish(running.shift()!);
      if (next) running.push(next);
    }
  };
  const arrive = (now: number, service: number) => {
    runTo(now);
    const job = Object.assign(new Job(), { quantile: service / 1000 });
    if (model.arrive(now, job) === 'started') running.push(job);
    return job;
  };
  const abandon = (now: number, job: Job) => {
    runTo(now);
    const next = model.abandon(now, job);
    if (next) running.push(next);
  };
  return { model, meter, runTo, arrive, abandon };
}

test('a model that nobody measures has no meter, and one is had before the first arrival only', (t) => {
  const model = new BackendModel(spec, law, 1, 0);
  t.is(model.meter, undefined);
  model.arrive(0, new Job());
  t.throws(() => model.measure(1), { message: /after the first arrival/ });
  model.reset(1, 2);
  t.is(model.measure(2), model.measure(3));
});

test('idle: all is nought', (t) => {
  const { meter } = metered();
  t.deepEqual(meter.report(12_345), {
    utilization: 0,
    inFlight: 0,
    serviceTime: 0,
    rate: 0,
    errors: 0,
    at: 12_345,
  });
  t.deepEqual(meter.probe(12_345), { inFlight: 0, latency: 0 });
});

test('one of two workers busy all the time is a utilization of a half, as soon as there is a second to look at', (t) => {
  const { meter, arrive, runTo } = metered();
  for (let at = 0; at < 3000; at += 50) arrive(at, 50);
  runTo(3000);
  for (const now of [3000, 3020, 3099.5]) {
    const { utilization, rate, serviceTime, inFlight } = meter.report(now);
    if (now === 3000) t.is(utilization, 0.5);
    t.true(
      Math.abs(utilization - 0.5) < 0.05 && Math.abs(rate - 20) <= 2,
      `at ${now}: ${utilization}, ${rate}`,
    );
    t.true(Math.abs(serviceTime - 50) < 1e-9);
    t.is(inFlight, 0);
  }
});

test('service leaves queueing out; latency takes it in', (t) => {
  const { meter, arrive, runTo } = metered({ workers: 1 });
  for (let i = 0; i < 3; i++) arrive(0, 100);
  t.is(meter.report(50).inFlight, 3);
  runTo(300);
  t.is(meter.report(300).serviceTime, 100);
  t.deepEqual(meter.probe(300), { inFlight: 0, latency: 200 }, 'of 100, 200 and 300, the median');
});

test('what has happened more than 1.1 s ago is forgotten, what less than 1 s ago is not', (t) => {
  const { meter, arrive, runTo } = metered();
  arrive(0, 40);
  runTo(950);
  t.true(meter.report(1039).rate > 0);
  t.is(meter.report(1100).rate, 0);
  t.is(meter.report(1e9).utilization, 0, 'nor does a long silence cost more than a short one');
});

test('nobody asks for a long time, and a worker is busy all the while', (t) => {
  const { meter, arrive } = metered();
  arrive(50, 60_000);
  for (const now of [30_020, 30_121, 59_999]) t.is(meter.report(now).utilization, 0.5, `at ${now}`);
});

test('the first response is not a rate of thousands', (t) => {
  const { meter, arrive, runTo } = metered();
  arrive(0, 1);
  runTo(1);
  t.is(meter.report(1).rate, 10);
});

test('refusals and faults count as errors, at once; neither is in service nor in the latency', (t) => {
  const { model, meter, arrive } = metered({ workers: 1, queue: 0 });
  arrive(0, 500);
  arrive(10, 500);
  t.like(meter.report(100), { errors: 10, rate: 10, inFlight: 1 });
  model.faults.set(0, 'error', serviceFaultOf('error'), { status: 404, share: 1, after: 0 }, 0, 1);
  arrive(110, 500);
  model.faults.set(0, 'error', serviceFaultOf('error'), { status: 500, share: 1, after: 0 }, 0, 1);
  arrive(120, 500);
  t.like(meter.report(200), { errors: 10, rate: 15 });
  t.is(meter.probe(200).latency, 0);
});

test('what hangs is inside until its client goes', (t) => {
  const { model, meter, arrive, abandon } = metered();
  model.faults.set(0, 'hang', serviceFaultOf('hang'), { share: 1, health: false }, 0, 1);
  const hung = arrive(0, 10);
  t.is(meter.probe(500).inFlight, 1);
  t.is(meter.report(500).utilization, 0, 'no worker has it');
  abandon(600, hung);
  abandon(601, hung);
  t.is(meter.probe(601).inFlight, 0);
});

test('reset forgets, and goes on metering', (t) => {
  const { model, meter, arrive } = metered();
  for (let i = 0; i < 5; i++) arrive(0, 100);
  model.reset(1, 50);
  t.is(model.meter, meter);
  t.deepEqual(meter.report(50), { utilization: 0, inFlight: 0, serviceTime: 0, rate: 0, errors: 0, at: 50 });
});

/** The share of the covered span in which workers were busy, jobs ended, and so on, from the jobs themselves. */
function bruteForce(jobs: readonly Job[], gone: Map<Job, number>, now: number, workers: number) {
  const from = Math.max(0, Math.floor(now / 100 + 1e-9) * 100 - 1000);
  const span = Math.max(100, now - from);
  let busy = 0;
  let done = 0;
  let service = 0;
  for (const job of jobs) {
    if (job.state !== 'running' && job.state !== 'done' && !gone.has(job)) continue;
    const end = gone.get(job) ?? (job.state === 'done' ? job.finish : now);
    busy += Math.max(0, Math.min(end, now) - Math.max(job.start, from));
    if (job.state === 'done' && job.finish >= from) {
      done++;
      service += job.finish - job.start;
    }
  }
  return {
    utilization: busy / span / workers,
    rate: (done * 1000) / span,
    serviceTime: done === 0 ? 0 : service / done,
    inFlight: jobs.filter(({ state }) => state === 'running' || state === 'queued').length,
  };
}

test('any arrivals and departures: every report is what the jobs themselves add up to', (t) => {
  const step = fc.record({
    // Odd thirds: nothing lies on a bucket's edge, where either side would do.
    gap: fc.integer({ min: 0, max: 900 }).map((it) => it / 3 + 1 / 7),
    service: fc.integer({ min: 1, max: 2400 }).map((it) => it / 3 + 1 / 11),
    act: fc.constantFrom('arrive', 'arrive', 'arrive', 'leave', 'look'),
    which: fc.nat(4),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      (steps, workers, cancelAbandoned) => {
        const it = metered({ workers, queue: 'unlimited', cancelAbandoned });
        const jobs: Job[] = [];
        const gone = new Map<Job, number>();
        let now = 0;
        for (const { gap, service, act, which } of steps) {
          now += gap;
          const one = jobs[jobs.length - 1 - which];
          if (act === 'arrive') jobs.push(it.arrive(now, service));
          else if (act === 'leave' && one) {
            it.runTo(now);
            const ran = one.state === 'running';
            it.abandon(now, one);
            if (ran && one.state === 'dropped') gone.set(one, now);
          } else it.runTo(now);
          const expected = bruteForce(jobs, gone, now, workers);
          const got = it.meter.report(now);
          for (const key of ['utilization', 'rate', 'serviceTime', 'inFlight'] as const)
            t.true(
              Math.abs(got[key] - expected[key]) < 1e-6,
              `${key} at ${now}: ${got[key]}, ${expected[key]}`,
            );
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('events that come a little out of order never run time backwards', (t) => {
  const meter = new LoadMeter(1, 0);
  const job = { arrival: 0, start: 0, finish: 150, found: 0 };
  meter.arrived(job);
  meter.started(0);
  t.is(meter.report(200).utilization, 1);
  meter.finished(job);
  t.like(meter.report(180), { inFlight: 0, utilization: 1 });
});
