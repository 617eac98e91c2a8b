/** Strategies kept to their balancer's zone: who is picked while it is well, when it is not, and that no law is broken by it. */
import test from 'ava';
import fc from 'fast-check';
import type { Dispatch } from './dispatch.ts';
import { type BenchOptions, bench, kinds, request, unanswered } from './dispatcher.test-support.ts';
import { chooseStrategy, listStrategies } from './strategies.ts';

const zones = ['home', 'near', 'far'];
const settings = (locality: object, rest: object = {}) => ({
  health: false,
  passive: false,
  locality,
  ...rest,
});

async function benchOf(locality: object, options: Omit<BenchOptions, 'strategy'> = {}, strategy = 'random') {
  const { definition, values } = await chooseStrategy(strategy);
  return bench({
    backends: 30,
    zones,
    ...options,
    strategy: definition,
    values,
    balancer: settings(locality),
  });
}

/** The share of each zone in so many picks. */
function spread(it: ReturnType<typeof bench>, region?: string, picks = 2_000): Record<string, number> {
  const counts: Record<string, number> = { home: 0, near: 0, far: 0 };
  for (let number = 0; number < picks; number++) {
    const one = it.dispatcher.open({ ...request(number), region });
    counts[it.dispatcher.pick(one)!.zone!]! += 1 / picks;
    it.dispatcher.end(one, 'ok', unanswered);
  }
  return counts;
}

function drain(it: ReturnType<typeof bench>, zone: string, many: number) {
  for (const { id } of it.pool.members.filter((one) => one.zone === zone).slice(0, many)) it.pool.remove(id);
}

const hold = (it: ReturnType<typeof bench>, zone: string, many: number) => {
  for (const { id } of it.pool.members.filter((one) => one.zone === zone).slice(0, many)) it.pool.drain(id);
};

const about = (
  t: { true(it: boolean, why: string): void },
  got: Record<string, number>,
  expected: Record<string, number>,
) => {
  for (const [zone, share] of Object.entries(expected))
    t.true(Math.abs(got[zone]! - share) < 0.04, `${zone}: ${got[zone]} for ${share}`);
};

test('while the own zone can carry the load, all of it stays there', async (t) => {
  const it = await benchOf({ zone: 'home' });
  about(t, spread(it), { home: 1, near: 0, far: 0 });
  hold(it, 'home', 2);
  about(t, spread(it), { home: 1 });
});

test('below that it spills by share, to all other zones alike unless they are in order', async (t) => {
  const alike = await benchOf({ zone: 'home' });
  hold(alike, 'home', 5);
  about(t, spread(alike), { home: 0.7, near: 0.15, far: 0.15 });
  const ordered = await benchOf({ zone: 'home', order: ['near', 'far'] });
  hold(ordered, 'home', 5);
  about(t, spread(ordered), { home: 0.7, near: 0.3, far: 0 });
  hold(ordered, 'near', 10);
  about(t, spread(ordered), { home: 0.7, near: 0, far: 0.3 });
});

test('the nearest by the table of latencies comes first; a zone lost goes there, and comes back', async (t) => {
  const latency = (_from: string, to: string) => (to === 'near' ? 5 : 80);
  const it = await benchOf({ zone: 'home' }, { env: { latency } });
  hold(it, 'home', 10);
  about(t, spread(it), { home: 0, near: 1, far: 0 });
  for (const { id } of it.pool.members) it.pool.undrain(id);
  about(t, spread(it), { home: 1, near: 0 });
  drain(it, 'home', 10);
  about(t, spread(it), { near: 1 });
});

test('a balancer without a zone keeps each request to the region of its client', async (t) => {
  const it = await benchOf({});
  about(t, spread(it, 'far'), { far: 1 });
  about(t, spread(it, 'near'), { near: 1 });
  about(t, spread(it, 'elsewhere'), { home: 1 / 3, near: 1 / 3, far: 1 / 3 });
});

for (const [name, { needs }] of await listStrategies()) {
  if (needs === 'simulator') continue;
  test(`kept to its zone, it breaks no law: ${name}`, async (t) => {
    const { definition, values } = await chooseStrategy(name);
    const step = fc.record({
      act: fc.constantFrom(
        'pick',
        'pick',
        'pick',
        'end',
        'end',
        'drain',
        'undrain',
        'add',
        'remove',
        'reweigh',
      ),
      which: fc.nat(50),
      kind: fc.constantFrom(...kinds),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.constantFrom('unlimited', 2),
        (steps, maxInFlight) => {
          const it = bench({
            ...{ strategy: definition, values, backends: 6, zones, env: { probe: () => undefined } },
            balancer: settings({ zone: 'home' }, { maxInFlight, retries: { max: 3, budget: false } }),
          });
          const flying: Dispatch[] = [];
          const pick = (one: Dispatch) => it.dispatcher.pick(one) !== undefined && flying.push(one);
          for (const [number, { act, which, kind }] of steps.entries()) {
            const member = it.pool.members[which % Math.max(1, it.pool.members.length)];
            const flight = flying[which % Math.max(1, flying.length)];
            it.clock.t += 1;
            if (act === 'pick') pick(it.dispatcher.open({ ...request(number), key: `k${which}` }));
            else if (act === 'end' && flight) {
              flying.splice(flying.indexOf(flight), 1);
              if (it.dispatcher.end(flight, kind, unanswered)) pick(flight);
            } else if (act === 'drain' && member) it.pool.drain(member.id);
            else if (act === 'undrain' && member) it.pool.undrain(member.id);
            else if (act === 'remove' && member) it.pool.remove(member.id);
            else if (act === 'reweigh' && member) it.pool.reweigh(member.id, 1 + (which % 4));
            else if (act === 'add')
              it.pool.add({ id: `n${number}`, host: 'h', port: 1, weight: 1, zone: zones[which % 3]! });
          }
          // The dispatcher itself throws where a strategy breaks a law.
          t.is(flying.length, it.dispatcher.stats().totals.inFlight);
        },
      ),
      { numRuns: 30 },
    );
  });
}
