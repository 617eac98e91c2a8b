/**
 * The layer 7 balancer: an HTTP/1.1 reverse proxy over plain sockets, with a parser of its own (`node:http` costs twice as
 * much and drops header fields beyond a thousand in silence). Who serves a request is the dispatcher's to decide; here it
 * is read, checked, sent on and answered.
 *
 *   client.ts    reads requests of one connection in order     upstream.ts   connections to backends
 *   exchange.ts  takes one request through its attempts        tunnel.ts     what follows a 101
 *   router.ts    which pool a request goes to
 *   load-report.ts  what backends say of their load           prober.ts     asks them, where the strategy needs it
 */
import { createServer, type Socket } from 'node:net';
import type { Pools } from '../pools.ts';
import { answer } from './answers.ts';
import { Client } from './client.ts';
import { ProxyCore } from './core.ts';
import { Deadline } from './deadlines.ts';
import { clientsByDescriptors } from './descriptors.ts';
import { Laggards } from './laggards.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { listen } from './listen.ts';
import type { ProxySettings } from './settings.ts';
import type { TlsTermination } from './tls.ts';
import type { RequestWatcher } from './watcher.ts';

export interface HttpProxyOptions {
  readonly pools: Pools;
  /** Of these, `balancer` is read. */
  readonly settings: ProxySettings;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly limits?: Partial<Limits>;
  readonly watcher?: RequestWatcher;
  /** Absent: clients are spoken to in clear. */
  readonly tls?: TlsTermination | undefined;
}

export interface HttpProxy {
  /** Resolves with the port once it serves; rejects when it cannot. */
  listen(host: string, port: number): Promise<number>;
  /**
   * Takes no more connections, ends idle ones, lets requests under way finish for at most `deadlineMs`, then resets the rest.
   * Resolves with how many those were.
   */
  close(deadlineMs: number): Promise<number>;
  /** Client connections open now, and connections to backends, used or not. */
  readonly connections: { readonly clients: number; readonly upstreams: number };
}

/** Deadlines are met to within this, ms. */
const tickMs = 10;
const ticksPerSweep = 25;

/** What a strategy of the user's throws is not caught here: it ends the process, with the file and line on stderr. */
export function createHttpProxy(options: HttpProxyOptions): HttpProxy {
  const { keepAlive: upstreamIdleMs } = options.settings.balancer;
  const limits = { ...defaultLimits, upstreamIdleMs, ...options.limits };
  const core = new ProxyCore(options.pools, options.settings, limits, options.now, options.watcher);
  const clients = new Set<Client>();
  const laggards = new Laggards(limits);
  const most = limits.clients ?? clientsByDescriptors();
  let ticker: NodeJS.Timeout | undefined;
  let ticks = 0;

  const sweep = () => {
    core.upstreams.sweep(core.time);
    const before = core.time - limits.keepAliveMs;
    for (const client of clients) if (client.idle && client.idleSince <= before) client.close();
    laggards.look(clients, core.time);
    if (clients.size === 0 && core.upstreams.size === 0) {
      clearInterval(ticker);
      ticker = undefined;
    }
  };
  const expire = () => {
    core.expire();
    if (++ticks % ticksPerSweep === 0) sweep();
  };
  // After the poll phase, so that after a stall of this process what has arrived in time is read before its deadline is.
  const tick = () => void setImmediate(expire);

  const shed = (socket: Socket) => {
    const deadline = new Deadline(() => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => deadline.stop());
    socket.on('end', () => socket.destroySoon());
    socket.end(answer(503, { head: false, connection: 'close', attempts: undefined }));
    socket.resume();
    core.linger.start(deadline, core.now());
  };

  const accept = (socket: Socket) => {
    if (ticker === undefined) {
      core.time = core.now();
      ticker = setInterval(tick, tickMs).unref();
    }
    if (clients.size >= most) return shed(socket);
    const client = new Client(core, socket);
    clients.add(client);
    socket.on('close', () => clients.delete(client));
  };
  const { tls } = options;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    if (tls === undefined) accept(socket);
    else if (clients.size + tls.handshakes >= most) socket.destroy();
    else
      tls.secure(socket, (it) => {
        accept(it);
        it.resume();
      });
  });

  return {
    listen: (host, port) => listen(server, host, port, sweep),
    close: (deadlineMs) =>
      new Promise((resolve) => {
        core.closing = true;
        let cut = 0;
        tls?.close();
        const late = setTimeout(() => {
          cut = clients.size;
          for (const client of clients) client.abandon();
        }, deadlineMs);
        server.close(() => {
          clearTimeout(late);
          clearInterval(ticker);
          core.upstreams.destroyAll();
          resolve(cut);
        });
        for (const client of clients) if (client.idle) client.close();
      }),
    get connections() {
      return { clients: clients.size, upstreams: core.upstreams.size };
    },
  };
}
