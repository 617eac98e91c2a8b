import test from 'ava';
import fc from 'fast-check';
import { World } from './conformance-world.ts';
import geographic from './geographic.ts';
import { planFor } from './geographic-plan.ts';
import type { Env, Strategy } from './strategy.ts';

type Options = Parameters<typeof geographic.create>[1];

const table: Readonly<Record<string, number>> = {
  'eu frankfurt': 5,
  'eu paris': 5,
  'eu virginia': 90,
  'us virginia': 10,
  'us frankfurt': 90,
  'us paris': 95,
};

/** A pool of zones, each with some members `frankfurt-1`, …; the table above unless told. */
class Atlas {
  readonly world: World;
  readonly strategy: Strategy;

  constructor(
    zones: Readonly<Record<string, number>>,
    options: Partial<Options> = {},
    latency: NonNullable<Env['latency']> = (from, to) => table[`${from} ${to}`],
    seed = 1,
  ) {
    this.world = new World(seed);
    const { now, random } = this.world.env;
    const env: Env = { now, random, latency };
    this.strategy = geographic.create(env, { inner: 'p2c', healthShare: 0.5, spill: 'whole', ...options });
    for (const [zone, count] of Object.entries(zones)) {
      // Joined at the front, so that places and indices differ.
      for (let i = 1; i <= count; i++) this.world.join(`${zone}-${i}`, 0, 1, zone === '' ? undefined : zone);
    }
    this.changed();
  }

  changed(): this {
    this.strategy.poolChanged?.(this.world.changed());
    return this;
  }

  set(up: boolean, ...ids: string[]): this {
    for (const member of this.world.members) if (ids.includes(member.backend.id)) member.up = up;
    return this.changed();
  }

  pick(region?: string, tried: readonly string[] = [], key = 'key'): string | undefined {
    const backends = this.world.members.map(({ backend }) => backend).filter(({ id }) => tried.includes(id));
    return this.strategy.pick(this.world.pool, this.world.request(key, backends, region))?.id;
  }

  start(id: string): void {
    const { backend } = this.world.members.find((member) => member.backend.id === id)!;
    this.world.count(backend, 1);
    this.strategy.started?.(backend, this.world.request('', []));
  }

  /** Shares of zones in n picks. */
  shares(region?: string, n = 4000): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let i = 0; i < n; i++) {
      const zone = this.pick(region, [], `key-${i}`)!.replace(/-?\d+$/, '');
      counts[zone] = (counts[zone] ?? 0) + 1 / n;
    }
    return Object.fromEntries(
      Object.entries(counts).map(([zone, share]) => [zone, Math.round(share * 20) / 20]),
    );
  }
}

