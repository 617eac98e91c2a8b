/**
 * One attempt on its way: from the balancer to a host, through the backend model there (it is a job of it), and back.
 * It is in the agenda at most once, for the one thing that happens to it next.
 */
import { Job } from '../../scenarios/backend.ts';
import { pass } from '../../scenarios/faults/fault.ts';
import type { Load } from '../../scenarios/load-meter.ts';
import type { Due } from './agenda.ts';
import type { Balancer } from './balancer.ts';
import type { Flight } from './flight.ts';
import type { Host } from './host.ts';
import type { Link } from './link.ts';

/** What happens to a call next. */
export const step = {
  none: 0,
  /** Balancer: the handshake's answer is here: an open connection, or a refusal. */
  connected: 1,
  /** Host: the request arrives. */
  arrives: 2,
  /** Host: the worker is done. */
  finishes: 3,
  /** Host: an answer that no worker gave leaves. */
  answers: 4,
  /** Balancer: the head of a response is here, the rest is to come. */
  head: 5,
  /** Balancer: the whole response is here. */
  response: 6,
  /** Balancer: the connection is broken. */
  broken: 7,
} as const;
export type Step = (typeof step)[keyof typeof step];

export class Call extends Job implements Due {
  order = 0;
  step: Step = step.none;
  /** Whether the balancer still waits for it. */
  awaited = true;
  /** Whether the host took the request in, however that ended. */
  admitted = false;
  /** Whether the connection is still being made. */
  connecting = false;
  readonly balancer: Balancer;
  flight: Flight;
  link: Link;
  host: Host;
  /** The life of the host its connection belongs to. */
  life = 0;
  /** Of the response. */
  status = 0;
  /** Of the host's standing still that the finish reckons with, ms. */
  stall = 0;
  /** One-way latency between balancer and host, ms. */
  latency = 0;
  /** When the request left the balancer, ms. */
  sentAt = 0;
  /** When it is done at the host, where that is not its `finish`; when its last byte arrives, where its head is here. */
  due = 0;
  /** When it first left the balancer, or the host, for a packet that has to be sent again. */
  leftAt = 0;
  /** What the backend says of its load with the response. */
  report: Load | undefined = undefined;

  constructor(balancer: Balancer, flight: Flight, link: Link) {
    super();
    this.balancer = balancer;
    this.flight = flight;
    this.link = link;
    this.host = link.host;
  }

  /** An attempt begins. The call is new, or one that was answered and that nobody looks at any more. */
  begin(flight: Flight, link: Link, latency: number): void {
    this.flight = flight;
    this.link = link;
    this.host = link.host;
    this.latency = latency;
    this.request = flight.number;
    this.key = flight.key;
    this.quantile = flight.quantile;
    this.state = 'new';
    this.abandoned = this.admitted = this.connecting = false;
    this.verdict = pass;
    this.next = undefined;
    this.awaited = true;
    this.report = undefined;
  }

  happen(): void {
    const now = this.step;
    this.step = step.none;
    if (now === step.finishes) this.host.finished(this);
    else if (now === step.response) this.balancer.responded(this);
    else if (now === step.arrives) this.host.receive(this);
    else if (now === step.connected) this.balancer.connected(this);
    else if (now === step.answers) this.host.answer(this);
    else if (now === step.head) this.balancer.headCame(this);
    else if (now === step.broken) this.balancer.broken(this);
  }
}
