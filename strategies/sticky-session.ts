/**
 * Sticky sessions: a session stays with the backend that served it first, for as long as that backend is available.
 *
 * Formula     an explicit map session → backend; a session not in it is placed by consistent hashing
 * Cost        O(1) for a known session, O(1) expected for a new one (see ring.ts); memory bounded by `capacity`
 * Source      the article, "Session Affinity (Sticky Sessions)"
 * Use it      where backends hold session state that is costly to rebuild: unlike plain consistent hashing, a join
 *             moves no existing session
 * It fails    by keeping history: a backend that joins or returns gets only new sessions, so the fleet stays uneven
 *             for as long as sessions live; and it never looks at load
 * Spread      by weight, ±15 points over 10,000 new sessions (the ring's)
 *
 * The sessions of a backend that is lost are bound anew at their next request, once: they stay where they are when it
 * returns. A retry goes where the session would go if its backend left, and leaves the binding alone.
 * A request without a key is its client's session.
 */
import { Positions } from './positions.ts';
import { Ring, virtualNodes } from './ring.ts';
import { SessionTable } from './session-table.ts';
import { define, type Request } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export default define({
  about: 'a session stays with its backend while that lives; for backends that hold session state',
  options: {
    virtualNodes,
    capacity: {
      type: 'integer',
      default: 100_000,
      min: 1,
      max: 10_000_000,
      about: 'sessions remembered; the least recently used is forgotten and placed anew',
    },
    ttl: {
      type: 'duration',
      default: 0,
      min: 0,
      about: 'idle time after which a session is forgotten; 0: never',
    },
  },
  spread: { by: 'weight', within: 0.15 },
  create(env, { virtualNodes: points, capacity, ttl }) {
    const ring = new Ring(points);
    const sessions = new SessionTable(capacity);
    const positions = new Positions();
    const ids: string[] = []; // who last held each index

    /** The slot of the request's session; unbound when it is new or has been idle too long. */
    function session(key: string): number {
      const known = sessions.find(key);
      const slot = known < 0 ? sessions.add(key) : known;
      if (ttl === 0) return slot;
      const now = env.now();
      if (known >= 0 && now - sessions.seen(slot) > ttl) sessions.bind(slot, -1);
      sessions.touch(slot, now);
      return slot;
    }

    const keyOf = ({ key, client }: Request) => (key === '' ? client : key);

    return {
      poolChanged(pool) {
        for (const { index, id } of pool.members) {
          if (ids[index] !== undefined && ids[index] !== id) sessions.release(index);
          ids[index] = id;
        }
        ring.poolChanged(pool);
        positions.update(pool.available);
      },
      pick({ available }, request) {
        if (available.length === 0) return undefined;
        const key = keyOf(request);
        const slot = session(key);
        const owner = sessions.owner(slot);
        const position = owner < 0 ? -1 : positions.at(owner);
        if (position < 0) {
          const backend = ring.find(key, available, request.tried);
          if (backend !== undefined) sessions.bind(slot, backend.index);
          return backend;
        }
        const bound = available[position]!;
        const { tried } = request;
        if (tried.length === 0 || !wasTried(bound, tried) || allTried(available, tried)) return bound;
        return ring.find(key, available, tried);
      },
      distribution() {
        const counts: Record<string, number> = {};
        sessions.forEachOwner((owner) => {
          const id = ids[owner]!;
          counts[id] = (counts[id] ?? 0) + 1;
        });
        return counts;
      },
    };
  },
});
