/**
 * P2C on peak-EWMA latency: draw two backends, send to the one whose recent latency times its queue is smaller.
 *
 * Formula     cost = ewma·(q+1). A latency above the average replaces it at once (the peak); one below is blended in,
 *             ewma ← ewma·e^(−Δt/τ) + latency·(1−e^(−Δt/τ)), τ = 10 s. Reading it decays it likewise, towards 0.
 *             No history: 0 when idle (one request probes it), else a penalty no latency reaches
 * Cost        O(1): two draws, two exponentials
 * Source      Finagle's PeakEwma balancer; Linkerd; Tower. Finagle counts failures at their latency, which makes a
 *             fast failure attractive; here an outcome that is not ok is recorded at no less than `penalty`
 * Use it      when backends differ or turn slow while they pass health checks (gray failure)
 * It fails    by over-reacting: one slow response keeps a backend out for about τ·ln(peak ÷ usual latency); a hung
 *             backend, which records nothing, attracts again after about τ·ln(q+1) until a timeout is recorded.
 *             Weights are ignored: latency says what weights would
 *
 * A backend that comes back after being unavailable has no history, so it is probed, not shunned for its last errors.
 * A request that the client cancelled says nothing and is not recorded.
 */
import { Draws } from './draws.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';

const none = -1;
/** Finagle's Long.MaxValue >> 16 nanoseconds, in ms: above any real cost, and still ordered by queue. */
const unknownCost = 1.4e8;

export default define({
  about:
    'draws two backends, takes the lower recent latency times queue; routes around slow and failing backends',
  options: {
    tau: { type: 'duration', default: 10_000, min: 1, about: 'time constant of the decay' },
    penalty: {
      type: 'duration',
      default: 5_000,
      min: 0,
      about: 'least latency recorded for an outcome not ok',
    },
    decayOnRead: {
      type: 'boolean',
      default: true,
      about: 'whether an average also decays towards 0 while no response arrives (Finagle: yes)',
    },
    choices: { type: 'integer', default: 2, min: 1, max: 1000, about: 'how many backends are drawn' },
    replacement: { type: 'boolean', default: false, about: 'whether the same backend may be drawn twice' },
  },
  create(env, { tau, penalty, decayOnRead, choices, replacement }) {
    const draws = new Draws(env);
    const positions = new Positions();
    let ewma = new Float64Array(0);
    let stamp = new Float64Array(0);

    function cost(backend: Backend, now: number): number {
      const latency = ewma[backend.index]!;
      if (latency === none) return backend.inFlight === 0 ? 0 : unknownCost + backend.inFlight;
      if (!decayOnRead) return latency * (backend.inFlight + 1);
      // As in Finagle, reading stores the decayed average, so the next sample's peak is judged against it.
      const decayed = latency * Math.exp(-Math.max(0, now - stamp[backend.index]!) / tau);
      ewma[backend.index] = decayed;
      stamp[backend.index] = now;
      return decayed * (backend.inFlight + 1);
    }

    return {
      poolChanged(pool) {
        draws.poolChanged(pool);
        const length = pool.members.reduce((longest, { index }) => Math.max(longest, index + 1), ewma.length);
        if (length > ewma.length) {
          const grown = new Float64Array(length).fill(none);
          grown.set(ewma);
          ewma = grown;
          const stamps = new Float64Array(length);
          stamps.set(stamp);
          stamp = stamps;
        }
        positions.update(pool.available, ({ index }) => {
          ewma[index] = none;
        });
      },
      pick({ available }, request) {
        const candidates = draws.begin(available, request.tried);
        if (candidates === 0) return undefined;
        const now = env.now();
        const count = replacement || choices < candidates ? choices : candidates;
        let lastAt = draws.next();
        let best = available[lastAt]!;
        let bestCost = cost(best, now);
        for (let i = 1; i < count; i++) {
          if (!replacement) draws.remove(lastAt);
          lastAt = draws.next();
          const rival = available[lastAt]!;
          const rivalCost = cost(rival, now);
          if (rivalCost < bestCost) {
            best = rival;
            bestCost = rivalCost;
          }
        }
        return best;
      },
      ended(backend, { kind, latency }) {
        if (kind === 'cancelled' || !positions.has(backend)) return;
        const { index } = backend;
        const now = env.now();
        const sample = kind === 'ok' ? latency : Math.max(latency, penalty);
        const kept = Math.exp(-Math.max(0, now - stamp[index]!) / tau);
        const current = ewma[index]!;
        ewma[index] = sample > current ? sample : current * kept + sample * (1 - kept);
        stamp[index] = now;
      },
    };
  },
});
