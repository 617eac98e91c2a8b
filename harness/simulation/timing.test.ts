/**
 * When what a client sees happens, to the millisecond: what trips, handshakes, refusals, silence and timeouts cost. One or two
 * backends with a constant service time of 10 ms; a client is 3 ms away from the balancer, which is 5 ms away from a
 * backend, and opening a connection costs 2 ms beyond its round trip.
 */
import test from 'ava';
import { at, byNumber, plainBalancer, play, type WorldInput } from './world.test-support.ts';

const far = { client: '3ms', backend: '5ms', connect: '2ms' };
const one = (more: object = {}) => [
  { id: 'app', workers: 1, service: { constant: { mean: '10ms' } }, ...more },
];
const two = [{ ...one()[0]!, count: 2 }];

interface Row {
  world: Omit<WorldInput, 'fleet'> & Partial<Pick<WorldInput, 'fleet'>>;
  /** Of each request: how it ended, and after how many ms from its sending. */
  sees: string[];
  /** Of each attempt, where it says more: how it ended, and when, ms from t = 0. */
  tries?: string[];
}

const post = { mix: [{ method: 'POST' as const }] };
const quick = { ...plainBalancer, connectTimeout: '100ms', tryTimeout: '200ms' };
const again = {
  ...quick,
  retries: { max: 1, on: ['unreachable', 'reset', 'timeout'] as ('reset' | 'timeout')[] },
};

