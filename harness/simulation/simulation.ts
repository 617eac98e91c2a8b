/**
 * One trial in virtual time: clients, balancers, hosts and faults on one timeline, recorded like any other trial. The
 * strategy, the dispatcher, health, retries, the backend model and the faults are the very files that run on real
 * sockets; what is simulated is what lies between them.
 *
 * Everything is drawn from counters, and what happens at the same moment happens in a fixed order: the same seed gives
 * the same recording, byte for byte.
 */
import { serviceTimeOf } from '../../scenarios/catalogue.ts';
import { Crowd } from '../../scenarios/crowd.ts';
import { Network } from '../../scenarios/distances.ts';
import { lengthOf, loadClockOf } from '../../scenarios/load-length.ts';
import { occurrencesOf } from '../../scenarios/occurrences.ts';
import { draw, stream } from '../../scenarios/random.ts';
import { type BalancerSettings, backendsOf, type Scenario } from '../../scenarios/scenario.ts';
import { handshakeTrips } from '../../scenarios/tls-settings.ts';
import type { Backend, Request, StrategyDefinition } from '../../strategies/strategy.ts';
import type { AttemptObserver, Dispatch } from '../dispatch.ts';
import { type Dispatcher, type EnvExtras, ownSeed } from '../dispatcher.ts';
import type { BalancerEvent } from '../pool.ts';
import { PooledBackend } from '../pooled-backend.ts';
import { Pools } from '../pools.ts';
import type { TrialEvent, TrialRecorder } from '../recorder.ts';
import { type AttemptKind, attemptKinds, type RequestCounts } from '../recording.ts';
import type { ChosenStrategy } from '../strategies.ts';
import { Balancer } from './balancer.ts';
import { Board } from './board.ts';
import type { Call } from './call.ts';
import { Clients } from './clients.ts';
import { Connections } from './connections.ts';
import { FaultTimeline, type FaultTimelineOptions } from './fault-timeline.ts';
import { HealthRounds } from './health-rounds.ts';
import { Host } from './host.ts';
import { Ledger } from './ledger.ts';
import { Patience } from './patience.ts';
import { RoutedBalancer } from './routed-balancer.ts';
import { byCookie, byField, Jars, type Stays } from './stays.ts';
import { TcpBalancer } from './tcp-balancer.ts';
import { Timeline } from './timeline.ts';

export interface SimulationOptions {
  readonly scenario: Scenario;
  readonly strategy: ChosenStrategy;
  /** Of each pool that has one of its own, by the pool's name. */
  readonly strategies?: ReadonlyMap<string, ChosenStrategy>;
  /** The contender's: the scenario's, with its own overrides. */
  readonly settings: BalancerSettings;
  readonly seed: number;
  readonly recorder: TrialRecorder;
  readonly onEvent: (event: TrialEvent) => void;
  readonly watch?: FaultTimelineOptions['watch'];
}

