/** Waiting until a backend serves: on its load port and its control port, from its own address, under its own name. */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { headers } from '../../scenarios/headers.ts';
import { now } from '../clock.ts';
import { controlOf } from './control.ts';
import type { FleetBackend } from './driver.ts';

/** Each look's patience. Short: a SYN lost while an address comes back is sent again only after a second. */
const lookMs = 250;

export interface ServesOptions {
  controlOnly?: boolean;
  signal?: AbortSignal;
  /** Looked at now and then: rejects when waiting has become pointless. */
  alive?: () => Promise<void>;
}

/** Resolves once the backend answers under its own name; rejects after `patienceMs`, or when another answers in its place. */
export async function servesAs(
  backend: FleetBackend,
  patienceMs: number,
  { controlOnly = false, signal, alive }: ServesOptions = {},
): Promise<void> {
  const until = now() + patienceMs;
  const control = controlOf(backend.host, backend.controlPort);
  for (let look = 1; ; look++) {
    signal?.throwIfAborted();
    try {
      const names = [(await control.state(lookMs)).id];
      if (!controlOnly) names.push(await nameAtLoadPort(backend));
      const stranger = names.find((name) => name !== backend.id);
      if (stranger === undefined) return;
      throw new Error(`expected ${backend.id}, but ${stranger || 'a stranger'} answers there`);
    } catch (cause) {
      if (now() > until) {
        const where = `${backend.host}, ports ${backend.port} and ${backend.controlPort}`;
        const { message } = cause as Error;
        throw new Error(`${backend.id} does not serve at ${where} after ${patienceMs} ms: ${message}`, {
          cause,
        });
      }
    }
    if (look % 5 === 0) await alive?.();
    await sleep(look < 10 ? 25 : 100);
  }
}

function nameAtLoadPort({ host, port }: FleetBackend): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = { host, port, path: '/health', headers: { [headers.beside]: '1' } };
    get({ ...where, agent: false, signal: AbortSignal.timeout(lookMs) }, (response) => {
      response.resume();
      response.on('error', reject).on('end', () => resolve(String(response.headers[headers.backend] ?? '')));
    }).on('error', reject);
  });
}
