/**
 * The balancer's own side door: statistics, and backends added, removed, drained and re-weighted while it serves
 * (admin-routes.ts has all of it).
 *
 * It listens on loopback unless told otherwise. Every request must name a host of the allow-list, so that a web page
 * cannot reach it by rebinding a name to this address, and carry the token (`authorization: Bearer …`); only what
 * reads figures goes without one, from loopback. At a Unix socket neither is asked for: the file's mode is the lock.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, Refusal } from './admin-answer.ts';
import { type AdminSubject, routes } from './admin-routes.ts';
import type { AdminSettings } from './settings.ts';

export interface Admin {
  /** 0 at a Unix socket. */
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

const loopback = /^(::ffff:)?127\.|^::1$/;

/** Starts the listener and resolves once it listens; rejects where the address is taken. */
export async function startAdmin(settings: AdminSettings, subject: AdminSubject): Promise<Admin> {
  const token = settings.token ?? randomBytes(24).toString('base64url');
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 }, (request, response) => {
    answer(request, response, { settings, subject, token }).then(
      (it) => {
        if (it !== undefined) reply(response, it);
      },
      (error: unknown) => {
        // Ours, or the strategy's: the process must not go on as if nothing had happened.
        if (!(error instanceof Refusal)) throw error;
        if (error.allow.length > 0) response.setHeader('allow', error.allow.join(', '));
        if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
        reply(response, { status: error.status, body: { error: error.message } });
      },
    );
  });
  await listen(server, settings);
  return {
    port: settings.path === undefined ? (server.address() as AddressInfo).port : 0,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, { host, port, path }: AdminSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path === undefined ? { host, port } : { path }, resolve);
  });
  if (path !== undefined) await chmod(path, 0o600);
}

interface Door {
  readonly settings: AdminSettings;
  readonly subject: AdminSubject;
  readonly token: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { settings, subject, token }: Door,
): Promise<Answer | undefined> {
  const local = settings.path !== undefined;
  const { host, authorization } = request.headers;
  if (!local && !allowedHost(host, settings))
    throw new Refusal(
      403,
      `host ${JSON.stringify(host ?? '')} is not on the allow-list; add it to admin.hosts`,
    );
  const { method = '', url = '' } = request;
  const path = url.split('?')[0]!;
  const route = routes.find((it) => it.path.test(path));
  const free = route?.free === true && loopback.test(request.socket.remoteAddress ?? '');
  if (!local && !free && !bears(authorization, token))
    throw new Refusal(
      401,
      'expected `authorization: Bearer <token>`; the balancer told its token when it started',
    );
  if (route === undefined)
    throw new Refusal(
      404,
      'expected /stats, /health, /metrics, /events, /backends, /backends/:id or /backends/:id/drain',
    );
  const act = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined;
  const allow = Object.keys(route.methods);
  if (act === undefined) throw new Refusal(405, `expected ${allow.join(' or ')}, got ${method}`, allow);
  const [, id = ''] = route.path.exec(path)!;
  return act({ request, response, subject, id });
}

/** The name in `Host` without its port; the address listened on and the names of loopback are allowed. */
function allowedHost(header: string | undefined, { host, hosts = [] }: AdminSettings): boolean {
  const name = (header ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (name === '') return false;
  return ['localhost', '127.0.0.1', '::1', host, ...hosts].some((it) => it.toLowerCase() === name);
}

function bears(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function reply(response: ServerResponse, { status, body, text }: Answer): void {
  response.writeHead(status, {
    'content-type': text?.type ?? 'application/json',
    'cache-control': 'no-store',
  });
  response.end(text?.content ?? `${JSON.stringify(body)}\n`);
}
