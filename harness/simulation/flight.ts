/**
 * One request of a client, from its sending to the one outcome it gets; and what the balancer knows of it, since each
 * flight is dispatched once. A flight that is over is used again: a simulation makes no garbage of what it has most of.
 */
import { Dispatch } from '../dispatch.ts';
import type { Balancer } from './balancer.ts';
import type { Call } from './call.ts';
import type { Connection } from './connection.ts';
import { Rows } from './rows.ts';

/** The times of a flight, as they stand in its row. */
const field = { sent: 0, startedAt: 1, firstByte: 2 } as const;
const rows = new Rows(4);

const nobody = { number: -1, key: '', client: '', idempotent: true };

export class Flight extends Dispatch {
  /** Where it arrived; undefined until then. */
  balancer: Balancer | undefined = undefined;
  /** The attempt that is out; undefined where none is. */
  call: Call | undefined = undefined;
  /** At layer 4, what it leaves on. */
  connection: Connection | undefined = undefined;
  /** It has its outcome. */
  over = true;
  /** The balancer has begun to answer, so it cannot answer otherwise any more. */
  headSent = false;
  /** What to answer when no attempt is left. */
  failure = 502;
  /** Of the affinity key, as a signed integer: that is no object of its own on the heap. */
  keyHash = 0;
  /** One-way latency between client and balancer, ms. */
  latency = 0;
  /** How long its client waits before it goes away by itself, ms; told anew for each request where any client does. */
  patience = Number.POSITIVE_INFINITY;
  readonly #at = rows.at();
  readonly #row = rows.block;

  constructor() {
    super(nobody, -1);
  }

  /** When it should have left, and did, ms of the simulation's clock. */
  get sent(): number {
    return this.#row[this.#at + field.sent]!;
  }
  set sent(ms: number) {
    this.#row[this.#at + field.sent] = ms;
  }

  override get startedAt(): number {
    return this.#row[this.#at + field.startedAt]!;
  }
  override set startedAt(ms: number) {
    this.#row[this.#at + field.startedAt] = ms;
  }

  /** Where `headSent`: when the first byte of a response reached the client, ms. */
  get firstByte(): number {
    return this.#row[this.#at + field.firstByte]!;
  }
  set firstByte(ms: number) {
    this.#row[this.#at + field.firstByte] = ms;
  }

  /** A request leaves. */
  begin(number: number, sent: number, keyHash: number, latency: number): void {
    this.number = number;
    this.attempts = 0;
    this.balancer = undefined;
    this.over = this.headSent = false;
    this.failure = 502;
    this.keyHash = keyHash | 0;
    this.sent = sent;
    this.latency = latency;
  }
}