const rows: {
  sentence: string;
  zones: Record<string, number>;
  options?: Partial<Options>;
  down?: string[];
  region: string | undefined;
  latency?: NonNullable<Env['latency']>;
  gives: Record<string, number>;
}[] = [
  {
    sentence: 'the nearest zone gets everything',
    zones: { virginia: 2, frankfurt: 2 },
    region: 'us',
    gives: { virginia: 1 },
  },
  {
    sentence: 'the same fleet serves another region from its own nearest zone',
    zones: { virginia: 2, frankfurt: 2 },
    region: 'eu',
    gives: { frankfurt: 1 },
  },
  {
    sentence: 'zones equally far are one tier, shared by weight',
    zones: { virginia: 2, frankfurt: 3, paris: 1 },
    region: 'eu',
    gives: { frankfurt: 0.75, paris: 0.25 },
  },
  {
    sentence: 'no region is no preference: all zones by weight',
    zones: { virginia: 2, frankfurt: 1, paris: 1 },
    region: undefined,
    gives: { virginia: 0.5, frankfurt: 0.25, paris: 0.25 },
  },
  {
    sentence: 'a region of which the table knows nothing has no preference either',
    zones: { virginia: 3, frankfurt: 1 },
    region: 'mars',
    gives: { virginia: 0.75, frankfurt: 0.25 },
  },
  {
    sentence: 'a zone that the table does not have is farther than all it has',
    zones: { tokyo: 4, virginia: 1 },
    region: 'eu',
    gives: { virginia: 1 },
  },
  {
    sentence: 'with an empty table the zone of the region’s own name is the nearest',
    zones: { eu: 1, us: 3 },
    region: 'eu',
    latency: () => undefined,
    gives: { eu: 1 },
  },
  {
    sentence: 'the table overrules names: it says that the zone called eu is far from eu',
    zones: { eu: 1, us: 3 },
    region: 'eu',
    latency: (_from, to) => (to === 'eu' ? 50 : 10),
    gives: { us: 1 },
  },
  {
    sentence: 'a zone that is down spills to the next, wholly',
    zones: { virginia: 2, frankfurt: 2 },
    down: ['virginia-1', 'virginia-2'],
    region: 'us',
    gives: { frankfurt: 1 },
  },
  {
    sentence: 'one of three available is below a half: the next zone serves',
    zones: { virginia: 3, frankfurt: 2 },
    down: ['virginia-1', 'virginia-3'],
    region: 'us',
    gives: { frankfurt: 1 },
  },
  {
    sentence: 'two of four available is a half, which is enough',
    zones: { virginia: 4, frankfurt: 2 },
    down: ['virginia-1', 'virginia-3'],
    region: 'us',
    gives: { virginia: 1 },
  },
  {
    sentence: 'a health share of 0 spills only when nobody is left',
    zones: { virginia: 4, frankfurt: 2 },
    options: { healthShare: 0 },
    down: ['virginia-1', 'virginia-3', 'virginia-4'],
    region: 'us',
    gives: { virginia: 1 },
  },
  {
    sentence: 'a health share of 1 spills for the loss of a single member',
    zones: { virginia: 4, frankfurt: 2 },
    options: { healthShare: 1 },
    down: ['virginia-1'],
    region: 'us',
    gives: { frankfurt: 1 },
  },
  {
    sentence: 'a zone of a tier that is down gives its share to the others of the tier',
    zones: { virginia: 2, frankfurt: 2, paris: 2 },
    down: ['paris-1', 'paris-2'],
    region: 'eu',
    gives: { frankfurt: 1 },
  },
  {
    sentence:
      'gradually, a zone with a quarter of its members keeps half of its requests at a health share of a half',
    zones: { virginia: 4, frankfurt: 2 },
    options: { spill: 'gradual' },
    down: ['virginia-1', 'virginia-2', 'virginia-3'],
    region: 'us',
    gives: { virginia: 0.5, frankfurt: 0.5 },
  },
  {
    sentence: 'where no zone has its share, each takes what it has: a fifth and two fifths, scaled to all',
    zones: { virginia: 10, frankfurt: 5, paris: 0 },
    options: { healthShare: 1 },
    down: [
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `virginia-${i}`),
      'frankfurt-1',
      'frankfurt-2',
      'frankfurt-3',
    ],
    region: 'us',
    gives: { virginia: 0.35, frankfurt: 0.65 },
  },
];

for (const row of rows) {
  test(row.sentence, (t) => {
    const map = new Atlas(row.zones, row.options, row.latency);
    map.set(false, ...(row.down ?? []));
    t.deepEqual(map.shares(row.region), row.gives);
  });
}

test('a driver without a table at all: regions find the zones of their own name', (t) => {
  const world = new World(1);
  world.join('a1', 0, 1, 'a');
  world.join('b1', 0, 1, 'b');
  const { now, random } = world.env;
  const strategy = geographic.create({ now, random }, { inner: 'random', healthShare: 0.5, spill: 'whole' });
  strategy.poolChanged?.(world.changed());
  for (let i = 0; i < 50; i++) t.is(strategy.pick(world.pool, world.request('', [], 'b'))?.id, 'b1');
});

test('spill and return: at every moment the zone is the first with its health share, whatever came before', (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom('virginia', 'frankfurt', 'paris'),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
        ),
        {
          maxLength: 60,
          size: 'max',
        },
      ),
      fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
      (changes, healthShare) => {
        const map = new Atlas({ virginia: 4, frankfurt: 4, paris: 4 }, { healthShare });
        for (const [zone, i, up] of changes) {
          map.set(up, `${zone}-${i}`);
          const live = (name: string) => map.world.pool.available.filter((it) => it.zone === name).length;
          const first = ['virginia', 'frankfurt', 'paris'].find(
            (name) => live(name) > 0 && live(name) >= 4 * healthShare,
          );
          if (first === undefined) continue;
          for (let pick = 0; pick < 5; pick++) if (!map.pick('us')!.startsWith(first)) return false;
        }
        return true;
      },
    ),
    { numRuns: 80 },
  );
  t.pass();
});

