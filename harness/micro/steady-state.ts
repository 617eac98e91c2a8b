/**
 * A strategy in its steady state: for each pick another request ends, in shuffled order, so that 0.9 n stay in flight.
 *
 * One turn is what a balancer asks of a strategy for one request: pick, started, ended. Around that the loop does the
 * least a balancer must do (count up, count down, remember where the request went). What that costs alone is measured by
 * running `floor.ts` as a strategy. Nothing is allocated.
 */
import type { Outcome, Strategy } from '../../strategies/strategy.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { ChosenStrategy } from '../strategies.ts';
import { StrategyError } from '../strategy-guard.ts';
import { inFlightPerBackend, SteadyWorld } from './steady-world.ts';

export class SteadyState {
  readonly world: SteadyWorld;
  readonly #chosen: ChosenStrategy;
  readonly #strategy: Strategy;
  readonly #reports: boolean;
  /** Where each request in flight went. */
  readonly #slots: PooledBackend[] = [];
  readonly #latencies = Float64Array.from({ length: 1024 }, (_, i) => -10 * Math.log((i + 0.5) / 1024));
  readonly #outcome: { -readonly [K in keyof Outcome]: Outcome[K] } = {
    kind: 'ok',
    latency: 0.5,
    firstByte: 0.5,
  };
  #number = 0;
  #shuffle = 0x2545f491;

  /** Throws a `StrategyError` where the strategy throws, and where one of its first picks is not in the pool. */
  constructor(chosen: ChosenStrategy, n: number, reach = n) {
    this.#chosen = chosen;
    this.world = new SteadyWorld(n, reach);
    const { definition, values } = chosen;
    this.#reports = definition.needs !== undefined;
    let call = 'create';
    try {
      this.#strategy = definition.create(this.world.env, values);
      call = 'poolChanged';
      this.#strategy.poolChanged?.(this.world);
      call = 'started';
      this.#fill(Math.max(1, Math.round(inFlightPerBackend * reach)), reach);
    } catch (error) {
      throw StrategyError.thrown(chosen, call, error);
    }
    this.#check();
  }

  /** That many requests picked, and as many ended. Throws a `StrategyError`. */
  run(picks: number): void {
    try {
      this.#run(picks);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'pick, started or ended', error);
    }
  }

  #run(picks: number): void {
    const { world } = this;
    const strategy = this.#strategy;
    const slots = this.#slots;
    const outcome = this.#outcome;
    const latencies = this.#latencies;
    const reports = this.#reports;
    const scale = slots.length / 2 ** 32;
    const tellsStart = strategy.started !== undefined;
    const tellsEnd = strategy.ended !== undefined;
    let number = this.#number;
    let shuffle = this.#shuffle;
    for (let i = 0; i < picks; i++) {
      number = (number + 1) & 0x3fffffff;
      const request = world.next(number);
      const picked = strategy.pick(world, request) as PooledBackend | undefined;
      if (picked === undefined) throw this.#wrong('undefined with backends available');
      picked.inFlight++;
      if (tellsStart) strategy.started!(picked, request);
      // Marsaglia's xorshift: which request ends.
      shuffle ^= shuffle << 13;
      shuffle ^= shuffle >>> 17;
      shuffle ^= shuffle << 5;
      const slot = Math.floor((shuffle >>> 0) * scale);
      const over = slots[slot]!;
      slots[slot] = picked;
      over.inFlight--;
      if (!tellsEnd) continue;
      if (reports) world.refresh(over);
      outcome.latency = latencies[number & 1023]!;
      outcome.firstByte = outcome.latency;
      strategy.ended!(over, outcome);
    }
    this.#number = number;
    this.#shuffle = shuffle;
  }

  /** Puts requests in flight all over the pool: through `pick`, an O(n) strategy would take O(n²). */
  #fill(count: number, reach: number): void {
    const { available } = this.world;
    for (let i = 0; i < count; i++) {
      const backend = available[(i * 7919) % reach]!;
      backend.inFlight++;
      this.#slots.push(backend);
      this.#strategy.started?.(backend, this.world.next(i));
    }
    this.#number = count;
  }

  /** A hundred picks, each looked at: later ones are only timed. */
  #check(): void {
    for (let i = 0; i < 100; i++) {
      this.run(1);
      const stranger = this.#slots.find((it) => this.world.available[it?.index] !== it);
      if (stranger !== undefined)
        throw this.#wrong(`a stranger: expected one of pool.available, got ${typeof stranger}`);
    }
  }

  #wrong(what: string): StrategyError {
    return StrategyError.returned(this.#chosen, `pick returned ${what}`, this.#strategy.pick);
  }
}
