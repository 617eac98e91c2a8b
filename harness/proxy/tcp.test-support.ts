/** Backends that speak no protocol, and a layer 4 proxy in front of them, gone when the test is over, however it ends. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type ProxyOptions, type ProxyUnderTest, startProxy } from './proxy.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';

export class TcpBackend {
  readonly sockets: Socket[] = [];
  /** What each connection brought, as latin1. */
  readonly received: string[] = [];
  /** How each connection ended on its side: `end` by FIN, `reset` otherwise. */
  readonly endings: ('end' | 'reset')[] = [];
  readonly server: Server;
  port = 0;

  /** A connection is given to `onSocket` with its number; with no listener of its own for data, all of it is kept. */
  constructor(onSocket: (socket: Socket, number: number) => void = () => undefined) {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const number = this.sockets.push(socket) - 1;
      this.received[number] = '';
      socket.on('data', (chunk) => {
        this.received[number] += chunk.toString('latin1');
      });
      socket.on('end', () => {
        this.endings[number] ??= 'end';
      });
      socket.on('error', () => {
        this.endings[number] = 'reset';
      });
      onSocket(socket, number);
    });
  }

  /** Connections that are not closed. */
  get open(): number {
    return this.sockets.filter((it) => !it.destroyed).length;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

export interface TcpStand extends ProxyUnderTest {
  readonly backends: TcpBackend[];
  readonly backend: TcpBackend;
  connect(first?: string): Promise<RawClient>;
}

/** One backend for each handler given. */
export async function setUpTcp(
  t: ExecutionContext,
  handlers: ((socket: Socket, number: number) => void)[],
  { balancer = {}, ...rest }: ProxyOptions = {},
): Promise<TcpStand> {
  const backends = await Promise.all(handlers.map((it) => new TcpBackend(it).listen()));
  const proxy = await startProxy(
    backends.map(({ port }) => port),
    { balancer: { layer: 4, ...balancer }, ...rest },
  );
  const clients: RawClient[] = [];
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([proxy.stop(), ...backends.map((it) => it.stop())]);
  });
  const connect = async (first = '') => {
    const client = await RawClient.connect(proxy.port, first);
    clients.push(client);
    return client;
  };
  return { ...proxy, backends, backend: backends[0]!, connect };
}
