/** One request of a client, from its sending to the one outcome it gets. It is the deadline of its client's patience, too. */
import type { Dispatch } from '../dispatch.ts';
import { Deadline, type DeadlineQueue } from '../proxy/deadlines.ts';
import type { Call } from './call.ts';

export class Flight extends Deadline {
  /** Number in the workload. */
  readonly index: number;
  /** When it should have left and when it did, ms of the simulation's clock. */
  readonly intended: number;
  readonly sent: number;
  readonly keyHash: number;
  /** What a backend's cache goes by. */
  readonly cacheKey: string | number;
  /** Where backends invert their service-time laws, in (0, 1). */
  readonly quantile: number;
  /** One-way latency between client and balancer, ms. */
  readonly latency: number;
  dispatch!: Dispatch;
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

  constructor(
    index: number,
    intended: number,
    sent: number,
    keyHash: number,
    cacheKey: string | number,
    quantile: number,
    latency: number,
    gaveUp: (queue: DeadlineQueue, flight: Deadline) => void,
  ) {
    super(gaveUp);
    this.index = index;
    this.intended = intended;
    this.sent = sent;
    this.keyHash = keyHash;
    this.cacheKey = cacheKey;
    this.quantile = quantile;
    this.latency = latency;
  }
}
