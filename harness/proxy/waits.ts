/** What a request waits for between its attempts: its back-off, or a backend with a slot free. At most one at a time. */
import type { Dispatch } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { ProxyCore } from './core.ts';
import type { Deadline } from './deadlines.ts';

export class Waits {
  readonly #core: Pick<ProxyCore, 'queueing' | 'now'>;
  /** Runs out in `core.queueing`. */
  readonly #deadline: Deadline;
  readonly #ready: () => void;
  #pause: NodeJS.Timeout | undefined = undefined;

  /** `attempt` is called once a wait is over, unless `stop` was. */
  constructor(core: Pick<ProxyCore, 'queueing' | 'now'>, deadline: Deadline, attempt: () => void) {
    this.#core = core;
    this.#deadline = deadline;
    this.#ready = () => {
      this.#deadline.stop();
      this.#pause = undefined;
      attempt();
    };
  }

  /** So many ms. */
  pause(ms: number): void {
    this.#pause = setTimeout(this.#ready, ms);
  }

  /** For a backend with a slot free; false where there is no waiting for one. */
  queue(dispatcher: Dispatcher, dispatch: Dispatch): boolean {
    const { queueing, now } = this.#core;
    if (queueing === undefined || !dispatcher.wait(dispatch, this.#ready)) return false;
    queueing.start(this.#deadline, now());
    return true;
  }

  stop(dispatcher: Dispatcher, dispatch: Dispatch, why: 'left' | 'timeout'): void {
    this.#deadline.stop();
    clearTimeout(this.#pause);
    this.#pause = undefined;
    dispatcher.leave(dispatch, why);
  }
}
