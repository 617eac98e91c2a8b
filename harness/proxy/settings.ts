/** What a balancer process is told when it starts. Plain JSON: it crosses a process boundary. */

import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Options, Values } from '../../strategies/strategy.ts';

export interface ProxySettings {
  /** Host and port to listen on; port 0 takes a free one. */
  listen: { host: string; port: number };
  /** Absent: no side door. */
  admin?: AdminSettings;
  strategy: {
    /** Public name, or an absolute path to a user's own file. */
    name: string;
    /** Checked against what the strategy declares, defaults filled in, durations in ms. */
    values: Values<Options>;
  };
  balancer: BalancerSettings;
  backends: ProxyBackend[];
  /** Seed of the strategy's draws: the trial's, the same for every balancer of a fleet. */
  seed: number;
  /** Where this balancer stands among those that share the load; it tells their draws apart. Absent: it is alone. */
  balancers?: { index: number; count: number };
  /** One way between regions and zones, ms, for strategies that ask; both ways, unless each is given. */
  latencies?: Record<string, Record<string, number>>;
  /** Within one place, ms; 0 unless given. */
  latencyWithin?: number;
  /** Where to record attempts (harness/attempt-log.ts) and events (ndjson, t in clock.ts ms); absent for a stand-alone proxy. */
  record?: { attempts: string; events: string };
}

export interface AdminSettings {
  host: string;
  port: number;
  /** A Unix socket instead of both: who may open the file may do everything. */
  path?: string;
  /** Names it may be asked under, beside its address and those of loopback. */
  hosts?: readonly string[];
  /** Absent: one is made. */
  token?: string;
}

export interface ProxyBackend {
  id: string;
  /** Position in the pool, which is the fleet unless `fleetIndex` says otherwise; dense and stable. */
  index: number;
  /** Position in the fleet, in a pool of some of its backends. */
  fleetIndex?: number;
  host: string;
  port: number;
  weight: number;
  zone?: string;
}

/** What the process answers once it serves. */
export interface ProxyReady {
  port: number;
  /** 0 and empty where there is no side door. */
  adminPort: number;
  adminToken: string;
}
