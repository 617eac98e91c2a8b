/**
 * Weighted least request: each backend in turn as often as its weight says, and less often the busier it is.
 *
 * Formula     earliest deadline first; at each pick its deadline += 1/w', w' = w ÷ (q+1)^bias, q as it is at that pick,
 *             before this request counts. bias 0 is weighted round robin, 1 halves the turns of a backend with one in
 *             flight
 * Cost        O(log n) per pick (a tournament tree); starts and ends cost nothing; O(n) when the pool changes
 * Source      Envoy, LeastRequestLoadBalancer and EdfScheduler. Envoy does this where weights differ or
 *             active_request_bias is set, and draws two (our p2c) where neither is so; here it is always the schedule
 * Use it      when capacities are known and unequal and requests differ in cost: weights set the shares, load bends them
 * It fails    by reacting late: the weight is computed when a backend is picked and kept until its next turn, so one
 *             picked at q = 99 waits 100 turns even if it empties at once; by never draining a slow backend, which keeps
 *             w' of the turns; a backend that fails at once is always idle and takes (q+1)/(q+n) of the requests, q being
 *             the queues of the others (outcomes are the balancer's business: health checks, ejection)
 * Spread      by weight when idle, ±0.2 points over 10,000 requests: over any stretch within 1 + n·w/Σw turns, as edf bursts
 *
 * When the pool changes, Envoy starts the schedule anew, which favours the heavy and the first at every change; here
 * those that stay keep what is left of their turn, and a joiner, or one that comes back, waits a whole one: idle
 * among busy ones it gets their turns (q+1) times over, not the whole flood. Ties go to the first in the pool (Envoy: to
 * the one that has waited longest). On a retry those tried keep their deadlines, and are due next.
 */
import { phase, startOption } from './phase.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

/** Deadlines are counted from here again once they pass this many turns: a sum that grows for ever would lose its small terms. */
const horizon = 2 ** 20;
/** Most picks skipped at the start. */
const longestStart = 10_000;

export default define({
  about: 'by weight, less often the busier a backend is; for unequal backends and requests of unequal cost',
  options: {
    bias: {
      type: 'number',
      default: 1,
      min: 0,
      max: 10,
      about: "how much requests in flight lower a backend's weight: w ÷ (q+1)^bias",
    },
    start: { ...startOption, default: 'random' }, // as Envoy, which skips a random number of picks
  },
  spread: { by: 'weight', within: 0.002 },
  create(env, { bias, start }) {
    const tree = new Tournament();
    const positions = new Positions();
    let available: readonly Backend[] = [];
    let turns = new Float64Array(0); // the length of an idle turn, 1/w, in means of the pool
    let begun = false;

    const turnAt = (position: number) => {
      const busy = available[position]!.inFlight + 1;
      return turns[position]! * (bias === 1 ? busy : busy ** bias);
    };

    /** Gives the one due first its turn. */
    function take(): number {
      const position = tree.first();
      // One expression, so that no number has to be kept on the heap between calls.
      tree.update(position, tree.score(position) + turnAt(position));
      return position;
    }

    function rebase(): void {
      const now = tree.least();
      for (let position = 0; position < available.length; position++) {
        tree.enter(position, tree.score(position) - now, 1);
      }
      tree.build();
    }

    function skipAhead(): void {
      begun = true;
      const longest = turns.reduce((most, turn) => Math.max(most, turn), 0);
      const cycle = turns.reduce((sum, turn) => sum + longest / turn, 0);
      const ahead = Math.floor(phase(env, start) * Math.min(longestStart, Math.ceil(cycle)));
      for (let i = 0; i < ahead; i++) take();
    }

    return {
      poolChanged(pool) {
        const now = available.length === 0 ? 0 : tree.least();
        const left = new Map<string, number>(); // of each one's turn, in idle turns of its own
        available.forEach(({ id }, position) => {
          left.set(id, (tree.score(position) - now) / turns[position]!);
        });
        available = pool.available;
        positions.update(available);
        const mean = available.reduce((sum, { weight }) => sum + weight, 0) / available.length;
        turns = Float64Array.from(available, ({ weight }) => mean / weight);
        tree.resize(available.length);
        available.forEach(({ id }, position) => {
          const rest = left.get(id);
          tree.enter(position, rest === undefined ? turnAt(position) : rest * turns[position]!, 1);
        });
        tree.build();
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        if (!begun) skipAhead();
        if (tree.least() > horizon) rebase();
        if (tried.length === 0 || allTried(available, tried)) return available[take()];
        tree.hide(tried, positions);
        const position = tree.first();
        tree.restore();
        tree.update(position, tree.score(position) + turnAt(position));
        return available[position];
      },
    };
  },
});
