/**
 * What the benches of the proxy put under load: ours, others, and none. All of them serve the same backends, round robin,
 * with kept connections on both sides, active health checks where they have any, and no access log.
 */

export interface Subject {
  readonly name: string;
  readonly layer: 4 | 7;
  /** Rejects when it cannot be started, with what to install. */
  readonly start: (world: World) => Promise<Serving>;
}

/** What every subject is given. */
export interface World {
  /** Of the three backends, on 127.0.0.1. */
  readonly backends: readonly number[];
  /** An empty folder for its files. */
  readonly dir: string;
}

export interface Serving {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Its process, whose children count as its own. */
  readonly pid: number;
  stop(): Promise<void>;
}
