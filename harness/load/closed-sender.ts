/**
 * Closed load, by autocannon: so many connections, each of which sends its next request when the last has been answered.
 * It answers how much a system can take, not how long its users wait: the slower the system, the less it is asked.
 * Request `ordinal` of connection `c` is request `ordinal × connections + c` of the workload (crowd.ts has those that come and go).
 */
import autocannon, { type Client } from 'autocannon';
import type { Crowd } from '../../scenarios/crowd.ts';
import { mend } from './autocannon-client.ts';
import { loopbackAddress } from './client-address.ts';
import type { Sender, Session } from './session.ts';
import { TlsClient } from './tls-client.ts';
import type { Way } from './way.ts';

/** autocannon's own figures are not used, so it need not keep any. */
const ignored = {
  __custom: true,
  recordValue: () => undefined,
  reset: () => undefined,
  destroy: () => undefined,
} as const;

/** Longer than any run, s; a run is ended by halting its clients. */
const longEnough = 2_000_000;

class ClosedSender implements Sender {
  readonly knowsTheLast = false;
  connections = 0;
  #open = 0;
  readonly #session: Session;
  readonly #tls: TlsClient | undefined;
  readonly #way: Way | undefined;
  readonly #crowd: Crowd;
  readonly #clients: Client[] = [];
  #tracker: { stop(): void } | undefined;
  #halted = false;

  constructor(session: Session, way: Way | undefined) {
    this.#session = session;
    this.#way = way;
    const { tls, load } = session.settings;
    this.#crowd = session.workload.crowd(load.closed!.connections);
    this.#tls = tls && new TlsClient(tls);
  }

  start(): void {
    const { host, port } = this.#session.settings.target;
    this.#tracker = autocannon(
      {
        url: `${this.#tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
        connections: this.#crowd.most,
        duration: longEnough,
        sampleInt: 1000,
        setupClient: (client) => this.#setup(client),
        histograms: { latencies: ignored, requests: ignored, throughput: ignored },
        skipAggregateResult: true,
      },
      (error) => {
        if (error) throw error;
      },
    );
  }

  halt(): void {
    this.#halted = true;
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
    this.#tracker?.stop();
    this.#way?.stop();
  }

  #setup(client: Client): void {
    const session = this.#session;
    const crowd = this.#crowd;
    const { requestsPerConnection } = session.settings.load.closed!;
    const number = this.#clients.push(client) - 1;
    let ordinal = 0;
    const ask = (t: number) => {
      if (this.#halted) return undefined;
      if (!session.window.admits(t)) {
        session.finished();
        return undefined;
      }
      const index = crowd.requestOf(number, ordinal++);
      return { index, t, method: session.writer.shape(index).method, bytes: session.writer.write(index, t) };
    };
    mend(client, {
      desk: session,
      ask,
      asciiOnly: session.settings.load.mix.every(({ content }) => content === undefined),
      halted: () => this.#halted,
      requestsPerConnection,
      opens: crowd.steady ? undefined : (t) => crowd.opens(number, t),
      tls: this.#tls,
      way: this.#way,
      from: session.settings.clientAddresses
        ? () => loopbackAddress(session.workload.client(crowd.requestOf(number, ordinal)))
        : undefined,
      onOpen: (change) => {
        this.#open += change;
        this.connections = Math.max(this.connections, this.#open);
      },
    });
  }
}

export async function createClosedSender(session: Session): Promise<Sender> {
  return new ClosedSender(session, await session.way());
}
