/** What the server is told, in the environment: a container has no other channel before it listens. */
import type { NetworkSettings } from '../scenarios/distances.ts';
import type { BackendSpec } from '../scenarios/scenario.ts';

export interface ServerSettings {
  readonly spec: BackendSpec;
  readonly host: string;
  /** Where load goes; 0 takes a free one. */
  readonly port: number;
  /** Where the harness speaks to it; 0 takes a free one. */
  readonly controlPort: number;
  readonly seed: number;
  /** Absent: what comes has come no way. */
  readonly network?: NetworkSettings | undefined;
}

/** Reads STEELYARD_BACKEND. Throws an Error with one sentence where it says too little. */
export function readSettings(text: string | undefined): ServerSettings {
  if (!text) throw new Error('expected the settings as JSON in STEELYARD_BACKEND, got none');
  let given: Partial<ServerSettings>;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new Error(`expected JSON in STEELYARD_BACKEND: ${(cause as Error).message}`, { cause });
  }
  const { spec, host = '127.0.0.1', port = 0, controlPort = 0, seed = 1, network } = given;
  if (typeof spec?.id !== 'string' || typeof spec.service?.kind !== 'string')
    throw new Error('expected `spec` in STEELYARD_BACKEND to be a backend of a parsed scenario');
  return { spec, host, port, controlPort, seed, network };
}
