/** A raw TCP server that misbehaves to order, request by request, and logs every request it has read. For tests. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cause, RequestOutcome } from '../recording.ts';
import { headers } from './generator.ts';

const json = '{"hello":"you"}';
const head = (status: string, length: number, more = '') =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers.backend}: b\r\n${more}content-length: ${length}\r\n\r\n`;
const good = head('200 OK', json.length) + json;

interface Behaviour {
  what: string;
  act(socket: Socket): unknown;
  outcome: RequestOutcome;
  cause: Cause;
}

/** What the server does to a request, and what is to become of it. Every one leaves the next request a fair chance. */
export const behaviours: Behaviour[] = [
  { what: 'answers', act: (it) => it.write(good), outcome: 'ok', cause: 'none' },
  {
    what: 'resets upon the request',
    act: (it) => it.resetAndDestroy(),
    outcome: 'lost',
    cause: 'reset',
  },
  {
    what: 'half-closes in mid-request',
    act: (it) => it.end(),
    outcome: 'lost',
    cause: 'reset',
  },
  {
    what: 'closes in mid-body',
    act: (it) => it.end(head('200 OK', 100) + json),
    outcome: 'lost',
    cause: 'truncated',
  },
  {
    what: 'closes in mid-head',
    act: (it) => it.end('HTTP/1.1 200 OK\r\ncontent-le'),
    outcome: 'lost',
    cause: 'truncated',
  },
  {
    what: 'stalls for 50 ms, then answers',
    act: async (it) => {
      await sleep(50);
      it.write(good);
    },
    outcome: 'ok',
    cause: 'none',
  },
  { what: 'hangs', act: () => undefined, outcome: 'lost', cause: 'timeout' },
  {
    what: 'hangs in mid-body',
    act: (it) => it.write(head('200 OK', 100) + json),
    outcome: 'lost',
    cause: 'timeout',
  },
  {
    what: 'sends more than it promised',
    act: (it) => it.write(head('200 OK', 2) + json),
    outcome: 'failed',
    cause: 'wrong-body',
  },
  {
    what: 'sends a body spliced of two',
    act: (it) => it.write(head('200 OK', json.length) + json.slice(8) + json.slice(0, 8)),
    outcome: 'failed',
    cause: 'wrong-body',
  },
  {
    what: 'answers 503',
    act: (it) => it.write(head('503 Busy', json.length) + json),
    outcome: 'failed',
    cause: 'status',
  },
  {
    what: 'speaks garbage',
    act: (it) => it.write('220 smtp.example.com\r\n'),
    outcome: 'lost',
    cause: 'malformed',
  },
  {
    what: 'answers and says that it closes',
    act: (it) => it.end(head('200 OK', json.length, 'connection: close\r\n') + json),
    outcome: 'ok',
    cause: 'none',
  },
  {
    what: 'answers in pieces and chunks',
    act: async (it) => {
      for (const piece of [
        'HTTP/1.1 200 OK\r\ntransfer-enc',
        'oding: chunked\r\n\r\n5\r\nhe',
        'llo\r\n0\r\n',
        '\r\n',
      ]) {
        it.write(piece);
        await sleep(2);
      }
    },
    outcome: 'ok',
    cause: 'none',
  },
];

export interface FaultyServer {
  port: number;
  /** Requests read, by their number, in order. */
  log: number[];
  /** How many requests each connection carried. */
  perConnection: number[];
  /** Resets every connection and listens no more. */
  vanish(): Promise<void>;
  /** Listens again on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** `act` is given the number of each request as it has been read, and where to answer it. */
export async function startServer(act: (index: number, socket: Socket) => unknown): Promise<FaultyServer> {
  const log: number[] = [];
  const perConnection: number[] = [];
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  const listen = async () => {
    server = createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const accept = (socket: Socket) => {
    const connection = perConnection.push(0) - 1;
    let text = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const index = Number(new RegExp(`${headers.request}: (\\d+)`).exec(text.slice(0, end))![1]);
        text = text.slice(end + 4);
        log.push(index);
        perConnection[connection]!++;
        if (!socket.destroyed) act(index, socket);
      }
    });
  };
  const vanish = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen();
  return { port, log, perConnection, vanish, comeBack: listen, close: vanish };
}
