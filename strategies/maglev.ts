/**
 * Maglev hashing: a key's backend is read from a table that every backend has filled in turn by its own permutation.
 *
 * Formula     table[hash(key) mod M]; backend i wants entries (offset + j·skip) mod M, j = 0, 1, …, and takes the first
 *             one free at each of its turns; a weight of w ÷ (the heaviest) takes that part of the turns
 * Cost        O(1) per pick; the table O(M·log M) when the pool changes, nothing where no id, weight or availability has
 * Source      Eisenbud et al., "Maglev", NSDI '16, section 3.4; weights as in Envoy's Maglev
 * Use it      where consistent-hash is wanted and evenness or the cost of a pick counts: entries per backend differ by at
 *             most a few, where the shares of a ring of 150 points differ by 8%
 * It fails    by moving a few more keys than must move: one of n = 10 removed changes 10.2% of 65,537 entries, one of 100
 *             1.6%, one of 1000 .67%; by a pool that outgrows the table (M should be 100·n or more: shares are whole
 *             entries); and by popularity like every hash: it never looks at load
 * Spread      by weight, ±2.5 points over 10,000 distinct keys (five standard deviations)
 *
 * M must be prime, or a permutation would miss entries: the next prime from `size` on is taken. Turns are in order of
 * ids, so that balancers agree whatever the order of their pools. A retry reads on in steps of the key's
 * own, which pass every entry once (M is prime): neighbouring entries will not do, because permutations with a like
 * skip follow each other, and one backend would inherit most of another's retries.
 */
import { avalanche, hashBits } from './hash.ts';
import { MaglevTable } from './maglev-table.ts';
import { define } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export default define({
  about: 'the same key to the same backend, by a table: even shares, O(1); for caches and layer 4',
  options: {
    size: {
      type: 'integer',
      default: 65_537,
      min: 2,
      max: 5_000_011,
      about: 'entries of the table, at best 100 or more per backend; the next prime from here on is taken',
    },
  },
  spread: { by: 'weight', within: 0.025 },
  create(_env, { size }) {
    const table = new MaglevTable(primeFrom(size));
    return {
      poolChanged: (pool) => table.poolChanged(pool),
      pick({ available }, { key, client, tried }) {
        if (available.length === 0) return undefined;
        const hash = hashBits(key === '' ? client : key);
        const entry = (hash >>> 0) % table.size;
        const backend = available[table.positionAt(entry)];
        if (tried.length === 0 || !wasTried(backend!, tried) || allTried(available, tried)) return backend;
        const step = 1 + (avalanche(hash) % (table.size - 1));
        for (let at = (entry + step) % table.size; at !== entry; at = (at + step) % table.size) {
          const next = available[table.positionAt(at)]!;
          if (!wasTried(next, tried)) return next;
        }
        // In a table too small for the pool some have no entry.
        return available.find((untried) => !wasTried(untried, tried));
      },
      distribution: () => table.shares(),
    };
  },
});

/** The smallest prime that is not smaller. */
export function primeFrom(from: number): number {
  for (let n = Math.max(2, from); ; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) return n;
  }
}
