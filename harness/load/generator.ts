/** What a load generator is told and what it says, whichever one it is. Plain JSON: it crosses a process boundary. */

import type { LoadOccurrence } from '../../scenarios/load-faults.ts';
import type { Load } from '../../scenarios/scenario.ts';
import type { RequestCounts } from '../recording.ts';
import type { WaySettings } from './way.ts';

export { headers } from '../../scenarios/headers.ts';

export interface GeneratorSettings {
  target: { host: string; port: number };
  load: Load;
  /** Absent: in clear, whatever `load.tls` says. */
  tls?: NonNullable<Load['tls']>;
  /** Open load: requests per second, utilization already turned into a rate. 0 for closed load. */
  rate: number;
  /** Faults of the load, each time that they come. Absent: none. */
  faults?: readonly LoadOccurrence[];
  /** Connections come from their clients' addresses (client-address.ts). */
  clientAddresses?: boolean;
  /** Absent: clients are where the balancer is. */
  way?: WaySettings;
  seed: number;
  /** Spool file for request rows (harness/spool.ts). */
  rows: string;
  /** id → index: responses name their backend in `steelyard-backend`. */
  backends: Record<string, number>;
  /** How long after the last send to wait for responses, ms; what has not ended then is in flight at the end. */
  grace: number;
}

/** From harness to generator. */
export type ToGenerator =
  | {
      type: 'start' /** Monotonic ms (clock.ts) at which the warm-up begins; t = 0 is `at + warmup`. */;
      at: number;
    }
  | { type: 'stop' };

/** From generator to harness. */
export type FromGenerator =
  | { type: 'ready' }
  | {
      type: 'progress' /** ms from t = 0 */;
      t: number;
      perSecond: number;
      p99Ms: number;
      counts: RequestCounts;
    }
  | { type: 'done'; result: GeneratorResult };

export interface GeneratorResult {
  /** Of the measured window. */
  counts: RequestCounts;
  windowMs: number;
  latenessMs?: { p50: number; p99: number; max: number };
  loopDelayP99Ms: number;
  /** Most connections open at once. */
  connections: number;
  cpuMicros: number;
}
