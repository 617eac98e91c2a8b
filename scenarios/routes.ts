/**
 * Content routing, as data: which requests go to which pool of backends. The first route that matches has the request;
 * where none does, it goes to the pool of all backends. Matched is what was sent, undecoded: `/%61pi` is not `/api`.
 */
import { z } from 'zod';
import { fieldName, fieldValue, headerEdits, isOurs } from './header-edits.ts';
import { name, namePattern } from './names.ts';
import { show } from './show.ts';

const path = z
  .string()
  .max(2000)
  .regex(/^\/[!"$->@-~]*$/, {
    error: ({ input }) =>
      `expected a path that starts with / and has no ?, # or space in it, got ${show(input)}`,
  });

export const host = z.string().regex(/^(?:\*\.)?[A-Za-z0-9._~-]{1,253}$|^\[[0-9A-Fa-f:.]+\]$/, {
  error: ({ input }) =>
    `expected a host without port, such as example.com or *.example.com, got ${show(input)}`,
});

const matched = fieldName.refine((it) => !isOurs(it), {
  error: ({ input }) =>
    `expected a field that kinds of requests have, got ${show(input)}, which tells single requests apart`,
});

const method = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}$/);

const oneOrMore = <T extends z.ZodType>(it: T) => z.union([it, z.array(it).min(1)]);

/** Names what a pool is made of: an id, all that an entry of the fleet makes, or a zone. */
const selector = z.string().refine((it) => namePattern.test(it.replace(/^zone:/, '')), {
  error: ({ input }) => `expected the id of a fleet entry or backend, zone:NAME or all, got ${show(input)}`,
});

export const route = z
  .strictObject({
    host: oneOrMore(host).optional().describe('without port; *.example.com is every name below it'),
    sni: oneOrMore(host)
      .optional()
      .describe('at layer 4, the name that a TLS client asks for; *.example.com is every name below it'),
    path: path.optional().describe('a prefix of whole segments: /api is /api and /api/…, not /apis'),
    exact: path.optional().describe('the whole path'),
    method: oneOrMore(method).optional(),
    header: z
      .record(matched, z.union([fieldValue, z.literal(true)]))
      .optional()
      .describe('fields with their values; true where any value will do'),
    pool: selector
      .default('all')
      .describe('one of balancer.pools, the id of a fleet entry or backend, zone:NAME or all'),
    strip: z.boolean().default(false).describe('sends the request on without the prefix'),
    rewrite: path.optional().describe('what stands in place of the prefix, or of the exact path'),
    request: headerEdits.optional().describe('changes of the fields of requests'),
    response: headerEdits.optional().describe('changes of the fields of responses'),
  })
  .superRefine((it, context) => {
    const issue = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (it.path !== undefined && it.exact !== undefined)
      issue('exact', 'expected one of path and exact, got both');
    if (it.strip && it.path === undefined) issue('strip', 'expected a `path` to strip, got none');
    if (it.strip && it.rewrite !== undefined) issue('rewrite', 'expected one of strip and rewrite, got both');
    if (it.rewrite !== undefined && it.path === undefined && it.exact === undefined)
      issue('rewrite', 'expected a `path` or `exact` to rewrite, got none');
  });

export const pool = z.strictObject({
  backends: z.array(selector).min(1).describe('ids of fleet entries or backends, zone:NAME, all'),
  strategy: name.optional().describe("by its public name; the contender's unless given"),
  options: z.record(z.string(), z.unknown()).default({}).describe('of that strategy'),
});

export const routing = {
  routes: z
    .array(route)
    .max(1000)
    .default([])
    .describe('which requests go to which pool; the first match wins'),
  pools: z
    .record(
      name.refine((it) => it !== 'all', {
        error: 'expected a name other than `all`, which is every backend',
      }),
      pool,
    )
    .default({})
    .describe('pools that routes name, each with counts, health and a strategy of its own'),
  request: headerEdits.optional().describe("changes of every request's fields, before a route's own"),
  response: headerEdits.optional().describe("changes of every response's fields, before a route's own"),
};

export type RouteSettings = z.output<typeof route>;
export type PoolSettings = z.output<typeof pool>;
