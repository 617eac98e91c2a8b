/** A proxy under test in this process, in front of given ports, with what its dispatcher was told. */
import type { ExecutionContext } from 'ava';
import { type BalancerSettings, balancerSchema } from '../../scenarios/scenario.ts';
import type { StrategyDefinition } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { Pools } from '../pools.ts';
import { chooseStrategy } from '../strategies.ts';
import { createHttpProxy, type HttpProxy } from './http.ts';
import type { Limits } from './limits.ts';
import { RawBackend, type RawBackendOptions } from './raw-backend.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';
import { createTcpProxy } from './tcp.ts';
import { TlsTermination } from './tls.ts';
import type { RequestWatcher } from './watcher.ts';

export interface ProxyUnderTest {
  readonly port: number;
  readonly proxy: HttpProxy;
  /** Of the pool of all backends. */
  readonly dispatcher: Dispatcher;
  readonly pools: Pools;
  /** How every attempt ended, in order: `app-1 ok 200`. */
  readonly attempts: string[];
  stop(): Promise<unknown>;
}

export interface ProxyOptions {
  /** Of the backends, in order. */
  zones?: readonly string[];
  balancer?: Record<string, unknown>;
  limits?: Partial<Limits>;
  /** Round robin unless given. */
  strategy?: StrategyDefinition;
  watcher?: RequestWatcher;
}

/** Backends are app-0, app-1 … in the order of `ports`; nothing is checked or ejected unless asked for. */
export async function startProxy(
  ports: readonly number[],
  { balancer = {}, limits = {}, zones = [], strategy, watcher }: ProxyOptions = {},
): Promise<ProxyUnderTest> {
  const settings: BalancerSettings = balancerSchema.parse({ health: false, passive: false, ...balancer });
  const backends = ports.map((port, index) => ({
    id: `app-${index}`,
    index,
    host: '127.0.0.1',
    port,
    weight: 1,
    ...(zones[index] === undefined ? {} : { zone: zones[index] }),
  }));
  const attempts: string[] = [];
  const pools = new Pools({
    strategy: strategy
      ? { name: 'mine', file: '/mine.ts', definition: strategy, values: {} }
      : await chooseStrategy('round-robin', {}),
    seed: 1,
    settings,
    backends,
    now,
    onEvent: () => undefined,
    observer: {
      started: () => undefined,
      ended: (dispatch, kind, status) => attempts.push(`${dispatch.backend!.id} ${kind} ${status}`),
    },
  });
  const address = { host: '127.0.0.1', port: 0 };
  const tls = settings.tls === false ? undefined : await TlsTermination.create(settings.tls, now);
  const create = settings.layer === 4 ? createTcpProxy : createHttpProxy;
  const proxy = create({
    pools,
    tls,
    settings: {
      listen: address,
      admin: address,
      strategy: { name: 'round-robin', values: {} },
      balancer: settings,
      backends,
      seed: 1,
    },
    now,
    limits: { lingerMs: 300, ...limits },
    ...(watcher === undefined ? {} : { watcher }),
  });
  const port = await proxy.listen(address.host, address.port);
  return { port, proxy, dispatcher: pools.all, pools, attempts, stop: () => proxy.close(0) };
}

export interface Stand extends ProxyUnderTest {
  readonly backends: RawBackend[];
  readonly backend: RawBackend;
  connect(first?: string): Promise<RawClient>;
}

/** Raw backends, a proxy in front of them, and clients, all of them gone when the test is over, however it ends. */
export async function setUp(
  t: ExecutionContext,
  backends:
    | RawBackendOptions
    | RawBackendOptions['respond']
    | (RawBackendOptions | RawBackendOptions['respond'])[],
  options: ProxyOptions = {},
): Promise<Stand> {
  const all = Array.isArray(backends) ? backends : [backends];
  const started = await Promise.all(all.map((it) => RawBackend.start(it)));
  const proxy = await startProxy(
    started.map((it) => it.port),
    options,
  );
  const clients: RawClient[] = [];
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([proxy.stop(), ...started.map((it) => it.stop())]);
  });
  const connect = async (first = '') => {
    const client = await RawClient.connect(proxy.port, first);
    clients.push(client);
    return client;
  };
  return { ...proxy, backends: started, backend: started[0]!, connect };
}

/** Attempts the dispatcher still counts as under way. */
export function inFlight({ dispatcher }: Pick<ProxyUnderTest, 'dispatcher'>): number {
  return dispatcher.pool.members.reduce((sum, it) => sum + it.inFlight, 0);
}

/** Waits until `done`, at most `ms`. */
export async function eventually(what: string, done: () => boolean, ms = 5_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
