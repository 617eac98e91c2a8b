/** The article's geographic set-up: a global balancer before regional ones, each a `steelyard proxy`, and real servers behind. */
import test, { type ExecutionContext } from 'ava';
import {
  type Backend,
  backendsOf,
  eventually,
  fileOf,
  proxyOf,
  type StandAlone,
} from './proxy.test-support.ts';

const health = { interval: '100ms', timeout: '1s', unhealthy: 2, healthy: 1 };

interface Region {
  readonly servers: Backend[];
  readonly balancer: StandAlone;
}

async function regionOf(t: ExecutionContext, name: string): Promise<Region> {
  const servers = await backendsOf(t, `${name}-1`, `${name}-2`);
  const config = await fileOf(t, {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    strategy: 'round-robin',
    backends: servers.map(({ id, url }) => ({ id, url })),
    // The global balancer's word on whose a request is.
    trusted: ['127.0.0.0/8'],
    key: 'client',
    health,
  });
  return { servers, balancer: await proxyOf(t, ['--config', config]) };
}

test.serial(
  'a region lost spills to the nearest that is left, and comes back; what is known of a client goes all the way',
  async (t) => {
    const names = ['eu', 'us-east', 'us-west'] as const;
    const regions = new Map(
      await Promise.all(names.map(async (name) => [name, await regionOf(t, name)] as const)),
    );
    const config = await fileOf(t, {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      strategy: 'geographic',
      backends: names.map((zone) => ({ id: zone, zone, url: regions.get(zone)!.balancer.serving.url })),
      latencies: { eu: { 'us-east': '40ms', 'us-west': '70ms' }, 'us-east': { 'us-west': '30ms' } },
      trusted: ['127.0.0.0/8'],
      health,
      passive: { failures: 1, errors: true },
      retries: { max: 2, statuses: [503] },
    });
    const global = await proxyOf(t, ['--config', config]);
    const from = async (region: string, count = 6) => {
      const headers = { 'steelyard-region': region, 'x-forwarded-for': '203.0.113.7' };
      return [
        ...new Set((await global.several(count, '/', headers)).map((it) => String(it).replace(/-\d$/, ''))),
      ];
    };

    for (const name of names) t.deepEqual(await from(name), [name], name);
    const [server] = regions.get('eu')!.servers as [Backend];
    t.like(server.heads[0]!, {
      'x-forwarded-for': '203.0.113.7, 127.0.0.1, 127.0.0.1',
      'steelyard-region': 'eu',
    });
    t.is(
      regions.get('eu')!.servers.reduce((sum, it) => sum + it.served.length, 0),
      6,
      'both servers of the region',
    );

    // Both servers of a region are lost: its balancer answers 503, which is what the global one goes by.
    for (const it of regions.get('eu')!.servers) await it.crash();
    t.true(await global.until((it) => it.type === 'health' && it.backend === 'eu' && it.to === 'unhealthy'));
    t.deepEqual(await from('eu'), ['us-east'], 'the next by latency');
    t.deepEqual(await from('us-west'), ['us-west'], 'the others do not notice');

    // The next region goes with its balancer.
    regions.get('us-east')!.balancer.child.kill('SIGKILL');
    t.true(
      await global.until((it) => it.type === 'health' && it.backend === 'us-east' && it.to === 'unhealthy'),
    );
    t.deepEqual(await from('eu'), ['us-west']);

    for (const it of regions.get('eu')!.servers) await it.start();
    t.true(await eventually(async () => (await from('eu', 2)).join() === 'eu'), 'it comes back');
    t.deepEqual(await from('us-east'), ['us-west'], 'nearer than eu');
  },
);

test.serial(
  'a region that empties before the global balancer knows of it costs no request that may be repeated',
  async (t) => {
    const [eu, us] = await Promise.all([regionOf(t, 'eu'), regionOf(t, 'us')]);
    const config = await fileOf(t, {
      listen: '127.0.0.1:0',
      strategy: 'geographic',
      backends: [
        { id: 'eu', zone: 'eu', url: eu.balancer.serving.url },
        { id: 'us', zone: 'us', url: us.balancer.serving.url },
      ],
      // So long that what follows is over before the next check.
      health: { interval: '1h', timeout: '1s', healthy: 1 },
      retries: { statuses: [503] },
    });
    const global = await proxyOf(t, ['--config', config]);
    for (const it of eu.servers) await it.crash();
    t.true(await eu.balancer.until((it) => it.backend === 'eu-1' && it.to === 'unhealthy'));
    t.true(await eu.balancer.until((it) => it.backend === 'eu-2' && it.to === 'unhealthy'));
    const answers = await global.several(4, '/', { 'steelyard-region': 'eu' });
    t.true(
      answers.every((it) => String(it).startsWith('us-')),
      answers.join(),
    );
  },
);
