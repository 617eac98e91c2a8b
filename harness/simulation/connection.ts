/**
 * One client connection at layer 4 in virtual time: what the dispatcher gives to a backend there, once and for all that is
 * sent on it. It carries one request at a time, as the generators' connections do.
 */
import { Dispatch } from '../dispatch.ts';
import type { Flight } from './flight.ts';
import type { Link } from './link.ts';
import type { TcpBalancer } from './tcp-balancer.ts';

const nobody = { number: -1, key: '', client: '', idempotent: false };

export class Connection extends Dispatch {
  readonly balancer: TcpBalancer;
  /** Joined to a backend; neither yet nor gone. */
  joined = false;
  /** Closed, by whichever side. */
  gone = false;
  /** The way to its backend, and the life of the host that it belongs to. */
  link: Link | undefined = undefined;
  life = 0;
  /** The request it carries. */
  flight: Flight | undefined = undefined;
  /** Since when it carries none, ms. */
  idleSince = 0;
  /** From the pick to the first byte of a backend, ms; NaN before that. */
  answeredAfter = Number.NaN;

  constructor(balancer: TcpBalancer) {
    super(nobody, -1);
    this.balancer = balancer;
  }
}
