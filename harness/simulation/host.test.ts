/**
 * A backend against the recursions of queueing theory, request by request: Lindley's for one worker, Kiefer and Wolfowitz's for
 * several (D. V. Lindley 1952; J. Kiefer and J. Wolfowitz 1955). Exact, to the microsecond of a recording.
 */
import test from 'ava';
import fc from 'fast-check';
import { serviceTimeOf } from '../../scenarios/catalogue.ts';
import { rateOf, Workload } from '../../scenarios/workload.ts';
import { byNumber, plainBalancer, play, scenarioOf, type WorldInput } from './world.test-support.ts';

const laws = [
  { exponential: { mean: '10ms' } },
  { constant: { mean: '7ms' } },
  { lognormal: { mean: '10ms', sigma: 1.5 } },
  { pareto: { min: '4ms', shape: 2.1 } },
];
const world = (service: (typeof laws)[number], utilization: number, workers: number): WorldInput => ({
  fleet: [{ id: 'app', workers, queue: 'unlimited', service }],
  load: { open: { utilization, connections: 'unlimited' }, warmup: '0ms', requests: 400, timeout: '1h' },
  balancer: { ...plainBalancer, tryTimeout: '1h' },
});

/** W(i+1) = max(0, W(i) + S(i) − A(i)), and the sojourn is W + S. Arrivals and service times from the workload itself. */
function lindley(input: WorldInput, seed: number): number[] {
  const { fleet, load } = scenarioOf(input);
  const workload = new Workload(load, seed, rateOf(load, fleet));
  const law = serviceTimeOf(fleet[0]!.service);
  const next = workload.arrivals();
  let wait = 0;
  let before = 0;
  let busy = 0;
  return Array.from({ length: load.requests! }, (_, i) => {
    const now = next();
    wait = Math.max(0, wait + busy - (now - before));
    before = now;
    busy = law.at(workload.quantile(i));
    return wait + busy;
  });
}

test('one worker, first come first served: Lindley’s recursion, for any law, load and seed', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...laws),
      fc.constantFrom(0.3, 0.8, 0.95, 1.2),
      fc.nat(10_000),
      (law, load, seed) => {
        const input = world(law, load, 1);
        const expected = lindley(input, seed);
        const seen = byNumber(play(input, { seed })).map(({ latency }) => latency);
        if (seen.length !== expected.length) throw new Error(`${seen.length} requests`);
        const at = seen.findIndex((it, i) => Math.abs(it - expected[i]!) > 0.0006);
        if (at >= 0) throw new Error(`request ${at}: ${seen[at]} ms, not ${expected[at]}`);
      },
    ),
    { numRuns: 60, seed: 5, includeErrorInReport: true },
  );
  t.pass();
});

/** Each request goes to the worker that is free first: the vector of the times at which they are, kept in order. */
function kieferWolfowitz(input: WorldInput, seed: number): number[] {
  const { fleet, load } = scenarioOf(input);
  const workload = new Workload(load, seed, rateOf(load, fleet));
  const law = serviceTimeOf(fleet[0]!.service);
  const next = workload.arrivals();
  const free = new Float64Array(fleet[0]!.workers);
  return Array.from({ length: load.requests! }, (_, i) => {
    const now = next();
    const start = Math.max(now, free[0]!);
    const end = start + law.at(workload.quantile(i));
    free[0] = end;
    free.sort();
    return end - now;
  });
}

test('several workers, one queue: the recursion of Kiefer and Wolfowitz', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...laws),
      fc.constantFrom(0.6, 0.95),
      fc.integer({ min: 2, max: 9 }),
      fc.nat(10_000),
      (law, load, workers, seed) => {
        const input = world(law, load, workers);
        const expected = kieferWolfowitz(input, seed);
        const seen = byNumber(play(input, { seed })).map(({ latency }) => latency);
        const at = seen.findIndex((it, i) => !(Math.abs(it - expected[i]!) <= 0.0006));
        if (at >= 0 || seen.length !== expected.length)
          throw new Error(`request ${at}: ${seen[at]} ms, not ${expected[at]}`);
      },
    ),
    { numRuns: 60, seed: 6, includeErrorInReport: true },
  );
  t.pass();
});
