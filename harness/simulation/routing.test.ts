import test from 'ava';
import { loadScenario } from '../../scenarios/loader.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { Workload } from '../../scenarios/workload.ts';
import type { Options, Values } from '../../strategies/strategy.ts';
import { findStrategy, listStrategies, poolStrategies } from '../strategies.ts';
import { Simulation } from './simulation.ts';

const known = { strategies: new Map(await listStrategies()), simulated: true };

test('requests go to the pools of their routes, and only the pool that fails is noticed', async (t) => {
  const { scenario, contenders } = loadScenario({ file: 'content-routing', known });
  const { balancer, strategy, options } = contenders[0]!;
  const ids = backendsOf(scenario).map(({ id }) => id);
  const workload = new Workload(scenario.load, 1, 600);
  const events: { backend?: string; pool?: string; type: string }[] = [];
  const failed = new Map<string, number>();
  const served = new Map<string, Set<string>>();
  const simulation = new Simulation({
    scenario,
    settings: balancer,
    seed: 1,
    strategy: { ...(await findStrategy(strategy)), values: options as Values<Options> },
    strategies: await poolStrategies(balancer),
    recorder: {
      request: (index, _intended, _sent, _first, _latency, outcome, _cause, status, backend) => {
        const { path } = workload.request(index);
        if (status !== 200) failed.set(path, (failed.get(path) ?? 0) + 1);
        else if (outcome === 0) {
          if (!served.has(path)) served.set(path, new Set());
          served.get(path)!.add(ids[backend]!);
        }
      },
      attempt: () => undefined,
      event: () => undefined,
      window: () => undefined,
    },
    onEvent: (event) => events.push(event),
  });
  while (simulation.advance(100_000));
  t.deepEqual([...served.get('/api/users')!].sort(), ['api-1', 'api-2', 'api-3', 'api-4']);
  t.deepEqual([...served.get('/static/site.css')!].sort(), ['static-1', 'static-2']);
  t.deepEqual([...served.get('/')!], ['admin']);
  t.deepEqual([...failed.keys()], ['/static/site.css']);
  t.true(failed.get('/static/site.css')! > 300);
  const pools = new Set(events.filter(({ type }) => type === 'health').map(({ pool }) => pool));
  t.deepEqual([...pools].sort(), ['static', undefined], 'the pool of all checks them too');
});
