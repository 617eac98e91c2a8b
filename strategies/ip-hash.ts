/**
 * IP hash: all clients of one network go to the same backend, for as long as it is there.
 *
 * Formula     the members, in order of their ids, laid on a line as long as their weights; a hash of the client's network
 *             (IPv4: its /24, IPv6: the whole address) is a point on it. Where that backend is down, or was tried, the
 *             network is hashed again, up to 20 times
 * Cost        O(log n) per hash; with a share d of the weight down, 1/(1−d) hashes on average; O(n log n) when the pool changes
 * Source      nginx, ip_hash (its hash has 6,271 values, which here are 2³²; HAProxy `balance source`, IPVS sh are alike)
 * Use it      for affinity without cookies or a key, at layer 4 as at layer 7
 * It fails    by the clients' unevenness: a company, a mobile network or a whole country behind one address is one client,
 *             and IPv6 hosts change theirs daily (`ipv6: 64` holds on to the network). It never looks at load. Behind
 *             another proxy, or a load generator, every connection has one address: the client's comes from a forwarded
 *             header of a sender the balancer trusts (an untrusted one would let clients choose their backend), else all
 *             load goes to one backend
 * Spread      by weight over networks, not over requests, so none is promised: N networks deviate by √(p(1−p)/N)
 *
 * A backend that goes down gives its clients to all others by weight, and has them back when it returns; nobody else
 * moves. Where 20 hashes find nobody (with nine tenths down, one client in eight), nginx falls back to round robin; here
 * the network is hashed over the available alone, so that it still has one backend until availability changes.
 * A join, a leave or a changed weight moves the line: a quarter (in the middle of the ids) to half (at an end) of all clients
 * change backends. In nginx, which takes the remainder by Σw, nearly all do; consistent-hash moves 1/n.
 */
import { ClientNetwork } from './client-network.ts';
import { avalanche } from './hash.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';
import { WeightLine } from './weight-line.ts';

/** Hashes before the line of members is given up (nginx's number). */
const hashes = 20;

export default define({
  about: "one backend per client network (the address's /24); for affinity without cookies",
  options: {
    ipv4: {
      type: 'integer',
      default: 24,
      min: 1,
      max: 32,
      about: 'leading bits of an IPv4 address that count',
    },
    ipv6: {
      type: 'integer',
      default: 128,
      min: 1,
      max: 128,
      about: 'leading bits of an IPv6 address that count',
    },
  },
  create(_env, { ipv4, ipv6 }) {
    const network = new ClientNetwork(ipv4, ipv6);
    const positions = new Positions();
    const all = new WeightLine();
    const reachable = new WeightLine();
    let members: readonly Backend[] = [];
    let present: readonly Backend[] = [];

    return {
      poolChanged(pool) {
        members = byId(pool.members);
        present = byId(pool.available);
        all.fill(members);
        reachable.fill(present);
        positions.update(pool.available);
      },
      pick({ available }, { client, tried }) {
        if (available.length === 0) return undefined;
        const skip = tried.length > 0 && !allTried(available, tried);
        let hash = network.hash(client);
        for (let i = 0; i < hashes; i++) {
          const { index } = members[all.atBits(hash)]!;
          const position = positions.at(index);
          if (position >= 0 && !(skip && wasTried(available[position]!, tried))) return available[position];
          hash = avalanche((hash + 0x9e3779b1) | 0) | 0;
        }
        return present[reachable.at((hash >>> 0) / 2 ** 32, tried)];
      },
    };
  },
});

/** The same order in every balancer, whatever the order in which each has met them. */
function byId(backends: readonly Backend[]): Backend[] {
  return [...backends].sort((a, b) => (a.id < b.id ? -1 : 1));
}
