/** Where a client connection stands. What is up to `body` reads requests; `waiting` and what comes after reads ahead, or no more. */
export const state = {
  /** Between requests, or in a head. */
  head: 0,
  body: 1,
  /** The request is complete, its response is not. */
  waiting: 2,
  /** The response is complete but not taken; the next request waits for that. */
  draining: 3,
  /** We have closed our side and read on until the client closes its own. */
  linger: 4,
  tunnel: 5,
} as const;
