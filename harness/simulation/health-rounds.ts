/**
 * One balancer's active health checks in virtual time: every backend is checked at each point of the grid, as
 * `proxy/health-checker.ts` does over sockets. A round is one thing on the agenda, and what it finds at one moment is
 * told to the pool together, so that ten thousand backends cost a loop and not ten thousand rebuilt tables.
 *
 * All backends are up when a trial begins: the first verdicts are in before the first request, as in the harness.
 */
import { Source, stream } from '../../scenarios/random.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { BackendPool } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Host } from './host.ts';
import type { Timeline } from './timeline.ts';

export class HealthRounds {
  readonly #pool: BackendPool;
  readonly #settings: Exclude<BalancerSettings['health'], false>;
  readonly #hosts: readonly Host[];
  readonly #timeline: Timeline;
  /** One-way latency to a host, ms. */
  readonly #latency: (host: Host) => number;
  readonly #jitter: Source;

  constructor(
    pool: BackendPool,
    settings: Exclude<BalancerSettings['health'], false>,
    hosts: readonly Host[],
    timeline: Timeline,
    latency: (host: Host) => number,
    seed: number,
  ) {
    this.#pool = pool;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#timeline = timeline;
    this.#latency = latency;
    this.#jitter = new Source(seed, stream.jitter);
  }

  start(): void {
    const { now } = this.#timeline;
    this.#pool.together(() => {
      for (const backend of this.#pool.members)
        for (let i = 0; i < this.#settings.healthy; i++) this.#tell(backend, now, now, '');
    });
    this.#timeline.at(now + this.#settings.interval, () => this.#round(1));
  }

  /** The k-th of all backends: at once, or each by its own jitter later. */
  #round(k: number): void {
    const { now } = this.#timeline;
    const { interval, jitter } = this.#settings;
    const { members } = this.#pool;
    if (jitter === 0) this.#check(members);
    else
      for (const backend of members)
        this.#timeline.at(now + jitter * interval * this.#jitter.draw(backend.fleetIndex, k), () => {
          if (this.#pool.get(backend.id) === backend) this.#check([backend]);
        });
    this.#timeline.at(now + interval, () => this.#round(k + 1));
  }

  #check(backends: readonly PooledBackend[]): void {
    const { now } = this.#timeline;
    const { timeout } = this.#settings;
    const late = new Map<number, { backend: PooledBackend; error: string }[]>();
    const silent: PooledBackend[] = [];
    this.#pool.together(() => {
      for (const backend of backends) {
        const host = this.#hosts[backend.fleetIndex]!;
        const { error, after } = host.healthCheck(this.#latency(host), this.#settings);
        if (after === 0) this.#tell(backend, now, now, error);
        else if (after > timeout) silent.push(backend);
        else {
          const together = late.get(after);
          if (together === undefined) late.set(after, [{ backend, error }]);
          else together.push({ backend, error });
        }
      }
    });
    for (const [after, found] of late)
      this.#timeline.at(now + after, () =>
        this.#pool.together(() => {
          for (const { backend, error } of found) this.#tell(backend, now, now + after, error);
        }),
      );
    if (silent.length > 0)
      this.#timeline.at(now + timeout, () =>
        this.#pool.together(() => {
          for (const backend of silent)
            this.#tell(backend, now, now + timeout, `no answer within ${timeout} ms`);
        }),
      );
  }

  #tell(backend: PooledBackend, startedAt: number, at: number, error: string): void {
    this.#pool.checked(backend, { passed: error === '', startedAt, responseTime: at - startedAt, error });
  }
}
