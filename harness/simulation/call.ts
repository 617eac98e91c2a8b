/**
 * One attempt on its way: from the balancer to a host, through the backend model there (it is a job of it), and back.
 * It is in the agenda at most once, for the one thing that happens to it next.
 */
import type { Job, JobState } from '../../scenarios/backend.ts';
import { pass, type Verdict } from '../../scenarios/faults/fault.ts';
import type { Load } from '../../scenarios/load-meter.ts';
import type { Due } from './agenda.ts';
import type { Balancer } from './balancer.ts';
import type { Flight } from './flight.ts';
import type { Host } from './host.ts';
import type { Link } from './link.ts';
import { Rows } from './rows.ts';

/** What happens to a call next. */
export const step = {
  none: 0,
  /** Balancer: the handshake's answer is here: an open connection, or a refusal. */
  connected: 1,
  /** Host: the request arrives. */
  arrives: 2,
  /** Host: the worker is done. */
  served: 3,
  /** Host: an answer that no worker gave leaves. */
  answers: 4,
  /** Balancer: the head of a response is here, the rest is to come. */
  head: 5,
  /** Balancer: the whole response is here. */
  response: 6,
  /** Balancer: the connection is broken. */
  broken: 7,
  /** Balancer: a response is here whose head cannot be trusted. */
  garbled: 8,
} as const;
export type Step = (typeof step)[keyof typeof step];

/** Of a connection that no host has, or that carries no other request. */
export const noLife = -1;

/** The times of a call, as they stand in its row. */
const field = { quantile: 0, arrival: 1, start: 2, finish: 3, sentAt: 4, due: 5, leftAt: 6 } as const;
const rows = new Rows(8);

export class Call implements Job, Due {
  // First, and together, what every call touches when its worker is done.
  order = 0;
  step: Step = step.none;
  /** Whether the balancer still waits for it. */
  awaited = true;
  readonly #at: number;
  readonly #row: Float64Array;
  host: Host;
  flight: Flight;
  link: Link;
  state: JobState = 'new';
  /** The life of the host its connection belongs to. */
  life = 0;
  verdict: Verdict = pass;
  fault = -1;
  /** Of the response. */
  status = 0;
  /** One-way latency between balancer and host, ms. */
  latency = 0;
  /** What the backend says of its load with the response. */
  report: Load | undefined = undefined;
  /** The one behind it in the queue. */
  next: Job | undefined = undefined;
  /** Of the host's standing still that the finish reckons with, ms. */
  stall = 0;
  readonly balancer: Balancer;
  request = 0;
  key: string | number = '';
  abandoned = false;
  found = 0;
  /** Whether the host took the request in, however that ended. */
  admitted = false;
  /** Whether the connection is still being made. */
  connecting = false;

  constructor(balancer: Balancer, flight: Flight, link: Link) {
    this.balancer = balancer;
    this.flight = flight;
    this.link = link;
    this.host = link.host;
    this.#at = rows.at();
    this.#row = rows.block;
  }

  get quantile(): number {
    return this.#row[this.#at + field.quantile]!;
  }
  set quantile(u: number) {
    this.#row[this.#at + field.quantile] = u;
  }

  get arrival(): number {
    return this.#row[this.#at + field.arrival]!;
  }
  set arrival(ms: number) {
    this.#row[this.#at + field.arrival] = ms;
  }

  get start(): number {
    return this.#row[this.#at + field.start]!;
  }
  set start(ms: number) {
    this.#row[this.#at + field.start] = ms;
  }

  get finish(): number {
    return this.#row[this.#at + field.finish]!;
  }
  set finish(ms: number) {
    this.#row[this.#at + field.finish] = ms;
  }

  /** When the request left the balancer, ms. */
  get sentAt(): number {
    return this.#row[this.#at + field.sentAt]!;
  }
  set sentAt(ms: number) {
    this.#row[this.#at + field.sentAt] = ms;
  }

  /** When an answer leaves that no worker gives; once the head of a response is here, when its last byte will be. */
  get due(): number {
    return this.#row[this.#at + field.due]!;
  }
  set due(ms: number) {
    this.#row[this.#at + field.due] = ms;
  }

  /** When a packet that must be sent again first left the balancer, or the host, ms. */
  get leftAt(): number {
    return this.#row[this.#at + field.leftAt]!;
  }
  set leftAt(ms: number) {
    this.#row[this.#at + field.leftAt] = ms;
  }

  /** An attempt begins. The call is new, or one that was answered and that nobody looks at any more. */
  begin(flight: Flight, link: Link, latency: number, quantile: number): void {
    this.flight = flight;
    this.link = link;
    this.host = link.host;
    this.latency = latency;
    this.request = flight.number;
    // What backends cache by is the load's key, whatever the balancer goes by.
    this.key = flight.keyHash;
    this.quantile = quantile;
    this.state = 'new';
    this.abandoned = this.admitted = this.connecting = false;
    this.verdict = pass;
    this.next = undefined;
    this.awaited = true;
    this.report = undefined;
  }

  touch(): number {
    return (this.host.touch() + this.flight.attempts + this.link.latency) & 1;
  }

  happen(): void {
    const now = this.step;
    this.step = step.none;
    if (now === step.served) this.host.served(this);
    else if (now === step.response) this.balancer.responded(this);
    else if (now === step.arrives) this.host.receive(this);
    else if (now === step.connected) this.balancer.connected(this);
    else if (now === step.answers) this.host.answer(this);
    else if (now === step.head) this.balancer.headCame(this);
    else if (now === step.broken) this.balancer.broken(this);
    else if (now === step.garbled) this.balancer.garbled(this);
  }
}
