/** Whose a request is: where its key comes from, whose word on the client is taken, and who stays with which backend. */
import { z } from 'zod';
import { fieldName } from './header-edits.ts';
import { count } from './names.ts';
import { show } from './show.ts';
import { positiveDuration } from './units.ts';

const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const cookieName = z.string().regex(token, {
  error: ({ input }) => `expected the name of a cookie (RFC 6265 token), got ${show(input)}`,
});

const range = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: ({ input }) =>
    `expected an address such as 10.0.0.1 or a range such as 10.0.0.0/8, got ${show(input)}`,
});

const cookieAffinity = z.strictObject({
  cookie: cookieName.describe('set by the balancer; in a pool of its own its name ends with the pool’s'),
  path: z
    .string()
    .regex(/^\/[!-:<-~]*$/)
    .default('/'),
  httpOnly: z.boolean().default(true),
  secure: z.boolean().default(false).describe('sent back over TLS only'),
  sameSite: z.enum(['Strict', 'Lax', 'None']).default('Lax'),
  maxAge: positiveDuration.optional().describe('until the client closes unless given'),
  secret: z
    .string()
    .max(256)
    .default('')
    .describe(
      'mixed into what the cookie says, so that nobody can name a backend; the same in every balancer',
    ),
});

const headerAffinity = z.strictObject({
  header: fieldName.describe('requests of one value stay together'),
  entries: count
    .max(10_000_000)
    .default(100_000)
    .describe('values remembered, the least recently used forgotten first'),
});

export const identity = {
  key: z
    .union([z.string().regex(/^(?:header|cookie):[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/), z.literal('client')])
    .default('header:steelyard-key')
    .describe('where the affinity key comes from: header:NAME, cookie:NAME or client'),
  trusted: z
    .array(range)
    .optional()
    .describe(
      'peers that may speak for other clients (X-Forwarded-For, steelyard-client); unless given, loopback may say steelyard-client and nobody X-Forwarded-For',
    ),
  forwarded: z
    .array(z.enum(['proto', 'host']))
    .default([])
    .describe('X-Forwarded-Proto and -Host beside X-Forwarded-For'),
  via: z
    .union([z.literal(false), z.string().regex(token)])
    .default('steelyard')
    .describe('the name that requests sent on say they came by (RFC 9110 §7.6.3)'),
  identity: z
    .union([z.literal(false), fieldName])
    .default(false)
    .describe(
      'the response field in which backends say their id (ours: steelyard-backend): who says another’s has taken its address, and is out',
    ),
  affinity: z
    .union([z.literal(false), cookieAffinity, headerAffinity])
    .default(false)
    .describe('a client stays with its backend while that is available, and moves once when it is lost'),
};

export type AffinitySettings = Exclude<z.output<(typeof identity)['affinity']>, false>;
