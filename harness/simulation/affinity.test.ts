import test from 'ava';
import { loadScenario } from '../../scenarios/loader.ts';
import { Workload } from '../../scenarios/workload.ts';
import { findStrategy, listStrategies } from '../strategies.ts';
import { Simulation } from './simulation.ts';

const known = { strategies: new Map(await listStrategies()), simulated: true };

const yaml = (affinity: string, cookies = true) => `
fleet: [{ id: app, count: 4 }]
load:
  open: { rate: 400/s }
  warmup: 0s
  duration: 6s
  clients: 40
  cookies: ${cookies}
  keys: { uniform: { count: 40 } }
balancer: { affinity: ${affinity} }
contenders: [random]
faults: [{ at: 2s, until: 4s, on: app-2, crash: {} }]
`;

/** Backends each session was served by, in the order of its requests, repetitions left out. */
async function paths(text: string, of: 'client' | 'key'): Promise<number[][]> {
  const { scenario, contenders } = loadScenario({ file: 'test.yaml', text, known });
  const workload = new Workload(scenario.load, 1, 400);
  const served = new Map<string, number[]>();
  const simulation = new Simulation({
    scenario,
    settings: contenders[0]!.balancer,
    seed: 1,
    strategy: { ...(await findStrategy('random')), values: {} },
    recorder: {
      request: (index, _intended, _sent, _first, _latency, _outcome, _cause, status, backend) => {
        if (status !== 200) return;
        const session = workload[of](index);
        const path = served.get(session) ?? [];
        served.set(session, path);
        if (path.at(-1) !== backend) path.push(backend);
      },
      attempt: () => undefined,
      event: () => undefined,
      window: () => undefined,
    },
    onEvent: () => undefined,
  });
  while (simulation.advance(100_000));
  return [...served.values()];
}

for (const [affinity, of] of [
  ['{ cookie: sid }', 'client'],
  ['{ header: steelyard-key }', 'key'],
  ['{ header: Steelyard-Client, entries: 1000 }', 'client'],
] as const)
  test(`sessions stay, and move once when their backend is lost: ${affinity}`, async (t) => {
    const all = await paths(yaml(affinity), of);
    t.is(all.length, 40);
    const lost = all.filter((path) => path.includes(1));
    t.true(lost.length > 3);
    // Answers cross: a client that asks twice before its first answer may be given two cookies.
    const moved = all.filter((path) => path.length > 2);
    t.true(moved.length <= 12, `${moved.length} moved more than once`);
    t.true(all.every((path) => path.length <= 9));
    for (const path of all) if (!path.includes(1) && of === 'key') t.is(path.length, 1);
    t.true(lost.filter((path) => path.at(-1) === 1).length <= 1, 'nobody goes back');
  });

test('cookies that clients do not keep hold nobody', async (t) => {
  const all = await paths(yaml('{ cookie: sid }', false), 'client');
  t.true(all.every((path) => path.length > 3));
});
