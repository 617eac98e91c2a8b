/**
 * The balancer's own side door: statistics, and backends added and removed while it serves.
 *
 *   GET    /stats         what balancer-stats.ts says, as JSON
 *   POST   /backends      { id, url } or { id, host, port }, and weight, zone → 201; it gets traffic once it is healthy
 *   DELETE /backends/:id  no new requests, what is in flight finishes → 202
 *
 * It listens on loopback unless told otherwise. Every request must name a host of the allow-list, so that a web page
 * cannot reach it by rebinding a name to this address, and carry the token (`authorization: Bearer …`); only the
 * article's plain `GET /stats` goes without one, from loopback.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BackendStats, type BalancerStats, backendStats } from '../balancer-stats.ts';
import { PoolError } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { type NewBackend, newBackend } from './new-backend.ts';
import type { AdminSettings } from './settings.ts';

export interface AdminOptions {
  readonly stats: () => BalancerStats;
  /** Throws a `PoolError` where it cannot be added. */
  readonly add: (backend: NewBackend) => PooledBackend;
  readonly remove: (id: string) => PooledBackend | undefined;
}

export interface Admin {
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

const bodyLimit = 16 * 1024;
const loopback = /^(::ffff:)?127\.|^::1$/;

/** What goes wrong by the caller's doing, with the status that says so. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Starts the listener and resolves once it listens; rejects where the address is taken. */
export async function startAdmin(listen: AdminSettings, options: AdminOptions): Promise<Admin> {
  const token = listen.token ?? randomBytes(24).toString('base64url');
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request, options, token, listen).then(
      ({ status, body }) => reply(response, status, body),
      (error: unknown) => {
        if (error instanceof Refusal) return reply(response, error.status, { error: error.message });
        throw error; // Ours, or the strategy's: the process must not go on as if nothing had happened.
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      listen.path === undefined ? { host: listen.host, port: listen.port } : { path: listen.path },
      resolve,
    );
  });
  return {
    port: listen.path === undefined ? (server.address() as AddressInfo).port : 0,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answer = { status: number; body: BalancerStats | BackendStats };

async function answer(
  request: IncomingMessage,
  options: AdminOptions,
  token: string,
  listen: AdminSettings,
): Promise<Answer> {
  if (!allowedHost(request.headers.host, listen))
    throw new Refusal(403, `host ${JSON.stringify(request.headers.host ?? '')} is not on the allow-list`);
  const { method = '', url = '' } = request;
  const path = url.split('?')[0]!;
  const plain = method === 'GET' && path === '/stats' && loopback.test(request.socket.remoteAddress ?? '');
  if (!plain && !bears(request.headers.authorization, token))
    throw new Refusal(
      401,
      'expected `authorization: Bearer <token>`; the balancer told its token when it started',
    );
  if (path === '/stats') return only(method, 'GET', () => ({ status: 200, body: options.stats() }));
  if (path === '/backends') {
    const body = method === 'POST' ? await jsonOf(request) : undefined;
    return only(method, 'POST', () => ({ status: 201, body: backendStats(add(body, options)) }));
  }
  const [, id] = /^\/backends\/([a-z0-9._-]+)$/.exec(path) ?? [];
  if (id === undefined) throw new Refusal(404, 'expected /stats, /backends or /backends/:id');
  return only(method, 'DELETE', () => {
    const backend = options.remove(id);
    if (backend === undefined) throw new Refusal(404, `no backend ${id} in the pool`);
    return { status: 202, body: backendStats(backend) };
  });
}

function only(method: string, expected: string, act: () => Answer): Answer {
  if (method !== expected) throw new Refusal(405, `expected ${expected}, got ${method}`);
  return act();
}

function add(body: unknown, options: AdminOptions): PooledBackend {
  const parsed = newBackend.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(400, `${['backend', ...issue!.path].join('.')}: ${issue!.message}`);
  }
  try {
    return options.add(parsed.data);
  } catch (error) {
    if (error instanceof PoolError) throw new Refusal(409, error.message);
    throw error;
  }
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  try {
    for await (const chunk of request) {
      text += chunk;
      if (text.length > bodyLimit) throw new Refusal(413, `expected a body of at most ${bodyLimit} bytes`);
    }
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `expected a JSON body, got ${(error as Error).message}`);
  }
}

/** The name in `Host` without its port; the address listened on and the names of loopback are allowed. */
function allowedHost(header: string | undefined, { host, hosts = [] }: AdminSettings): boolean {
  const name = (header ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return ['localhost', '127.0.0.1', '::1', host, ...hosts].some((it) => it.toLowerCase() === name);
}

function bears(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(`${JSON.stringify(body)}\n`);
}
