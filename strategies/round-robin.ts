/**
 * Round robin: each backend in turn.
 *
 * Formula     a rotation of the members; pick the first available one and move on
 * Cost        O(1) per pick, O(tried) on a retry, O(n) when the pool changes
 * Source      the plainest scheduler there is; as queues, n times E_n/M/1: λ = .9, n = 10, mean sojourn 5.66 services
 * Use it      on equal backends with requests of similar cost; it needs no state of theirs
 * It fails    by being blind: a backend half as fast gets the same share and queues without bound; weights are
 *             ignored (weighted-round-robin); balancers that do not know of each other, started together, walk in step
 *             (`start: random`; those of one fleet each begin at a place of their own)
 * Spread      equal: at any moment two backends that stayed available differ by at most one turn, plus one for each
 *             retry that had to pass one over
 *
 * The rotation is of members, not of positions in a list. A join or a leave keeps the order of all the others and
 * of whose turn is next; a backend that is down keeps its place and its turns pass round all the others, not to its
 * neighbour, because those that are down are taken out of the rotation, not stepped over.
 * A retry takes the next untried backend's turn early; those passed over are next.
 */
import { phase, startOption } from './phase.ts';
import { type Backend, define } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export default define({
  about: 'each backend in turn; for equal backends and requests of similar cost',
  options: {
    start: startOption,
  },
  spread: { by: 'equal', within: 0.001 },
  create(env, { start }) {
    let members: Backend[] = []; // in rotation order; the first one's turn was next when the pool last changed
    let turns: Backend[] = []; // those of them that are available
    let next = 0;
    let turned = false; // since the pool last changed
    let begun = false;

    return {
      poolChanged(pool) {
        if (turned) members = rotate(members, turns, next);
        members = merge(members, pool.members);
        const available = new Map(pool.available.map((backend) => [backend.id, backend]));
        turns = members.flatMap(({ id }) => available.get(id) ?? []);
        next = 0;
        turned = false;
      },
      pick({ available }, { tried }) {
        const count = turns.length;
        if (count === 0) return undefined;
        if (!begun) {
          begun = true;
          next = Math.floor(phase(env, start) * count);
        }
        turned = true;
        const backend = turns[next]!;
        if (tried.length > 0 && wasTried(backend, tried) && !allTried(available, tried)) return retry(tried);
        next = next + 1 === count ? 0 : next + 1;
        return backend;
      },
    };

    /** Takes the next untried turn out of order, and moves those it passed over one place back. */
    function retry(tried: readonly Backend[]): Backend {
      const count = turns.length;
      let at = next;
      while (wasTried(turns[at]!, tried)) at = at + 1 === count ? 0 : at + 1;
      const backend = turns[at]!;
      while (at !== next) {
        const before = at === 0 ? count - 1 : at - 1;
        turns[at] = turns[before]!;
        at = before;
      }
      turns[next] = backend;
      next = next + 1 === count ? 0 : next + 1;
      return backend;
    }
  },
});

/** The members' order after the turns taken (retries have permuted `turns`), starting behind the last one served. */
function rotate(members: readonly Backend[], turns: readonly Backend[], next: number): Backend[] {
  const available = new Set(turns.map(({ id }) => id));
  const last = next === 0 ? turns.length - 1 : next - 1;
  let turn = 0;
  let start = 0;
  const order = members.map((member, place) => {
    if (!available.has(member.id)) return member;
    if (turn === last) start = place + 1;
    return turns[turn++]!;
  });
  return [...order.slice(start), ...order.slice(0, start)];
}

/** Keeps the order of those that stay, drops those that left, and puts each joiner behind the member it follows in the pool. */
function merge(order: readonly Backend[], members: readonly Backend[]): Backend[] {
  const known = new Set(order.map(({ id }) => id));
  const present = new Map(members.map((member) => [member.id, member]));
  const joiners = new Map<string, Backend[]>();
  let before = members.findLast(({ id }) => known.has(id))?.id; // whoever joins at the head follows the last
  if (before === undefined) return [...members];
  for (const member of members) {
    const behind = joiners.get(before);
    if (known.has(member.id)) before = member.id;
    else if (behind === undefined) joiners.set(before, [member]);
    else behind.push(member);
  }
  return order.flatMap(({ id }) => {
    const member = present.get(id);
    return member === undefined ? [] : [member, ...(joiners.get(id) ?? [])];
  });
}
