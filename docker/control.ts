/**
 * The control port: how the harness looks at a backend, resets it and switches its faults. HTTP and JSON on a listener of
 * its own that load never touches, so that it answers while every request hangs.
 *
 *   GET    /state                                        what it is and has done
 *   GET    /executed                                     numbers of the requests whose work was done; { startedAt, requests }
 *   POST   /reset      { seed, from }                    as if just started; answers with the fresh state
 *   POST   /trial      { seed, from }                    which trial it is in, and from which zone it is asked; drops nothing
 *   POST   /faults     { fault, kind, options, seed }    switches a service-level fault on; { at }
 *   DELETE /faults/N                                     switches it off; { at, was }
 *   POST   /partition { direction }                       cuts the load port off; { at }
 *   DELETE /partition                                    ends that; { at }
 *   POST   /memory                                       takes memory until the kernel ends the process
 *   GET    /watch                                        never ends: it breaks when the process does
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { serviceFaultOf } from '../scenarios/catalogue.ts';
import { now } from './clock.ts';
import { takeMemory } from './memory.ts';
import { completeOptions } from './options.ts';
import type { Direction } from './partition.ts';
import type { Service } from './service.ts';

const longestBody = 65_536;

/** What GET /state and POST /reset answer. Times are monotonic ms since boot. */
export function stateOf(service: Service) {
  service.catchUp();
  const { spec, model, seed, startedAt, draining, received, counts, healthChecks, probes, inFlight } =
    service;
  const { user, system } = process.cpuUsage();
  return {
    id: spec.id,
    pid: process.pid,
    seed,
    draining,
    received,
    ...counts,
    inFlight,
    queued: model.waiting,
    busy: model.busy,
    completed: model.completed,
    healthChecks,
    probes,
    faults: model.faults.kinds,
    partition: service.partition.direction ?? null,
    cpuMicros: user + system,
    startedAt,
    now: now(),
  };
}

export type BackendState = ReturnType<typeof stateOf>;

async function readJson(req: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) {
    text += chunk;
    if (text.length > longestBody) throw new RangeError(`expected at most ${longestBody} bytes`);
  }
  const value: unknown = JSON.parse(text || '{}');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`expected a JSON object, got ${JSON.stringify(value)}`);
  return value as Record<string, unknown>;
}

function whole(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new RangeError(`${name}: expected a whole number from 0 up, got ${JSON.stringify(value)}`);
}

/** The zone of the balancer; absent where that has none. */
function zone(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new RangeError(`from: expected a zone, got ${JSON.stringify(value)}`);
}

function directionOf(value: unknown): Direction {
  if (value === 'both' || value === 'in' || value === 'out') return value;
  throw new RangeError(`direction: expected both, in or out, got ${JSON.stringify(value)}`);
}

function setFault(service: Service, given: Record<string, unknown>): { at: number } {
  const { fault, kind, options = {}, seed = service.seed } = given;
  const number = whole('fault', fault);
  const definition = serviceFaultOf(String(kind));
  if (typeof options !== 'object' || options === null)
    throw new RangeError(`options: expected an object, got ${JSON.stringify(options)}`);
  const values = completeOptions(definition.options, options as Record<string, unknown>);
  const at = service.catchUp();
  service.model.faults.set(number, String(kind), definition, values, at, whole('seed', seed));
  return { at };
}

async function answer(service: Service, req: IncomingMessage): Promise<object | undefined> {
  const path = (req.url ?? '/').split('?')[0]!;
  const route = `${req.method} ${path}`;
  if (route === 'GET /state') return stateOf(service);
  if (route === 'GET /executed') return { startedAt: service.startedAt, requests: service.executed };
  if (route === 'POST /reset') {
    const { seed = service.seed, from } = await readJson(req);
    await service.partition.end();
    service.reset(whole('seed', seed), zone(from));
    return stateOf(service);
  }
  if (route === 'POST /trial') {
    const { seed = service.seed, from } = await readJson(req);
    service.join(whole('seed', seed), zone(from));
    return stateOf(service);
  }
  if (route === 'POST /partition') {
    await service.partition.begin(directionOf((await readJson(req)).direction));
    return { at: now() };
  }
  if (route === 'DELETE /partition') {
    await service.partition.end();
    return { at: now() };
  }
  if (route === 'POST /memory') {
    takeMemory();
    return { at: now() };
  }
  if (route === 'POST /faults') return setFault(service, await readJson(req));
  const match = /^DELETE \/faults\/(\d{1,9})$/.exec(route);
  if (!match) return undefined;
  const at = service.catchUp();
  return { at, was: service.clearFault(Number(match[1])) };
}

function send(res: ServerResponse, status: number, says: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(says));
}

export function createControl(service: Service): Server {
  const server = createServer((req, res) => {
    if (req.method === 'GET' && req.url === '/watch') {
      res.writeHead(200, { 'content-type': 'text/plain' }).write('watching\n');
      return;
    }
    answer(service, req).then(
      (says) =>
        says ? send(res, 200, says) : send(res, 404, { error: `no route ${req.method} ${req.url}` }),
      (error: Error) => {
        const given = error instanceof RangeError || error instanceof SyntaxError;
        send(res, given ? 400 : 500, { error: error.message });
      },
    );
  });
  server.keepAliveTimeout = 3_600_000;
  server.requestTimeout = server.headersTimeout = server.timeout = 0;
  return server;
}
