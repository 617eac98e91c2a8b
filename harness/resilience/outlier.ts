/**
 * Who answers so much worse than the others that it is better left out for a while, whatever its health checks say. Looked at
 * every so often, over what ended since the last look:
 *
 *   success rate         below mean − factor × σ of those with enough requests, where there are enough of them
 *   failure percentage   at or above a fixed share, which needs no others to compare with
 *
 * Of n backends, k equally bad ones lie √((n − k)/k) standard deviations below the mean. At the default factor of 1.9
 * the first rule therefore cannot see them once more than 1/(1 + 1.9²) = 21.7% of the pool is bad: then the second must.
 * Source: Envoy outlier detection, with its defaults: 10 s, 1.9, 5 hosts, 100 requests; 85%, 5 hosts, 50 requests.
 */
export interface OutlierLimits {
  readonly successRate:
    | false
    | { readonly factor: number; readonly hosts: number; readonly requests: number };
  readonly failurePercentage:
    | false
    | { readonly threshold: number; readonly hosts: number; readonly requests: number };
}

/** Attempts that ended since the last look; those whose client left are in neither. */
export interface Tally {
  readonly ok: number;
  readonly failed: number;
}

export interface Outlier {
  /** Position among the tallies. */
  readonly index: number;
  readonly by: 'success-rate' | 'failure-percentage';
  readonly detail: string;
}

/** Those to be left out, at most once each, the worst first. */
export function outliers(tallies: readonly Tally[], limits: OutlierLimits): Outlier[] {
  const rates = tallies.map(({ ok, failed }) => (ok + failed === 0 ? Number.NaN : ok / (ok + failed)));
  const withAtLeast = (requests: number) =>
    tallies.flatMap(({ ok, failed }, i) => (ok + failed >= Math.max(1, requests) ? [i] : []));
  const found = new Map<number, Outlier>();
  const { successRate, failurePercentage } = limits;
  if (successRate !== false) {
    const compared = withAtLeast(successRate.requests);
    if (compared.length >= Math.max(1, successRate.hosts)) {
      const least = leastRate(
        compared.map((i) => rates[i]!),
        successRate.factor,
      );
      for (const index of compared)
        if (rates[index]! < least)
          found.set(index, {
            ...{ index, by: 'success-rate' },
            detail: `${percent(rates[index]!)} succeeded, below ${percent(least)}`,
          });
    }
  }
  if (failurePercentage !== false) {
    const judged = withAtLeast(failurePercentage.requests);
    if (judged.length >= failurePercentage.hosts)
      for (const index of judged)
        if (1 - rates[index]! >= failurePercentage.threshold && !found.has(index))
          found.set(index, {
            ...{ index, by: 'failure-percentage' },
            detail: `${percent(1 - rates[index]!)} failed, of ${percent(failurePercentage.threshold)} allowed`,
          });
  }
  return [...found.values()].sort((a, b) => rates[a.index]! - rates[b.index]!);
}

function leastRate(rates: readonly number[], factor: number): number {
  const mean = rates.reduce((sum, it) => sum + it, 0) / rates.length;
  const variance = rates.reduce((sum, it) => sum + (it - mean) ** 2, 0) / rates.length;
  return mean - factor * Math.sqrt(variance);
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
