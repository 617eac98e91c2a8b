/**
 * Open load: requests leave at the times of the schedule, whatever has become of those before them, as users' requests
 * do. A closed loop waits for a slow server and so asks it less (coordinated omission); this does not.
 */
import { Alarm } from './alarm.ts';
import { loopbackAddress } from './client-address.ts';
import { Connections } from './connections.ts';
import { Pacer } from './pacer.ts';
import type { Sender, Session } from './session.ts';
import { TlsClient } from './tls-client.ts';
import type { Way } from './way.ts';

/**
 * Shortest sleep, ms. Above some thousand requests a second, sends that fall within it leave together, late by half of it
 * on average; a sleep for each would cost more CPU than sending it.
 */
const leastSleep = 0.2;
/** A client address has about so many ports to connect to one server from: where an unlimited load ends in practice. */
const mostPorts = 60_000;
/** The alarm may ring this much early, ms; so short a time is not worth another sleep. */
const early = 0.1;

class OpenSender implements Sender {
  readonly knowsTheLast = true;
  readonly #session: Session;
  readonly #connections: Connections;
  readonly #pacer: Pacer;
  readonly #way: Way | undefined;
  #alarm: Alarm | undefined;
  #halted = false;
  /** When the request is due that the alarm is set for, ms from t = 0. */
  #awaited = Number.NaN;

  constructor(session: Session, way: Way | undefined) {
    const { settings, workload, window } = session;
    this.#session = session;
    this.#way = way;
    const { connections } = settings.load.open!;
    const most = connections === 'unlimited' ? mostPorts : connections;
    const tls = settings.tls && new TlsClient(settings.tls);
    const from = settings.clientAddresses
      ? (index: number) => loopbackAddress(workload.client(index))
      : undefined;
    this.#connections = new Connections(session, { ...settings.target, tls, from, way }, most);
    this.#pacer = new Pacer(workload.arrivals(), settings.load.warmup, window, (index, intended) =>
      this.#send(index, intended),
    );
  }

  async prepare(): Promise<this> {
    this.#alarm = await Alarm.create(() => this.#poll());
    return this;
  }

  get connections(): number {
    return this.#connections.most;
  }

  start(): void {
    this.#poll();
  }

  halt(): void {
    this.#halted = true;
  }

  close(): void {
    this.#connections.close();
    void this.#alarm?.stop();
    this.#way?.stop();
  }

  #poll(): void {
    if (this.#halted) return;
    const due = this.#pacer.poll(this.#session.clock());
    if (due === undefined) {
      this.#session.finished();
      return;
    }
    const left = due - this.#session.clock();
    if (due === this.#awaited && left < early) setImmediate(() => this.#poll());
    else {
      this.#awaited = due;
      this.#alarm!.set(Math.max(leastSleep, left));
    }
  }

  #send(index: number, intended: number): void {
    const { account, writer } = this.#session;
    const connection = this.#connections.take(index);
    if (connection === undefined) {
      account.notSent(index, intended);
      return;
    }
    const { method } = writer.shape(index);
    const trip = this.#way === undefined ? 0 : this.#way.trip(index);
    if (trip === 0) {
      const sent = this.#session.clock();
      this.#note(intended, sent);
      connection.send(index, intended, sent, method, writer.write(index, intended));
    } else
      connection.sendFrom({ index, intended, trip, method }, () => {
        this.#note(intended, this.#session.clock() - trip);
        return writer.write(index, intended);
      });
  }

  #note(intended: number, sent: number): void {
    if (intended >= 0) this.#session.lateness.record(Math.max(1, Math.round((sent - intended) * 1000)));
  }
}

/** Resolves once it can start at once. */
export async function createOpenSender(session: Session): Promise<Sender> {
  return new OpenSender(session, await session.way()).prepare();
}
