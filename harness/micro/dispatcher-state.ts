/**
 * The same steady state as `steady-state.ts`, but each request taken through the dispatcher, as proxy and simulator do it:
 * opened, picked, counted, ended. What it costs above the strategy alone is the dispatcher's own.
 */
import { balancerSchema } from '../../scenarios/scenario.ts';
import type { AttemptEnd, Dispatch } from '../dispatch.ts';
import { Dispatcher } from '../dispatcher.ts';
import type { ChosenStrategy } from '../strategies.ts';
import { backendsOf, inFlightPerBackend, maxInFlight, SteadyWorld } from './steady-world.ts';

const end: AttemptEnd = { status: 200, firstByte: 9.5, sent: true, answered: true };

export class DispatcherState {
  readonly #world: SteadyWorld;
  readonly #dispatcher: Dispatcher;
  readonly #inFlight: Dispatch[] = [];
  #number = 0;
  #shuffle = 0x2545f491;

  /** Throws a `StrategyError` where the strategy does. */
  constructor(strategy: ChosenStrategy, n: number) {
    const world = new SteadyWorld(n);
    const { now, probe, balancers, latency, sojourn } = world.env;
    this.#world = world;
    this.#dispatcher = new Dispatcher({
      ...{ strategy, seed: 1, now, backends: backendsOf(n), onEvent: () => undefined },
      settings: balancerSchema.parse({ health: false, passive: false, maxInFlight }),
      env: { probe: probe!, balancers: balancers!, latency: latency!, sojourn: sojourn! },
    });
    for (const backend of this.#dispatcher.pool.members)
      backend.reported = world.members[backend.index]!.reported!;
    const count = Math.max(1, Math.round(inFlightPerBackend * n));
    for (let i = 0; i < count; i++) {
      const dispatch = this.#dispatcher.open(world.next(this.#number++));
      this.#dispatcher.pick(dispatch);
      this.#inFlight.push(dispatch);
    }
  }

  /** That many requests picked, and as many ended. Throws a `StrategyError`. */
  run(picks: number): void {
    const dispatcher = this.#dispatcher;
    const inFlight = this.#inFlight;
    const world = this.#world;
    const scale = inFlight.length / 2 ** 32;
    let shuffle = this.#shuffle;
    for (let i = 0; i < picks; i++) {
      this.#number = (this.#number + 1) & 0x3fffffff;
      shuffle ^= shuffle << 13;
      shuffle ^= shuffle >>> 17;
      shuffle ^= shuffle << 5;
      const over = inFlight[Math.floor((shuffle >>> 0) * scale)]!;
      const { backend } = over;
      if (backend !== undefined) {
        if (dispatcher.needs !== undefined) world.refresh(backend);
        dispatcher.end(over, 'ok', end);
      }
      // A dispatch is used again, as the simulator does it; the proxy takes a new one for each request.
      dispatcher.pick(dispatcher.open(world.next(this.#number), over));
    }
    this.#shuffle = shuffle;
  }
}
