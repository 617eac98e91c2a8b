/**
 * Least time: the backend that, at its average response time, would be done soonest with what it has and one more.
 *
 * Formula     eta = rt·(1+q)/w, least wins, ties drawn by weight. rt is an EWMA, α = .05, the first sample whole; it counts
 *             half for each whole `quiet` period in which the backend was sent nothing, and in steps of 20 ms (below
 *             20 ms all are equal, the cold too); above 5 s all are equally bad, so that least connections decides
 * Cost        O(log n) per pick, start and end (two tournament trees: scores, and when each is halved next); a halving
 *             costs the same, at most one per backend and quiet period; O(n log n) when the pool changes
 * Source      nginx ≥ 1.31, upstream `least_time` (before that of NGINX Plus), without its `inflight` variant
 * Use it      where backends differ in speed and weights are not known, with responses of tens of milliseconds or more
 * It fails    by slowness: an average follows a change in about 20 requests, and one early slow sample on an identical
 *             backend costs it log₂(ratio) quiet periods before each further sample, of which it takes many to be
 *             forgotten (`forget` keeps the halved average); below one step it sees no difference; an idle pool of
 *             unequal weights gives everything to the heaviest, since eta counts the request itself; a hung backend
 *             keeps its average and is held off by its queue alone
 *
 * Outcomes that are not ok count as at least `penalty`: nginx leaves them out and relies on max_fails, so that a backend
 * that refuses and has no average yet could win every pick (Traefik's leasttime had that). A cancelled request is not
 * counted. Whoever joins later, or comes back, starts from the median of the others: neither starved for its last
 * errors nor flooded (`cold: zero` gives nginx's).
 */
import { FadingAverage } from './fading-average.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

/** Response times above it are equally bad, ms. */
const ceiling = 5_000;

export default define({
  about:
    'the least average response time × queue ÷ weight, slow ones tried again; for unknown, unequal speeds',
  options: {
    time: {
      type: 'choice',
      default: 'last-byte',
      of: ['last-byte', 'header'],
      about: 'what is averaged: the time to the last byte of a response, or to its first',
    },
    quiet: {
      type: 'duration',
      default: 10_000,
      min: 1,
      about: 'after each such period without a request an average counts half (nginx: fail_timeout)',
    },
    step: {
      type: 'duration',
      default: 20,
      min: 1,
      about: 'averages are compared in steps of this size: within one, queues and luck decide',
    },
    penalty: {
      type: 'duration',
      default: 5_000,
      min: 0,
      about: 'least latency recorded for an outcome not ok',
    },
    cold: {
      type: 'choice',
      default: 'median',
      of: ['median', 'zero'],
      about: 'what a joiner, or one that comes back, starts from: the median of the others, or zero (nginx)',
    },
    forget: {
      type: 'boolean',
      default: false,
      about: 'whether an average stays halved once the backend is sent a request (nginx: no)',
    },
  },
  create(env, { time, quiet, step, penalty, cold, forget }) {
    const averages = new FadingAverage(quiet);
    const scores = new Tournament();
    const due = new Tournament(); // when each one's score halves next, in env.now() milliseconds
    const positions = new Positions();
    let available: readonly Backend[] = [];

    function eta(position: number): number {
      const { index, inFlight, weight } = available[position]!;
      const rt = averages.of(index);
      return ((rt > ceiling ? ceiling : (Math.floor(rt / step) + 1) * step) * (1 + inFlight)) / weight;
    }

    /** Infinity where halving changes nothing: it is in the lowest step. */
    function nextHalving(position: number): number {
      const { index } = available[position]!;
      return averages.of(index) < step ? Number.POSITIVE_INFINITY : averages.nextAt(index);
    }

    function rescore(position: number): void {
      scores.update(position, eta(position));
      // One that would come up too early is put right when it does, so that the usual start changes one tree only.
      if (due.score(position) === Number.POSITIVE_INFINITY) due.update(position, nextHalving(position));
    }

    function halve(now: number): void {
      while (due.least() <= now) {
        const position = due.first();
        averages.fade(available[position]!.index, now);
        due.update(position, nextHalving(position));
        scores.update(position, eta(position));
      }
    }

    /** The lower median of the averages of those that were and are available; 0 where none is known. */
    function usual(arrivals: ReadonlySet<Backend>): number {
      const known = available.filter((it) => !arrivals.has(it) && averages.whole(it.index) > 0);
      const sorted = known.map(({ index }) => averages.whole(index)).sort((a, b) => a - b);
      return sorted[(sorted.length - 1) >> 1] ?? 0;
    }

    return {
      poolChanged(pool) {
        const arrivals = new Set<Backend>();
        available = pool.available;
        positions.update(available, (backend) => arrivals.add(backend));
        averages.resize(available.reduce((longest, { index }) => Math.max(longest, index + 1), 0));
        const fresh = cold === 'median' ? usual(arrivals) : 0;
        for (const { index } of arrivals) averages.reset(index, fresh, env.now());
        scores.resize(available.length);
        due.resize(available.length);
        available.forEach(({ weight }, position) => {
          scores.enter(position, eta(position), weight);
          due.enter(position, nextHalving(position), 1);
        });
        scores.build();
        due.build();
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        halve(env.now());
        if (tried.length === 0 || allTried(available, tried)) return available[scores.draw(env.random())];
        scores.hide(tried, positions);
        const position = scores.draw(env.random());
        scores.restore();
        return available[position];
      },
      started(backend) {
        if (!positions.has(backend)) return;
        averages.sent(backend.index, env.now(), forget);
        rescore(positions.at(backend.index));
      },
      ended(backend, { kind, latency, firstByte }) {
        if (!positions.has(backend)) return;
        if (kind === 'ok') {
          // At layer 4 a connection may end well without a byte from the backend: then there is no first byte.
          averages.add(backend.index, time === 'header' && firstByte >= 0 ? firstByte : latency);
        } else if (kind !== 'cancelled') averages.add(backend.index, Math.max(latency, penalty));
        rescore(positions.at(backend.index));
      },
    };
  },
});
