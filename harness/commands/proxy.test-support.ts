/** `steelyard proxy` as a user runs it, a process of its own, before real servers; and a client that asks it things. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { PoolsStats } from '../pools.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** One of the article's servers: says its name, passes its health checks while it lives. */
export class Backend {
  readonly id: string;
  port = 0;
  /** Requests it served, health checks aside, by target. */
  readonly served: string[] = [];
  readonly heads: IncomingMessage['headers'][] = [];
  delayMs = 0;
  #server: Server | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** On the same port as before, where it lived before. */
  async start(): Promise<void> {
    const server = createServer(this.#answer);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
  }

  /** As a process that is killed: its connections break, its port refuses. */
  async crash(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  readonly #answer: RequestListener = (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/health') {
      response.end('{"status":"ok"}');
      return;
    }
    this.served.push(request.url!);
    this.heads.push(request.headers);
    setTimeout(() => response.end(JSON.stringify({ id: this.id, url: request.url })), this.delayMs);
  };
}

/** So many of them, named, started, and gone when the test is over. */
export async function backendsOf(t: ExecutionContext, ...ids: string[]): Promise<Backend[]> {
  const all = ids.map((id) => new Backend(id));
  for (const it of all) await it.start();
  t.teardown(() => Promise.all(all.map((it) => it.crash())));
  return all;
}

export interface Reply {
  readonly status: number;
  /** The backend that answered; undefined where the balancer did, or nobody: then the status is 0. */
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

export interface Told {
  readonly type: string;
  readonly backend?: string;
  readonly to?: string;
  readonly text?: string;
  readonly change?: string;
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly admin?: { readonly url: string; readonly token?: string };
}

export class StandAlone {
  readonly serving: Serving;
  readonly child: ReturnType<typeof run>;
  readonly #told: () => Told[];

  constructor(serving: Serving, child: ReturnType<typeof run>, told: () => Told[]) {
    this.serving = serving;
    this.child = child;
    this.#told = told;
  }

  /** What it said on standard error so far. */
  get told(): Told[] {
    return this.#told();
  }

  get(path = '/', headers: Record<string, string> = {}): Promise<Reply> {
    return ask(`${this.serving.url}${path}`, { headers });
  }

  /** So many requests one after the other; the ids of who answered, or the status where it was the balancer. */
  async several(
    count: number,
    path = '/',
    headers: Record<string, string> = {},
  ): Promise<(string | number)[]> {
    const answers: (string | number)[] = [];
    for (let i = 0; i < count; i++) {
      const { id, status } = await this.get(path, headers);
      answers.push(id ?? status);
    }
    return answers;
  }

  /** At the side door. */
  async admin(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const { url, token } = this.serving.admin!;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  async stats(): Promise<PoolsStats> {
    return (await (await fetch(`${this.serving.admin!.url}/stats`)).json()) as PoolsStats;
  }

  /** Waits until it has told of this, 15 s at most. */
  until(what: (event: Told) => boolean): Promise<boolean> {
    return eventually(() => this.told.some(what));
  }
}

function run(args: readonly string[], env: Record<string, string>) {
  return execa(process.execPath, [cli, 'proxy', ...args], {
    reject: false,
    stdin: 'ignore',
    timeout: 100_000,
    env,
    buffer: { stdout: true, stderr: true },
  });
}

/** Without waiting for it to serve: for what ends by itself. */
export const proxyCommand = (...args: string[]) => run(args, {});

/** Starts it on a free port with `--json`, and resolves once it serves. Ended when the test is over. */
export async function proxyOf(
  t: ExecutionContext,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<StandAlone> {
  const child = run([...args, '--json'], env);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await child;
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const told = () =>
    said
      .slice(0, said.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told);
  let line = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      line += text;
      if (line.includes('\n')) resolve();
    });
    void child.then(({ stderr, exitCode }) => reject(new Error(`it ended with ${exitCode}: ${stderr}`)));
  });
  return new StandAlone(JSON.parse(line.split('\n')[0]!) as Serving, child, told);
}

export const listenFree = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
export const quickChecks = ['--set', 'health.interval=100ms', '--set', 'health.unhealthy=2'];
export const backendArgs = (backends: readonly Backend[], more = '') =>
  backends.flatMap(({ id, url }) => ['--backend', `${url},id=${id}${more}`]);

/** A balancer's file, in a folder that is gone when the test is over. */
export async function fileOf(t: ExecutionContext, content: object): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-proxy-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'balancer.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(content, undefined, 2));
  return file;
}

/** One request on a connection of its own. Status 0 where the connection broke or was refused. */
export function ask(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const lost = () => resolve({ status: 0, id: undefined, url: undefined, headers: {} });
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const call = request(url, { method, headers, agent: false, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', lost);
      response.on('end', () => {
        const { id, url: seen } = response.statusCode === 200 ? JSON.parse(text) : {};
        resolve({ status: response.statusCode!, id, url: seen, headers: response.headers });
      });
    });
    call.on('error', lost);
    call.end();
  });
}

/** Polls until it holds; false after `ms`. */
export async function eventually(what: () => boolean | Promise<boolean>, ms = 15_000): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; ) {
    if (await what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
