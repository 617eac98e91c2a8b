/** What a strategy sees where there are several balancers: its own requests alone, or a board that is read every T and stands still until then. */
import test from 'ava';
import type { Backend, Env, Strategy, StrategyDefinition } from '../../strategies/strategy.ts';
import { plainBalancer, play, type SeenAttempt, type WorldInput } from './world.test-support.ts';

const world: WorldInput = {
  fleet: [{ id: 'app', count: 5, workers: 1, queue: 'unlimited' }],
  load: { open: { utilization: 0.9, connections: 'unlimited' }, warmup: '0ms', requests: 4_000 },
  balancer: plainBalancer,
};

interface Look {
  balancer: number;
  /** ms of the simulation's clock, which shows 1000 at the start. */
  now: number;
  /** In flight at each backend, as the strategy is shown it. */
  shown: number[];
  /** Own starts less own ends. */
  own: number[];
}

/** The shortest queue by what it is shown, written down at every pick. */
function watcher(looks: Look[]): StrategyDefinition {
  return {
    about: '',
    options: {},
    create: (env: Env): Strategy => {
      const own = [0, 0, 0, 0, 0];
      const balancer = env.balancers?.index ?? 0;
      return {
        pick: ({ available }) => {
          const shown = available.map(({ inFlight }) => inFlight);
          looks.push({ balancer, now: env.now(), shown, own: [...own] });
          return available.reduce((a, b) => (b.inFlight < a.inFlight ? b : a));
        },
        started: ({ index }: Backend) => void own[index]!++,
        ended: ({ index }: Backend) => void own[index]!--,
      };
    },
  };
}

/** The truth: how many attempts were in flight at each backend at a moment, ms from t = 0. */
function inFlightAt(attempts: readonly SeenAttempt[], at: number): number[] {
  const counts = [0, 0, 0, 0, 0];
  for (const { backend, picked, ended } of attempts) if (picked < at && ended > at) counts[backend]!++;
  return counts;
}
const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

test('one balancer sees every request that is in flight, at each pick', (t) => {
  const looks: Look[] = [];
  play(world, { strategy: watcher(looks) });
  t.is(looks.length, 4_000);
  for (const { shown, own } of looks) t.deepEqual(shown, own);
});

test('several balancers see each its own requests, and nothing of the others’', (t) => {
  const looks: Look[] = [];
  const { attempts } = play(
    { ...world, balancer: { ...plainBalancer, count: 4 } },
    { strategy: watcher(looks) },
  );
  let missing = 0;
  for (const [i, { shown, own, now }] of looks.entries()) {
    t.deepEqual(shown, own);
    if (i % 10 === 0) missing += sum(inFlightAt(attempts, now - 1_000)) - sum(shown);
  }
  t.true(missing > 400, 'most of what is in flight is the others’');
  const picks = [0, 1, 2, 3].map((balancer) => looks.filter((it) => it.balancer === balancer).length);
  t.true(Math.min(...picks) > 850 && Math.max(...picks) < 1_150, `${picks}: the load is shared by lot`);
});

for (const [every, count] of [
  [10, 1],
  [25, 3],
  [100, 3],
] as const)
  test(`a board of ${every} ms before ${count} of them: the truth of its last reading, at most ${every} ms old`, (t) => {
    const looks: Look[] = [];
    const board = { ...world, balancer: { ...plainBalancer, count, board: { every: `${every}ms` } } };
    const { attempts } = play(board, { strategy: watcher(looks) });
    const truths = new Map<number, number[]>();
    let stale = 0;
    for (const { shown, now } of looks) {
      const read = Math.floor((now - 1_000) / every) * every;
      let truth = truths.get(read);
      if (truth === undefined) {
        truth = inFlightAt(attempts, read);
        truths.set(read, truth);
      }
      t.deepEqual(shown, truth);
      if (shown.join() !== inFlightAt(attempts, now - 1_000).join()) stale++;
    }
    t.true(truths.size > 20 && stale > 1_000, `${truths.size} readings, ${stale} picks by old news`);
  });

test('a board does not keep a strategy from probing: prequal asks the backend itself', (t) => {
  const board = { ...world, balancer: { ...plainBalancer, board: { every: '1h' } } };
  const mean = (strategy: string) => {
    const { requests } = play(board, { strategy });
    return sum(requests.map(({ latency }) => latency)) / requests.length;
  };
  // A board that is never read again shows nobody any load, so that its shortest queue is drawn by lot; probes know better.
  const [prequal, blind] = [mean('prequal'), mean('least-connections')];
  t.true(prequal < blind * 0.7, `${prequal} ms, ${blind} by lot`);
});

test('where a backend falls out, the board’s pool has it neither', (t) => {
  const chosen = new Set<number>();
  const { events, attempts } = play(
    {
      ...world,
      balancer: { ...plainBalancer, health: { interval: '50ms', timeout: '20ms' }, board: { every: '10ms' } },
      faults: [{ at: '1s', on: 'app-2', crash: {} }],
    },
    { strategy: 'p2c' },
  );
  const down = events.find((it) => it.type === 'health')!.t;
  for (const { picked, backend } of attempts) if (picked > down) chosen.add(backend);
  t.deepEqual([...chosen].sort(), [0, 2, 3, 4]);
});
