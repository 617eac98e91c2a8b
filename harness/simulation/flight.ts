/** One request of a client, from its sending to the one outcome it gets. It is the deadline of its client's patience, too. */
import type { Dispatch } from '../dispatch.ts';
import { Deadline, type DeadlineQueue } from '../proxy/deadlines.ts';
import type { Call } from './call.ts';

export class Flight extends Deadline {
  /** Number in the workload. */
  index = 0;
  /** When it should have left and when it did, ms of the simulation's clock. */
  intended = 0;
  sent = 0;
  keyHash = 0;
  /** Affinity key. */
  key = '';
  /** Where backends invert their service-time laws, in (0, 1). */
  quantile = 0.5;
  /** One-way latency between client and balancer, ms. */
  latency = 0;
  dispatch: Dispatch | undefined = undefined;
  /** The attempt that is out; undefined where none is. */
  call: Call | undefined = undefined;
  /** What to answer when no attempt is left. */
  failure = 502;
  /** When the first byte of a response reached the client, ms; NaN before. */
  firstByte = Number.NaN;
  /** The balancer has begun to answer, so it cannot answer otherwise any more. */
  headSent = false;
  /** It has its outcome. */
  over = false;

  constructor(gaveUp: (queue: DeadlineQueue, flight: Deadline) => void) {
    super(gaveUp);
  }

  /** A request leaves. The flight is new, or one that nobody looks at any more. */
  begin(
    index: number,
    intended: number,
    sent: number,
    key: string,
    keyHash: number,
    quantile: number,
    latency: number,
  ): void {
    this.index = index;
    this.intended = intended;
    this.sent = sent;
    this.key = key;
    this.keyHash = keyHash;
    this.quantile = quantile;
    this.latency = latency;
    this.failure = 502;
    this.firstByte = Number.NaN;
    this.headSent = this.over = false;
  }
}
