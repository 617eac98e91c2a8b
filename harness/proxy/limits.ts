/** Bounds on what one connection may cost. Each can be given to `createHttpProxy`; the defaults follow the balancers named. */
export interface Limits {
  /** Request line and fields, bytes; beyond it 414 or 431 (HAProxy: 16 KiB). */
  readonly requestHeadBytes: number;
  /** Request target, bytes; beyond it 414. */
  readonly targetBytes: number;
  /** Fields of a request; beyond it 431, never silently fewer (HAProxy: 101). */
  readonly requestFields: number;
  readonly responseHeadBytes: number;
  readonly responseFields: number;
  /** Interim (1xx) responses to one request; beyond it 502. */
  readonly interimResponses: number;
  /** Body bytes kept so that a request can be sent again; a longer body is sent once. */
  readonly replayBytes: number;
  /** Bytes of further requests read while one is being answered; the rest waits in the kernel. */
  readonly pipelinedBytes: number;
  /** From a request's first byte to the end of its head, ms; then 408. */
  readonly headMs: number;
  /** A request body must bring `bodyBytes` in every `bodyMs`, or 408 (Apache mod_reqtimeout: 500 bytes/s). */
  readonly bodyMs: number;
  readonly bodyBytes: number;
  /** How long a client may stay idle between requests, ms. */
  readonly keepAliveMs: number;
  /** How long to wait for the client's FIN after ours, reading on, so that it sees the answer and no reset, ms. */
  readonly lingerMs: number;
  /**
   * How long a client that has sent its FIN after a whole request is still worked for, ms: it may have closed only its own side, as
   * `printf … | nc` does, or be gone, which cannot be told apart until something is written to it.
   */
  readonly halfClosedMs: number;
  /**
   * A client must take `flushBytes` of what waits for it in every `flushMs`, or all of it; else it is reset (240 bytes/s: Kestrel's
   * MinResponseDataRate, HTTP.sys's minBytesPerSecond; in a time as long as HAProxy's usual `timeout client`).
   */
  readonly flushMs: number;
  readonly flushBytes: number;
  /** How long an unused connection to a backend is kept, ms: below the 5 s after which Node's own server closes one. */
  readonly upstreamIdleMs: number;
  /** Unused connections kept per backend. */
  readonly upstreamIdle: number;
  /** Silence in both directions after which a tunnel is closed, ms (HAProxy's `timeout tunnel`: 1 h). */
  readonly tunnelIdleMs: number;
  /** Client connections at once; further ones are answered 503 and closed. Undefined: from the limit on open files. */
  readonly clients: number | undefined;
}

export const defaultLimits: Limits = {
  requestHeadBytes: 16_384,
  targetBytes: 8_192,
  requestFields: 100,
  responseHeadBytes: 65_536,
  responseFields: 200,
  interimResponses: 16,
  replayBytes: 65_536,
  pipelinedBytes: 65_536,
  headMs: 10_000,
  bodyMs: 10_000,
  bodyBytes: 5_000,
  keepAliveMs: 75_000,
  lingerMs: 1_000,
  halfClosedMs: 1_000,
  flushMs: 30_000,
  flushBytes: 7_200,
  upstreamIdleMs: 4_000,
  upstreamIdle: 512,
  tunnelIdleMs: 3_600_000,
  clients: undefined,
};
