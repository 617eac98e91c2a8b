/**
 * Weighted random: every request goes to a backend drawn in proportion to its weight.
 *
 * Formula     P(i) = w_i ÷ Σw, by the alias method: a uniform slot holds at most two backends, u's fraction says which
 * Cost        O(1) per pick, one random number; O(tried² + log n) on a retry; O(n) when the pool changes
 * Source      Walker 1977, Vose 1991 (alias tables); AWS ALB's weighted random, gRPC's and Traefik's weighted splits
 * Use it      for unequal backends behind very many balancers that share nothing, or to send a share to a canary
 * It fails    by unevenness: over N requests a share p deviates by √(p(1−p)/N), a tenth of a point being two standard
 *             deviations at N = 10⁶ and p = ½ (weighted-round-robin is exact); it ignores load, so where the weights
 *             are wrong a backend queues without bound
 * Spread      by weight, ±2.5 points over 10,000 requests (five standard deviations)
 *
 * A retry draws exactly in proportion among those left: the point is drawn on the line of weights with the tried
 * intervals cut out, not by drawing again until an untried one comes up. Balancers of one fleet need no offset: what
 * distinguishes them is env.random, which differs with every request.
 */
import { type Backend, define } from './strategy.ts';
import { WeightLine } from './weight-line.ts';

export default define({
  about: 'draws a backend in proportion to its weight; for unequal backends and many balancers',
  options: {},
  spread: { by: 'weight', within: 0.025 },
  create(env) {
    const line = new WeightLine();
    let keep = new Float64Array(0); // the part of slot i that is i's own
    let alias = new Int32Array(0); // whose the rest is

    function fill(available: readonly Backend[]): void {
      const n = available.length;
      keep = new Float64Array(n).fill(1);
      alias = Int32Array.from({ length: n }, (_, i) => i);
      const mean = line.total / n;
      const left = Float64Array.from(available, ({ weight }) => weight / mean);
      const poor: number[] = [];
      const rich: number[] = [];
      left.forEach((share, i) => {
        (share < 1 ? poor : rich).push(i);
      });
      // Whoever remains when one list is empty has a share of 1, up to rounding, and keeps its slot whole.
      while (poor.length > 0 && rich.length > 0) {
        const small = poor.pop()!;
        const large = rich.at(-1)!;
        keep[small] = left[small]!;
        alias[small] = large;
        left[large] = left[large]! - (1 - left[small]!);
        if (left[large]! < 1) poor.push(rich.pop()!);
      }
    }

    return {
      poolChanged({ available }) {
        line.fill(available);
        fill(available);
      },
      pick({ available }, { tried }) {
        if (available.length === 0) return undefined;
        if (tried.length > 0) return available[line.at(env.random(), tried)];
        const point = env.random() * available.length;
        const slot = Math.floor(point);
        return available[point - slot < keep[slot]! ? slot : alias[slot]!];
      },
    };
  },
});
