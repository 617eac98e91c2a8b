/** Waiting until a service of the user's own serves: it accepts connections, or answers a path of its own well. */
import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnService } from '../../scenarios/own-services.ts';
import { now } from '../clock.ts';

interface Where {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/** Each look's patience, ms. */
const lookMs = 1_000;

/** Resolves once it serves; rejects after `ready.within` ms with what was met last, or as soon as `alive` does. */
export async function serving(
  { id, host, port }: Where,
  ready: OwnService['ready'],
  alive: () => Promise<void> | void = () => undefined,
): Promise<void> {
  const until = now() + ready.within;
  for (let look = 1; ; look++) {
    await alive();
    const met =
      ready.path === undefined ? await accepted(host, port) : await answered(host, port, ready.path);
    if (met === '') return;
    if (now() > until) {
      const wanted = ready.path === undefined ? 'a connection' : `GET ${ready.path} answered below 400`;
      throw new Error(
        `${id} does not serve at ${host}:${port} after ${ready.within} ms: expected ${wanted}, got ${met}`,
      );
    }
    await sleep(look < 20 ? 25 : 100);
  }
}

/** Empty, or what went wrong. */
function accepted(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (met: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(met);
    };
    const timer = setTimeout(() => end(`nothing within ${lookMs} ms`), lookMs);
    socket
      .on('connect', () => end(''))
      .on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function answered(host: string, port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    get({ host, port, path, agent: false, signal: AbortSignal.timeout(lookMs) }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response
        .on('end', () => resolve(status < 400 ? '' : `HTTP ${status}`))
        .on('error', (error) => resolve(error.message));
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
