/** Headers between generator, balancer and backend. They are how one request keeps its identity and its luck on the way. */
export const headers = {
  /** Number of the request in the workload. */
  request: 'steelyard-request',
  /** Affinity key. */
  key: 'steelyard-key',
  /** Client address. */
  client: 'steelyard-client',
  /** Region of the client; where the load has regions. */
  region: 'steelyard-region',
  /** Quantile in (0, 1) at which the backend inverts its service-time law. */
  quantile: 'steelyard-quantile',
  /** From the harness itself, which stands beside every backend: no distance is made for what it asks. */
  beside: 'steelyard-beside',
  /** Response: which backend answered. */
  backend: 'steelyard-backend',
  /** Response: how many attempts the balancer made. */
  attempts: 'steelyard-attempts',
  /** Response: the backend's load, by ORCA's name for it (gRPC A51), so that backends in the wild are understood too. */
  load: 'endpoint-load-metrics',
} as const;

/** Where a backend answers probes of its load (`{ inFlight, latency }`, LoadMeter's), on the port that serves requests. */
export const loadPath = '/load';
