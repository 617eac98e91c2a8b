/**
 * Join the idle queue: backends that fall idle register with a balancer; a request goes to one of those, or to any.
 *
 * Formula     a random one of the registered, else a random one of all; it is off the list once a request starts there
 * Cost        O(1) per pick, start and end; O(tried) on a retry; O(n) when the pool changes
 * Source      Lu, Xie, Kliot, Geller, Larus, Greenberg, "Join-Idle-Queue", Performance Evaluation 68 (2011). The backend
 *             registers with the balancer its last response went to; the paper's variants draw one at random or the
 *             shorter of two queues, which takes a message that nobody here sends
 * Use it      with many balancers and up to about 90% load: whoever is idle is found without asking at arrival, as with join the
 *             shortest queue, and no balancer needs the counts of the others
 * It fails    where nobody is idle: from there on it is random, whatever the queues. A registration grows stale when another
 *             balancer sends there. Idle means empty, so a backend of many workers registers late (`threshold`). Weights,
 *             speeds and latencies are ignored: a slow backend that is idle is as good as any
 * Spread      equal when idle, ±2.5 points over 10,000 requests
 *
 * Idle is what the response reports (nobody else's requests inside) and what this balancer has sent since; where nothing is
 * reported its own count alone. The paper's queue is first in, first out; here the pick is random, so that balancers
 * started together do not walk the same list in step and no backend is always the first among idle ones.
 * At the start, and when it joins or comes back, a backend registers with one balancer of the fleet, by its index.
 *
 * The black hole: a backend that fails at once is always idle. So only a complete response registers, and only while fewer than
 * `failures` in a row were errors; a refused, reset, timed out or cancelled request registers nothing. One that is off
 * the list is still drawn when nobody is idle, its 1/n, and is back after its first good response.
 */
import { Draws } from './draws.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { allTried } from './tried.ts';

export default define({
  about:
    "a backend that said it is idle, else a random one; for many balancers that do not know each other's load",
  options: {
    threshold: {
      type: 'integer',
      default: 0,
      min: 0,
      max: 10_000,
      about: 'most requests in flight at which a backend still counts as idle: 0, or its workers less one',
    },
    failures: {
      type: 'integer',
      default: 2,
      min: 1,
      max: 1000,
      about: 'errors in a row from which on a backend no longer registers',
    },
  },
  needs: 'reported',
  spread: { by: 'equal', within: 0.025 },
  create(env, { threshold, failures }) {
    const draws = new Draws(env);
    const positions = new Positions();
    const { index: self, count: balancers } = env.balancers ?? { index: 0, count: 1 };
    // The list of the idle, by backend index, and the place of each in it, or -1.
    let idle = new Int32Array(0);
    let size = 0;
    let places = new Int32Array(0);
    let failed = new Int32Array(0); // in a row, by index

    function enter(index: number): void {
      if (places[index]! >= 0) return;
      places[index] = size;
      idle[size++] = index;
    }

    function leave(index: number): void {
      const place = places[index]!;
      if (place < 0) return;
      swap(place, --size);
      places[index] = -1;
    }

    function swap(a: number, b: number): void {
      const left = idle[a]!;
      const right = idle[b]!;
      idle[a] = right;
      idle[b] = left;
      places[right] = a;
      places[left] = b;
    }

    return {
      poolChanged(pool) {
        draws.poolChanged(pool);
        const length = pool.members.reduce((most, { index }) => Math.max(most, index + 1), idle.length);
        if (length > idle.length) {
          idle = grown(idle, length);
          places = grown(places, length, -1);
          failed = grown(failed, length);
        }
        positions.update(pool.available, ({ index, inFlight }) => {
          leave(index);
          failed[index] = 0;
          if (inFlight <= threshold && index % balancers === self) enter(index);
        });
        for (let place = size - 1; place >= 0; place--) {
          if (positions.at(idle[place]!) < 0) leave(idle[place]!);
        }
      },
      pick({ available }, { tried }): Backend | undefined {
        if (available.length === 0) return undefined;
        let free = size;
        if (tried.length > 0 && !allTried(available, tried)) {
          // Those tried go to the end of the list, out of the draw.
          for (let i = 0; i < tried.length; i++) {
            const place = places[tried[i]!.index] ?? -1;
            if (place >= 0 && place < free) swap(place, --free);
          }
        }
        if (free > 0) return available[positions.at(idle[Math.floor(env.random() * free)]!)];
        draws.begin(available, tried);
        return available[draws.next()];
      },
      started(backend) {
        if (positions.has(backend)) leave(backend.index);
      },
      ended(backend, { kind }) {
        if (kind === 'cancelled' || !positions.has(backend)) return;
        const { index, inFlight, reported } = backend;
        const inARow = kind === 'ok' ? 0 : failed[index]! + 1;
        failed[index] = inARow;
        if ((kind !== 'ok' && kind !== 'error') || inARow >= failures) return;
        if (inFlight <= threshold && (reported === undefined || reported.inFlight <= threshold)) enter(index);
      },
    };
  },
});

function grown(from: Int32Array, length: number, fill = 0): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length).fill(fill);
  larger.set(from);
  return larger;
}
