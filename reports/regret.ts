/**
 * Regret: how much longer a contender's requests took than under the oracle, which knows every backend's queue and speed
 * (strategies/oracle.ts). Both are simulated, so the same request is there twice, with the same luck; only those answered ok
 * under both count. Times in ms.
 */
import type { Pairs } from './divergence.ts';
import { median, nearestRank } from './latencies.ts';
import type { Regret } from './summary.ts';

/** One round: `measured` are the contender's sojourns, `simulated` the oracle's. Undefined where no request was ok under both. */
export function regretOf({ measured, simulated }: Pairs): Regret | undefined {
  const requests = measured.length;
  if (requests === 0) return undefined;
  const beyond = measured.map((it, i) => it - simulated[i]!).sort();
  const oracleMeanMs = mean(simulated);
  const meanMs = mean(measured) - oracleMeanMs;
  return {
    ...{ requests, meanMs, oracleMeanMs },
    factor: factorOf(meanMs, oracleMeanMs),
    p50Ms: nearestRank(beyond, 0.5),
    p99Ms: nearestRank(beyond, 0.99),
  };
}

/** Several rounds: means over all their requests, and the medians of their percentiles. */
export function pooledRegret(rounds: readonly Regret[]): Regret | undefined {
  if (rounds.length <= 1) return rounds[0];
  const requests = rounds.reduce((sum, it) => sum + (it.requests ?? 0), 0);
  const weighed = (of: (it: Regret) => number) =>
    rounds.reduce((sum, it) => sum + of(it) * (it.requests ?? 0), 0) / requests;
  const meanMs = weighed((it) => it.meanMs);
  const oracleMeanMs = weighed((it) => it.oracleMeanMs);
  return {
    ...{ requests, meanMs, oracleMeanMs },
    factor: factorOf(meanMs, oracleMeanMs),
    p50Ms: median(rounds.map((it) => it.p50Ms)),
    p99Ms: median(rounds.map((it) => it.p99Ms)),
  };
}

const mean = (values: Float64Array) => values.reduce((sum, it) => sum + it, 0) / values.length;
const factorOf = (beyond: number, oracle: number) => (oracle === 0 ? null : (beyond + oracle) / oracle);
