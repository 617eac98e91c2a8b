/** What a balancer does with connections where it balances those (`layer: 4`) and not the requests in them. */
import { z } from 'zod';
import { positiveDuration } from './units.ts';

export const layer = z
  .union([z.literal(4), z.literal(7)])
  .default(7)
  .describe('4 picks once per connection and passes bytes, 7 picks for each HTTP request');

export const tcp = z
  .strictObject({
    // Envoy's default for its TCP proxy.
    idle: positiveDuration
      .prefault('1h')
      .describe('silence in both directions after which a connection is closed'),
    // What HAProxy's manual gives as an example of `timeout client-fin`.
    halfClosed: positiveDuration
      .prefault('30s')
      .describe('silence after which a connection is closed of which one side has sent its FIN'),
    // What HAProxy's manual gives as an example of `tcp-request inspect-delay`.
    hello: positiveDuration
      .prefault('5s')
      .describe('how long a TLS client may take to say its name, where routes go by it; then it has none'),
    proxyProtocol: z
      .union([z.literal(false), z.enum(['v1', 'v2'])])
      .default(false)
      .describe('header that tells the backend the address of the client'),
  })
  .prefault({})
  .describe('connections at layer 4');
