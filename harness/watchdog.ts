/**
 * Notices what hangs without dying: a balancer whose strategy never returns, a generator that has stopped sending. Without it
 * such a trial would never end. Time is an argument, so that its tests need none.
 */

export const balancerHangs = 'the balancer no longer answers';

export interface WatchdogLimits {
  /** Longest silence of the balancer, ms. */
  balancer: number;
  /** Longest silence of the generator, ms. */
  generator: number;
  /** Longest time without a request sent or ended, ms: above the client's own timeout, or a hung backend would look like it. */
  load: number;
}

export class Watchdog {
  readonly #limits: WatchdogLimits;
  #balancer: number;
  #generator: number;
  #moved: number;
  #seen = -1;

  constructor(limits: WatchdogLimits, now: number) {
    this.#limits = limits;
    this.#balancer = now;
    this.#generator = now;
    this.#moved = now;
  }

  /** The balancer has answered. */
  balancerAnswered(now: number): void {
    this.#balancer = now;
  }

  /** The generator has said how many requests it has sent and how many have ended, as one number that only grows. */
  generatorSaid(progress: number, now: number): void {
    this.#generator = now;
    if (progress === this.#seen) return;
    this.#seen = progress;
    this.#moved = now;
  }

  /** Who hangs, in a sentence; undefined when nobody does. */
  verdict(now: number): string | undefined {
    const seconds = (since: number) => `${Math.round((now - since) / 1000)} s`;
    if (now - this.#balancer > this.#limits.balancer) return balancerHangs;
    if (now - this.#generator > this.#limits.generator)
      return `the load generator has not been heard of for ${seconds(this.#generator)}`;
    if (now - this.#moved > this.#limits.load)
      return `the load generator has neither sent a request nor seen one end for ${seconds(this.#moved)}`;
    return undefined;
  }
}
