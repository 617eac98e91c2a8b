/**
 * Rendezvous hashing (highest random weight): every backend bids for the key, the highest bid wins.
 *
 * Formula     argmax w / −ln u, u = hash(key, id) in (0, 1): shares are exactly by weight in expectation
 * Cost        O(n) per pick, a few integer operations each and O(log n) logarithms, no strings; O(n log n) when the pool
 *             changes, nothing where neither ids, weights nor availability have
 * Source      Thaler and Ravishankar, 1998; weights as by Schindelhauer and Schomaker, SPAA 2005; Traefik's `hrw`
 * Use it      where consistent-hash is wanted, the pool is small (up to some hundreds) and evenness counts: no virtual
 *             nodes, no memory, and a lost backend's keys go to all the others by weight
 * It fails    by its cost in large pools (maglev is O(1)), and like every hash by popularity: one hot key melts one
 *             server. It never looks at load
 * Spread      by weight, ±2.5 points over 10,000 distinct keys (five standard deviations)
 *
 * A join takes keys from all the others and gives them to the joiner, a leave moves exactly the leaver's keys, and a
 * changed weight only moves keys to or from that backend. A retry goes to the second highest bid, which is where the
 * key would go if its backend left. A request without a key is placed by its client's address.
 */
import { hashBits } from './hash.ts';
import { Roster } from './roster.ts';
import { type Backend, define, type Pool } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export default define({
  about: 'the highest bid of hash(key, backend) wins: even shares, fewest keys moved; for small pools',
  options: {},
  spread: { by: 'weight', within: 0.025 },
  create() {
    const roster = new Roster();
    // Of the available, by weight from the heaviest on: 64 bits of each id's hash, its weight and its position.
    let words = new Int32Array(0);
    let weights = new Float64Array(0);
    let positions = new Int32Array(0);

    return {
      poolChanged(pool: Pool) {
        if (roster.update(pool) === 'nothing') return;
        const { available } = pool;
        const order = available
          .map(({ id, weight }, position) => ({ id, weight, position }))
          .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
        words = new Int32Array(2 * order.length);
        order.forEach(({ id }, i) => {
          words[2 * i] = hashBits(id, 1);
          words[2 * i + 1] = hashBits(id, 2);
        });
        weights = Float64Array.from(order, ({ weight }) => weight);
        positions = Int32Array.from(order, ({ position }) => position);
      },
      pick({ available }, { key, client, tried }): Backend | undefined {
        const hash = hashBits(key === '' ? client : key);
        const retry = tried.length > 0 && !allTried(available, tried);
        const ids = words; // read once: the loop is all there is to a pick
        let highest = -(2 ** 31) - 1; // hash drawn so far
        let best = -1;
        let winner = -1;
        for (let i = 0; i < ids.length; i += 2) {
          const drawn = mix(hash, ids[i]!, ids[i + 1]!);
          // Weights fall, so whoever draws less than somebody before has bid less: a logarithm is for records only.
          if (drawn <= highest) continue;
          const position = positions[i >> 1]!;
          if (retry && wasTried(available[position]!, tried)) continue;
          highest = drawn;
          const bid = weights[i >> 1]! / -Math.log((drawn + 2 ** 31 + 0.5) / 2 ** 32);
          if (bid <= best) continue;
          best = bid;
          winner = position;
        }
        return available[winner];
      },
    };
  },
});

/** 32 signed bits of a key and an id. Two words of the id's hash: in 10,000 ids two share one of them once in a hundred fleets. */
function mix(key: number, first: number, second: number): number {
  let h = key ^ first;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h ^= second;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
