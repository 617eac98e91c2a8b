/**
 * The layer 4 balancer: connections, not requests. Who gets a connection is the dispatcher's to decide, and one attempt of
 * its is one connection: in flight as long as it stands, `ok` where both sides closed it in order or fell silent, `reset`
 * and `cancelled` by who broke it, with no status. The affinity key is the client's address.
 */
import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Pools } from '../pools.ts';
import { clientsByDescriptors } from './descriptors.ts';
import { Greeting } from './greeting.ts';
import type { HttpProxy } from './http.ts';
import { listen } from './listen.ts';
import type { ProxySettings } from './settings.ts';
import type { Destination } from './sni-routes.ts';
import { Splice, SpliceCore } from './splice.ts';
import type { TlsTermination } from './tls.ts';
import type { RequestWatcher } from './watcher.ts';

export interface TcpProxyOptions {
  readonly pools: Pools;
  /** Of these, `balancer` is read. */
  readonly settings: ProxySettings;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Client connections at once; further ones are reset. Unless given, what the limit on open files has room for. */
  readonly clients?: number;
  /** Absent: bytes pass as they are, those of TLS as any others. */
  readonly tls?: TlsTermination | undefined;
  readonly watcher?: RequestWatcher;
}

/** Deadlines are met to within this, ms. */
const tickMs = 10;

/** `close` lets connections end by themselves: whether one is idle or in the middle of something is not to be seen. */
export function createTcpProxy(options: TcpProxyOptions): HttpProxy {
  const core = new SpliceCore(options.pools, options.settings.balancer, options.now, options.watcher);
  const most = options.clients ?? clientsByDescriptors();
  const splices = new Set<Splice>();
  /** Whose pool is not known yet. */
  const greeted = new Set<Socket>();
  let ticker: NodeJS.Timeout | undefined;

  // What a backend that drains still has at its deadline.
  for (const dispatcher of options.pools.dispatchers)
    dispatcher.subscribe((event) => {
      if (event.type !== 'pool' || event.change !== 'overdue') return;
      for (const splice of [...splices]) if (splice.backend?.id === event.backend) splice.abandon();
    });
  const expire = () => {
    core.expire();
    if (splices.size + greeted.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
  // After the poll phase, so that after a stall of this process what has arrived in time is read before its deadline is.
  const tick = () => void setImmediate(expire);

  const accept = (socket: Socket) => {
    if (ticker === undefined) {
      core.time = core.now();
      ticker = setInterval(tick, tickMs).unref();
    }
    if (core.byName === undefined) join(socket);
    else if (socket instanceof TLSSocket) join(socket, core.byName(socket.servername || ''));
    else greet(socket, core.byName);
  };
  const join = (socket: Socket, to = core.all, greeting?: Greeting) => {
    const splice = new Splice(core, socket, to, greeting);
    splices.add(splice);
    socket.on('close', () => splices.delete(splice));
  };
  const greet = (socket: Socket, toOf: (name: string) => Destination) => {
    greeted.add(socket);
    socket.once('close', () => greeted.delete(socket));
    const greeting = new Greeting(socket, core.hello, core.now(), (name) => {
      greeted.delete(socket);
      join(socket, toOf(name), greeting);
    });
  };
  const { tls } = options;
  const listening = { noDelay: true, allowHalfOpen: true, pauseOnConnect: tls === undefined };
  const server = createServer(listening, (socket) => {
    if (splices.size + greeted.size + (tls?.handshakes ?? 0) >= most) {
      socket.on('error', () => socket.destroy());
      socket.resetAndDestroy();
    } else if (tls === undefined) accept(socket);
    else tls.secure(socket, accept);
  });

  return {
    listen: (host, port) => listen(server, host, port, expire),
    close: (deadlineMs) =>
      new Promise((resolve) => {
        let cut = 0;
        tls?.close();
        for (const socket of greeted) socket.destroy();
        const late = setTimeout(() => {
          cut = splices.size;
          for (const splice of splices) splice.abandon();
        }, deadlineMs);
        server.close(() => {
          clearTimeout(late);
          clearInterval(ticker);
          resolve(cut);
        });
      }),
    get connections() {
      return { clients: splices.size + greeted.size, upstreams: core.upstreams.size };
    },
  };
}