const rows: Record<string, Row> = {
  'without a network a request takes its service time and nothing else': {
    world: { load: at(0, 100) },
    sees: ['ok 200 10', 'ok 200 10'],
  },
  'the first request opens a connection: 3 + (2×5 + 2) + 5 + 10 + 5 + 3; the next one finds it open': {
    world: { network: far, load: at(0, 100) },
    sees: ['ok 200 38', 'ok 200 26'],
  },
  'two at once need two connections, and the second waits for the worker, too': {
    world: { network: far, load: at(0, 0, 100, 100) },
    sees: ['ok 200 38', 'ok 200 48', 'ok 200 26', 'ok 200 36'],
  },
  'a connection unused for 4 s has been closed': {
    world: { network: far, load: at(0, 4_000, 8_100) },
    sees: ['ok 200 38', 'ok 200 26', 'ok 200 38'],
  },
  'from region to zone by the table, and back the same way': {
    world: {
      fleet: one({ zone: 'tokyo' }),
      network: { ...far, latencies: { berlin: { tokyo: '100ms' }, paris: { berlin: '20ms' } } },
      load: { ...at(0, 1_000), regions: { paris: 1 } },
      balancer: { ...plainBalancer, zones: ['berlin'] },
    },
    sees: ['ok 200 452', 'ok 200 250'],
  },
  'within one place, what neighbours are apart': {
    world: {
      fleet: one({ zone: 'paris' }),
      network: { ...far, latencies: { paris: { berlin: '20ms' } } },
      load: { ...at(0, 100), regions: { paris: 1 } },
      balancer: { ...plainBalancer, zones: ['paris'] },
    },
    sees: ['ok 200 38', 'ok 200 26'],
  },
  'a crashed backend refuses after one round trip: no connection, so no 2 ms for it': {
    world: { network: far, load: at(10), faults: [{ at: '1ms', on: 'app', crash: {} }] },
    sees: ['failed 502 16'],
    tries: ['unreachable 0 23'],
  },
  'refused, even a POST goes to the next one, as nothing was sent': {
    world: {
      ...{ fleet: two, network: far, balancer: again },
      load: { ...at(10), ...post },
      faults: [{ at: '1ms', on: 'app-1', crash: {} }],
    },
    sees: ['ok 200 48'],
    tries: ['unreachable 0 23', 'ok 200 55'],
  },
  'a host off the network drops the SYN: the connect timeout ends it, 504': {
    world: { network: far, load: at(10), balancer: quick, faults: [{ at: '1ms', on: 'app', vanish: {} }] },
    sees: ['failed 504 106'],
    tries: ['unreachable 0 113'],
  },
  'back in time, the SYN of 13 ms is sent again a second later, and the rest follows': {
    world: {
      ...{ network: far, load: at(10), balancer: { ...quick, connectTimeout: '2s' } },
      faults: [{ at: '1ms', until: '500ms', on: 'app', vanish: {} }],
    },
    sees: ['ok 200 1036'],
  },
  'a request that was on its way is sent again 200 ms after it left, and at doubling gaps: at 313 and 713': {
    world: {
      ...{ network: far, load: at(0, 110), balancer: plainBalancer },
      faults: [{ at: '100ms', until: '500ms', on: 'app', vanish: {} }],
    },
    // It left the balancer at 113; at 313 the host was still away, so 713 + 5 + 10 + 5 + 3 = 736.
    sees: ['ok 200 38', 'ok 200 626'],
  },
  'a response that finds no network is sent again, too': {
    world: {
      ...{ network: far, load: at(0, 100), balancer: plainBalancer },
      faults: [{ at: '110ms', until: '200ms', on: 'app', vanish: {} }],
    },
    // It left the host at 118, and again at 318: 318 + 5 + 3 = 326.
    sees: ['ok 200 38', 'ok 200 226'],
  },
  'a hanging backend: 200 ms from the sending of the request, 504, and the way back': {
    world: { network: far, load: at(10), balancer: quick, faults: [{ at: '1ms', on: 'app', hang: {} }] },
    sees: ['failed 504 218'],
    tries: ['timeout 0 225'],
  },
  'a frozen one accepts, and the same happens': {
    world: { network: far, load: at(10), balancer: quick, faults: [{ at: '1ms', on: 'app', freeze: {} }] },
    sees: ['failed 504 218'],
    tries: ['timeout 0 225'],
  },
  'thawed before that, it answers late by as long as it stood still': {
    world: {
      ...{ load: at(10), balancer: quick },
      faults: [{ at: '13ms', until: '113ms', on: 'app', freeze: {} }],
    },
    sees: ['ok 200 110'],
  },
  'a try that timed out is repeated elsewhere where that is asked for': {
    world: {
      ...{ fleet: two, network: far, load: at(10), balancer: again },
      faults: [{ at: '1ms', on: 'app-1', hang: {} }],
    },
    sees: ['ok 200 250'],
    tries: ['timeout 0 225', 'ok 200 257'],
  },
  'but a POST is not: nobody knows whether it was done': {
    world: {
      ...{ fleet: two, network: far, balancer: again },
      load: { ...at(10), ...post },
      faults: [{ at: '1ms', on: 'app-1', hang: {} }],
    },
    sees: ['failed 504 218'],
  },
  'a client that has waited long enough leaves to the millisecond; the balancer hears of it a trip later': {
    world: {
      ...{ network: far, load: { ...at(10), timeout: '150ms' }, balancer: plainBalancer },
      faults: [{ at: '1ms', on: 'app', hang: {} }],
    },
    sees: ['lost timeout 150'],
    tries: ['cancelled 0 163'],
  },
  'what comes back a moment too late for the client is a timeout, though the balancer has answered': {
    world: { network: far, load: { ...at(10), timeout: '36ms' }, balancer: plainBalancer },
    sees: ['lost timeout 36'],
  },
  'and at the very moment it is in time': {
    world: { network: far, load: { ...at(10), timeout: '38ms' }, balancer: plainBalancer },
    sees: ['ok 200 38'],
  },
  'a reset instead of a response: a trip there and back, 502': {
    world: { network: far, load: at(10), balancer: quick, faults: [{ at: '1ms', on: 'app', reset: {} }] },
    sees: ['failed 502 28'],
    tries: ['reset 0 35'],
  },
  'half a body and then none: the client has the head, so the connection is broken under it': {
    world: { network: far, load: at(10), balancer: again, faults: [{ at: '1ms', on: 'app', truncate: {} }] },
    sees: ['lost truncated 38'],
    tries: ['reset 0 45'],
  },
  'a byte every 4 ms: ten bytes take nine gaps': {
    world: {
      ...{ fleet: one({ body: 10 }), network: far, load: at(10), balancer: quick },
      faults: [{ at: '1ms', on: 'app', drip: { every: '4ms' } }],
    },
    sees: ['ok 200 74'],
  },
  'a drip that outlasts the try is cut: a head cannot be taken back': {
    world: {
      ...{ fleet: one({ body: 100 }), network: far, load: at(10), balancer: again },
      faults: [{ at: '1ms', on: 'app', drip: { every: '4ms' } }],
    },
    sees: ['lost truncated 218'],
    tries: ['timeout 0 225'],
  },
  'an error needs no worker, and takes the time it says': {
    world: {
      ...{ network: far, load: at(10), balancer: quick },
      faults: [{ at: '1ms', on: 'app', error: { status: 500, after: '4ms' } }],
    },
    sees: ['failed 500 32'],
    tries: ['error 500 39'],
  },
  'no room in the queue: 503 at once, while the first is served': {
    world: { fleet: one({ queue: 0 }), network: far, load: at(0, 1) },
    sees: ['ok 200 38', 'failed 503 28'],
  },
  'nobody available: the balancer answers 503 itself, and no attempt is made': {
    world: {
      load: at(10, 20),
      balancer: { ...quick, passive: { failures: 1 } },
      network: far,
      faults: [{ at: '1ms', on: 'app', crash: {} }],
    },
    sees: ['failed 502 16', 'failed 503 6'],
    tries: ['unreachable 0 23'],
  },
  'a crash breaks what it was serving; what comes later is refused': {
    world: { network: far, load: at(0, 20), faults: [{ at: '21ms', on: 'app', crash: {} }] },
    sees: ['failed 502 29', 'failed 502 16'],
    tries: ['reset 0 26', 'unreachable 0 33'],
  },
  'a slow backend: the worker is busy for as long, so the next one waits': {
    world: {
      ...{ load: at(10, 11), balancer: quick },
      faults: [{ at: '1ms', on: 'app', slow: { factor: 3, added: '5ms' } }],
    },
    sees: ['ok 200 35', 'ok 200 69'],
  },
  'a stopping backend serves what it has, and refuses the rest': {
    world: { load: at(0, 1, 5), balancer: quick, faults: [{ at: '2ms', on: 'app', stop: {} }] },
    sees: ['ok 200 10', 'ok 200 19', 'failed 502 0'],
  },
};

for (const [sentence, { world, sees, tries }] of Object.entries(rows))
  test(sentence, (t) => {
    const played = play({ fleet: one(), balancer: plainBalancer, ...world });
    t.deepEqual(
      byNumber(played).map(
        ({ outcome, status, cause, latency }) => `${outcome} ${status || cause} ${latency}`,
      ),
      sees,
    );
    if (tries !== undefined)
      t.deepEqual(
        played.attempts.map(({ kind, status, ended }) => `${kind} ${status} ${ended}`),
        tries,
      );
  });