/** The clock starts here, ms: strategies may take 0 and less for "never". */
const dawn = 1_000;
const kinds: Readonly<Record<AttemptKind, number>> = Object.fromEntries(
  attemptKinds.map((kind, i) => [kind, i]),
) as Record<AttemptKind, number>;

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #timeline = new Timeline();
  readonly #zero: number;
  readonly #hosts: readonly Host[];
  readonly #network: Network;
  readonly #balancers: readonly RoutedBalancer[];
  readonly #jars = new Jars();
  readonly #ledger: Ledger;
  readonly #clients: Clients;
  readonly #faults: FaultTimeline;
  readonly #patience: Patience;
  /** What strategies need beyond the basic contract. */
  readonly #needs: ReadonlySet<StrategyDefinition['needs']>;
  #begun = false;

  /** Throws a `StrategyError` where the strategy does; so does `advance`. */
  constructor(options: SimulationOptions) {
    const { scenario, settings, seed, recorder } = options;
    this.#options = options;
    this.#timeline.now = dawn;
    this.#zero = dawn + scenario.load.warmup;
    this.#network = new Network(scenario.network, seed);
    const specs = backendsOf(scenario);
    const layer4 = settings.layer === 4;
    const ground = {
      timeline: this.#timeline,
      seed,
      awaited: () => this.#awaited(),
      executed: (request: number, backend: number) => recorder.executed?.(request, backend),
      ...(layer4 ? { ended: (host: Host) => this.#hostEnded(host) } : {}),
    };
    // Backends of one entry of the fleet share its law.
    const laws = new Map(specs.map(({ service }) => [service, serviceTimeOf(service)]));
    this.#hosts = specs.map((spec) => new Host(spec, laws.get(spec.service)!, ground));
    this.#ledger = new Ledger(recorder, this.#zero);
    this.#clients = new Clients({
      scenario,
      seed,
      zero: this.#zero,
      timeline: this.#timeline,
      network: this.#network,
      ledger: this.#ledger,
      key: settings.key,
      balancerOf: (index, region) => assigned(index, region),
      handshakeTrips: handshakeTrips(settings.tls, scenario.load.tls),
      onWindow: (ms) => recorder.window(ms),
      ...(layer4 ? { connections: this.#makeConnections() } : {}),
    });
    const strategies = [options.strategy, ...(options.strategies?.values() ?? [])];
    this.#needs = new Set(strategies.map((it) => it.definition.needs));
    this.#balancers = this.#makeBalancers(settings);
    const assigned = this.#assignment();
    this.#patience = new Patience({
      timeline: this.#timeline,
      client: scenario.load.timeout,
      // At layer 4 nobody knows how long a request or its response takes.
      try: layer4 ? Number.POSITIVE_INFINITY : settings.tryTimeout,
      whole: layer4 ? undefined : settings.timeout,
      flights: this.#clients.all,
      onClient: (flight) => this.#clients.gaveUp(flight),
      onTry: (call) => call.balancer.expired(call),
      onWhole: (flight) => flight.balancer?.tookTooLong(flight),
    });
    this.#faults = new FaultTimeline({
      faults: scenario.faults,
      occurrences: occurrencesOf(scenario.faults, specs, seed, lengthOf(scenario)),
      hosts: this.#hosts,
      timeline: this.#timeline,
      zero: this.#zero,
      onEvent: (event) => this.#tell(event),
      watch: options.watch,
    });
  }

  get counts(): RequestCounts {
    return this.#ledger.counts;
  }

  /** Requests that have their outcome, warm-up included. */
  get ended(): number {
    return this.#ledger.all;
  }

  get windowMs(): number {
    return this.#clients.windowMs;
  }

  /** ms from t = 0. */
  get t(): number {
    return this.#timeline.now - this.#zero;
  }

  get standingFaults(): readonly string[] {
    return this.#faults.standing;
  }

  /** Makes up to so many things happen. Returns whether more are to come. */
  advance(most: number): boolean {
    const timeline = this.#timeline;
    const clients = this.#clients;
    if (!this.#begun) this.#begin();
    for (let i = 0; i < most; i++) {
      const due = timeline.due;
      if (clients.next < due) {
        timeline.now = clients.next;
        clients.send();
      } else if (this.#isOver(due)) {
        this.#end();
        return false;
      } else timeline.step(due);
    }
    return true;
  }

  /** Ends the trial here: what has no outcome yet is in flight. */
  stop(): void {
    this.#end();
  }

  #begin(): void {
    this.#begun = true;
    this.#faults.start();
    this.#patience.start();
    this.#clients.start();
  }

  /** Once everything has its outcome and the window is over, only checks and readings would go on. */
  #isOver(due: number): boolean {
    const { clients, ledger } = { clients: this.#clients, ledger: this.#ledger };
    if (due === Number.POSITIVE_INFINITY) return true;
    const idle = ledger.inFlight === 0 && clients.leaving === 0;
    return clients.finished && idle && due > this.#zero + clients.windowMs;
  }

  #end(): void {
    const tcp = this.#tcpBalancers();
    for (const { connections } of tcp)
      for (const it of connections)
        if (it.backend !== undefined) this.#attemptEnded(it, 'in-flight', 0, Number.NaN);
    for (const flight of this.#clients.dispatched()) {
      if (tcp.length === 0) this.#attemptEnded(flight, 'in-flight', 0, Number.NaN);
      // Nobody waits any more: what healing the faults does to it is not part of the trial.
      if (flight.call!.state === 'done') flight.call!.host.unanswered(flight.call!);
      flight.call!.awaited = false;
      flight.call = undefined;
    }
    this.#clients.stop();
    this.#faults.healAll();
  }

  #makeBalancers(settings: BalancerSettings): RoutedBalancer[] {
    const { strategy } = this.#options;
    const { count, zones, board: boardSettings } = settings;
    const board = boardSettings === undefined ? undefined : new Board(boardSettings.every, this.#timeline);
    const chosen = board?.around(strategy) ?? strategy;
    const needs = this.#needs;
    if (needs.has('reported') || needs.has('probe'))
      for (const host of this.#hosts) {
        host.measure(this.#timeline.now);
        host.reports = needs.has('reported');
      }
    if (needs.has('simulator')) for (const host of this.#hosts) host.foresee();
    const around = {
      hosts: this.#hosts,
      timeline: this.#timeline,
      network: this.#network,
      front: this.#clients,
      connectTimeout: settings.connectTimeout,
      keepAlive: settings.keepAlive,
      fallback: settings.fallback,
      patience: settings.queue === false ? undefined : (settings.queue.timeout ?? settings.connectTimeout),
      quantile: (number: number) => this.#clients.quantile(number),
    };
    const balancers: RoutedBalancer[] = [];
    for (let index = 0; index < count; index++) {
      const zone = zones?.[index % zones.length];
      const pools = this.#makePools(chosen, settings, index, zone);
      const Part = settings.layer === 4 ? TcpBalancer : Balancer;
      const part = (it: Dispatcher, pool: string) => new Part(it, zone, around, this.#stays(it, pool));
      balancers.push(new RoutedBalancer(pools, settings, part));
      if (settings.health === false) continue;
      const latency = (host: Host) => around.network.toHost(zone, host.spec.zone);
      const own = ownSeed(this.#options.seed, { index, count });
      for (const { pool } of pools.dispatchers)
        new HealthRounds(pool, settings.health, around.hosts, around.timeline, latency, own).start();
    }
    board?.start(balancers.map(({ all }) => all.dispatcher.pool));
    return balancers;
  }

  #makeConnections(): Connections {
    const { scenario, settings } = this.#options;
    const { closed } = scenario.load;
    const crowd = closed && new Crowd(closed.connections, loadClockOf(scenario));
    return new Connections({ timeline: this.#timeline, crowd, idle: settings.tcp.idle });
  }

  /** None at layer 7. */
  #tcpBalancers(): TcpBalancer[] {
    return this.#balancers.flatMap(({ all }) => (all instanceof TcpBalancer ? [all] : []));
  }

  #hostEnded(host: Host): void {
    for (const it of this.#tcpBalancers()) it.hostEnded(host);
  }

  #stays({ pool }: Dispatcher, name: string): Stays | undefined {
    const { settings, scenario } = this.#options;
    const { affinity } = settings;
    if (affinity === false) return undefined;
    if ('header' in affinity) return byField(pool, affinity, (number) => this.#clients.shape(number));
    return scenario.load.cookies ? byCookie(pool, this.#jars.of(name)) : undefined;
  }

  #makePools(
    strategy: ChosenStrategy,
    settings: BalancerSettings,
    index: number,
    zone: string | undefined,
  ): Pools {
    const { seed, scenario, strategies } = this.#options;
    const timeline = this.#timeline;
    const observer: AttemptObserver = {
      started: () => undefined,
      ended: (dispatch, kind, status, at) => this.#attemptEnded(dispatch, kind, status, at),
    };
    const env: EnvExtras = {
      ...(settings.count > 1 ? { balancers: { index, count: settings.count } } : {}),
      ...(Object.keys(scenario.network.latencies).length > 0
        ? { latency: (from: string, to: string) => this.#network.known(from, to) }
        : {}),
      ...(this.#needs.has('probe') ? { probe: this.#probe(zone) } : {}),
      ...(this.#needs.has('simulator') ? { sojourn: this.#sojourn(zone) } : {}),
    };
    return new Pools({
      strategy,
      ...(strategies === undefined ? {} : { strategies }),
      seed,
      settings,
      backends: this.#hosts.map(({ spec }) => ({
        id: spec.id,
        index: spec.index,
        host: 'simulated',
        port: 0,
        weight: spec.weight,
        ...(spec.zone === undefined ? {} : { zone: spec.zone }),
      })),
      now: () => timeline.now,
      onEvent: (event) => this.#balancerEvent(event),
      observer,
      env,
      zone,
    });
  }

  /** A probe answers like a health check: at once, without a worker, unless the host cannot. */
  #probe(zone: string | undefined): NonNullable<EnvExtras['probe']> {
    return (backend, done) => {
      const host = this.#hostOf(backend);
      const latency = this.#network.toHost(zone, host.spec.zone);
      const timeline = this.#timeline;
      const answer = () => {
        const it = host.probe();
        if (it === undefined) return;
        if (latency + it.after === 0) done(it.sample);
        else timeline.at(timeline.now + latency + it.after, () => done(it.sample));
      };
      if (latency === 0) answer();
      else this.#timeline.at(this.#timeline.now + latency, answer);
    };
  }

  #sojourn(zone: string | undefined): NonNullable<EnvExtras['sojourn']> {
    return (backend: Backend, request: Request) => {
      const host = this.#hostOf(backend);
      const from = zone ?? request.region;
      const latency = this.#network.toHost(from, host.spec.zone);
      const { number } = request as Dispatch;
      return 2 * latency + host.sojourn(number, this.#clients.quantile(number));
    };
  }

  /** A strategy may have been given a board's snapshot, which stands where its backend does in the pool of all. */
  #hostOf(backend: Backend): Host {
    return this.#hosts[backend instanceof PooledBackend ? backend.fleetIndex : backend.index]!;
  }

  /** Which balancer, and which pool of it, a request goes to. */
  #assignment(): (index: number, region: string | undefined) => Balancer {
    const [first] = this.#balancers as [RoutedBalancer];
    const balancerOf = this.#nearest();
    if (!first.routes) return (index, region) => balancerOf(index, region).all;
    return (index, region) => balancerOf(index, region).of(this.#clients.shape(index));
  }

  /** Which balancer a request goes to: the nearest to its region, and among equals by lot. */
  #nearest(): (index: number, region: string | undefined) => RoutedBalancer {
    const balancers = this.#balancers;
    const { seed } = this.#options;
    if (balancers.length === 1) return () => balancers[0]!;
    const nearest = new Map<string | undefined, readonly RoutedBalancer[]>();
    return (index, region) => {
      let near = nearest.get(region);
      if (near === undefined) {
        const distances = balancers.map(({ all: { zone } }) => this.#network.toBalancer(region, zone));
        const least = Math.min(...distances);
        near = balancers.filter((_, i) => distances[i] === least);
        nearest.set(region, near);
      }
      return near[Math.floor(draw(seed, stream.balancers, index) * near.length)]!;
    };
  }

  #awaited(): Call[] {
    return this.#clients.dispatched().map(({ call }) => call!);
  }

  #attemptEnded(dispatch: Dispatch, kind: AttemptKind, status: number, at: number): void {
    this.#options.recorder.attempt(
      dispatch.number,
      Math.round((dispatch.startedAt - this.#zero) * 1000),
      Math.round((at - this.#zero) * 1000),
      dispatch.backend!.fleetIndex,
      status,
      dispatch.attempts,
      kinds[kind],
    );
  }

  /** What a balancer says before the trial begins, that its backends are there and well, says nothing. */
  #balancerEvent(event: BalancerEvent): void {
    if (this.#begun) this.#tell({ ...event, t: event.t - this.#zero });
  }

  #tell(event: TrialEvent): void {
    this.#options.recorder.event(event);
    this.#options.onEvent(event);
  }
}
