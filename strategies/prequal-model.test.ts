/** Prequal against a plain model of it: the pool as a list, the quantile by sorting. */
import test from 'ava';
import fc from 'fast-check';
import { Aversion } from './aversion.ts';
import prequal from './prequal.ts';
import { Stage } from './stage.ts';
import type { LoadSample, OutcomeKind } from './strategy.ts';

test('a plain model agrees on shuffled pools, through answers early, late and lost, failures and retries', (t) => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('pick' as const),
        tried: fc.array(fc.nat(9), { maxLength: 2 }),
      }),
    },
    {
      weight: 16,
      arbitrary: fc.record({
        do: fc.constant('answer' as const),
        which: fc.nat(99),
        inFlight: fc.nat(6),
        latency: fc.nat(50),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(9),
        kind: fc.constantFrom<OutcomeKind>('ok', 'ok', 'ok', 'ok', 'ok', 'reset', 'cancelled'),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('down' as const, 'up' as const, 'up' as const, 'up' as const),
        which: fc.nat(9),
      }),
    },
  );
  let chosen = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(step, { maxLength: 150, size: 'max' }),
      fc.constantFrom('small', 'roomy', 'roomy'),
      fc.constantFrom(0, 0.5, 2 ** -0.25, 1),
      fc.constantFrom(1, 2, 3),
      fc.nat(),
      (n, steps, room, quantile, rate, seed) => {
        const ids = Array.from({ length: n }, (_, i) => `b${i}`);
        // As much is removed as is asked for, or there is room for all: the reuse is the pool size, without a draw.
        const size = room === 'small' ? 2 + (n % 3) : Math.max(2, n);
        const removals = room === 'small' ? rate : rate - 1;
        const stage = new Stage(
          prequal,
          { pool: size, quantile, probes: rate, removals },
          Object.fromEntries(ids.map((id) => [id, 1])),
          seed,
        );
        const waiting: { id: string; done: (sample: LoadSample) => void }[] = [];
        stage.world.telemetry.probe = ({ id }, done) => void waiting.push({ id, done });
        let pool: { id: string; inFlight: number; latency: number; at: number; uses: number }[] = [];
        const samples: number[] = [];
        const aversion = new Aversion(5000);
        aversion.grow(n);
        let oldest = true;
        const up = (id: string) => stage.available.some((backend) => backend.id === id);
        const hot = () => {
          const latest = samples.slice(-128).sort((a, b) => a - b);
          if (quantile === 0) return -Infinity;
          return quantile === 1 || latest.length === 0
            ? Infinity
            : latest[Math.ceil(quantile * latest.length) - 1]!;
        };
        for (const action of steps) {
          const now = stage.world.time;
          if (action.do === 'wait') stage.world.time += action.ms;
          else if (action.do === 'answer') {
            const [probe] = waiting.splice(action.which % waiting.length, 1);
            if (probe === undefined) continue;
            const { id } = probe;
            probe.done({ inFlight: action.inFlight, latency: action.latency });
            if (!up(id) || aversion.at(stage.backend(id).index, now)) continue;
            samples.push(action.inFlight);
            pool = pool.filter((answer) => answer.id !== id);
            pool.push({ id, inFlight: action.inFlight, latency: action.latency, at: now, uses: 0 });
            pool = pool.slice(-size);
          } else if (action.do === 'end') {
            const id = ids[action.which % n]!;
            stage.serve(id, 1, action.kind);
            if (!up(id) || action.kind === 'cancelled') continue;
            if (action.kind === 'ok') aversion.succeeded(stage.backend(id).index);
            else {
              aversion.failed(stage.backend(id).index, stage.world.time);
              pool = pool.filter((answer) => answer.id !== id);
            }
          } else if (action.do === 'pick') {
            const tried = action.tried.map((which) => ids[which % n]!);
            const all = stage.available.map(({ id }) => id);
            const untried = all.filter((id) => !tried.includes(id));
            const candidates = untried.length > 0 ? untried : all;
            pool = pool.filter(({ at }) => at >= now - 1000);
            const usable = pool.filter(({ id }) => candidates.includes(id)).reverse(); // newest first
            const cold = usable.filter(({ inFlight }) => inFlight <= hot());
            const best =
              cold.length > 0
                ? cold.reduce((a, b) => (b.latency < a.latency ? b : a))
                : usable.reduce((a, b) => (b.inFlight < a.inFlight ? b : a), usable[0]!);
            const picked = stage.pick('', tried);
            if (picked === undefined ? all.length > 0 : !candidates.includes(picked)) return false;
            if (picked === undefined) continue;
            if (usable.length >= 2 && picked !== best.id) return false;
            if (usable.length >= 2) chosen++;
            const used = pool.find(({ id }) => id === picked);
            if (used !== undefined) {
              used.inFlight++;
              if (++used.uses === size) pool = pool.filter((answer) => answer !== used);
            }
            for (let i = 0; i < removals && pool.length > 0; i++) {
              const isHot = ({ inFlight }: { inFlight: number }) => inFlight > hot();
              const worst = pool.some(isHot)
                ? pool.filter(isHot).reduce((a, b) => (b.inFlight > a.inFlight ? b : a))
                : pool.reduce((a, b) => (b.latency > a.latency ? b : a));
              const gone = oldest ? pool[0]! : worst;
              pool = pool.filter((answer) => answer !== gone);
              oldest = !oldest;
            }
          } else {
            const id = ids[action.which % n]!;
            const was = up(id);
            stage[action.do](id);
            if (action.do === 'down') pool = pool.filter((answer) => answer.id !== id);
            else if (!was) aversion.succeeded(stage.backend(id).index);
          }
        }
        return true;
      },
    ),
    { numRuns: 500 },
  );
  t.true(chosen > 500, `${chosen} picks by answers, or the test shows little`);
});