test('a retry prefers another backend of the zone, then the next zone, and repeats only when all were tried', (t) => {
  for (const inner of ['p2c', 'round-robin', 'least-connections', 'consistent-hash'] as const) {
    const map = new Atlas({ virginia: 2, frankfurt: 1, paris: 1 }, { inner });
    const tried: string[] = [];
    for (let i = 0; i < 4; i++) tried.push(map.pick('us', tried)!);
    t.deepEqual(
      tried.map((id) => id.replace(/-\d/, '')),
      ['virginia', 'virginia', 'frankfurt', 'paris'],
      inner,
    );
    t.is(new Set(tried).size, 4);
    t.true(map.pick('us', tried)!.startsWith('virginia'));
  }
});

test('the inner strategy of each zone hears of its own starts and ends, and keeps its state through changes elsewhere', (t) => {
  const map = new Atlas({ virginia: 3, frankfurt: 3 }, { inner: 'least-connections' });
  for (let i = 0; i < 6; i++) map.start(map.pick('us')!);
  const loads = map.world.members.map(({ backend }) => [backend.id, backend.inFlight] as const);
  t.deepEqual(loads.filter(([, inFlight]) => inFlight > 0).sort(), [
    ['virginia-1', 2],
    ['virginia-2', 2],
    ['virginia-3', 2],
  ]);
  const turns = new Atlas({ virginia: 3, frankfurt: 3 }, { inner: 'round-robin' });
  const order = [turns.pick('us')!];
  turns.set(false, 'frankfurt-1');
  order.push(turns.pick('us')!);
  turns.set(true, 'frankfurt-1');
  order.push(turns.pick('us')!);
  t.is(new Set(order).size, 3, 'the turn went on');
});

test('a zone whose last member leaves is forgotten; late ends for it are, too; its return is a new beginning', (t) => {
  const map = new Atlas({ virginia: 1, frankfurt: 1 }, { inner: 'least-connections' });
  const [gone] = map.world.members.filter(({ backend }) => backend.zone === 'virginia');
  map.start('virginia-1');
  map.world.members = map.world.members.filter((member) => member !== gone);
  map.changed();
  t.is(map.pick('us'), 'frankfurt-1');
  map.strategy.ended?.(gone!.backend, { kind: 'ok', latency: 1, firstByte: 1 });
  map.world.join('virginia-2', 0, 1, 'virginia');
  map.changed();
  t.is(map.pick('us'), 'virginia-2');
});

test('any number of regions does not fill the memory: plans are made anew', (t) => {
  let asked = 0;
  const map = new Atlas({ virginia: 1, frankfurt: 1 }, {}, (from, to) => {
    asked++;
    return table[`${from} ${to}`];
  });
  for (let i = 0; i < 100; i++) map.pick('us');
  t.is(asked, 2, 'one look at each zone, at the first request of a region');
  for (let i = 0; i < 1000; i++) map.pick(`made-up-${i}`);
  asked = 0;
  map.pick('us');
  t.is(asked, 2, 'the plan was dropped');
});

const plans: {
  sentence: string;
  pools: [number, number][];
  latencies: number[];
  share: number;
  spill: 'whole' | 'gradual';
  until: number[];
}[] = [
  {
    sentence: 'Envoy’s example: 1.4 overprovisioned, half of the first priority available gives it 70%',
    pools: [
      [2, 1],
      [2, 2],
    ],
    latencies: [1, 2],
    share: 1 / 1.4,
    spill: 'gradual',
    until: [0.7, 1],
  },
  {
    sentence: 'the third tier gets nothing while the first two carry it all',
    pools: [
      [4, 2],
      [4, 4],
      [4, 4],
    ],
    latencies: [1, 2, 3],
    share: 1,
    spill: 'gradual',
    until: [0.5, 1, 1],
  },
  {
    sentence: 'nobody available: no parts at all',
    pools: [[2, 0]],
    latencies: [1],
    share: 0.5,
    spill: 'whole',
    until: [0],
  },
];

for (const { sentence, pools, latencies, share, spill, until } of plans) {
  test(`plan: ${sentence}`, (t) => {
    const world = new World(1);
    for (let i = 0; i < 4; i++) world.join(`b${i}`, 0, 1);
    const { members } = world.changed();
    const zones = pools.map(([all, up]) => ({
      members: members.slice(0, all),
      available: members.slice(0, up),
    }));
    const plan = planFor(zones, latencies, share, spill);
    t.deepEqual(
      [...plan.until].map((bound) => Math.round(bound * 1e9) / 1e9),
      until,
    );
  });
}
