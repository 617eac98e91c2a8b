/**
 * A balancer's own file (`steelyard proxy --config`): the keys of a scenario's `balancer` section, and what a scenario says
 * elsewhere or not at all: where to listen, the backends, the strategy. Pure; the file is read by harness/standalone.ts.
 */
import { z } from 'zod';
import { adminAddress, backendUrl, listenAddress } from './addresses.ts';
import { balancer, balancerIssues } from './balancer-settings.ts';
import { name } from './names.ts';
import { duration } from './units.ts';

const backend = z
  .union([
    z.string(),
    z.strictObject({
      url: z.string(),
      id: name.optional().describe('b1, b2, … in their order, unless given'),
      weight: z.number().positive().max(1_000_000).default(1),
      zone: name.optional().describe('where it stands, for strategies that ask'),
    }),
  ])
  .transform((it, context) => {
    const { url, ...rest } = typeof it === 'string' ? { url: it, weight: 1 } : it;
    const address = backendUrl.safeParse(url);
    if (address.success) return { ...address.data, ...rest };
    const path = typeof it === 'string' ? [] : ['url'];
    context.addIssue({ code: 'custom', path, message: address.error.issues[0]!.message });
    return z.NEVER;
  });

const admin = z
  .union([
    adminAddress.transform((listen) => ({ listen, hosts: [] as string[] })),
    z.strictObject({
      listen: adminAddress,
      hosts: z
        .array(z.string().min(1))
        .default([])
        .describe('names it may be asked under, beside its address and those of loopback'),
      tokenFile: z
        .string()
        .min(1)
        .optional()
        .describe('file that holds the token; else one is made and printed'),
    }),
  ])
  .describe('side door: statistics, metrics, events, changes of the pool');

// Several balancers, their places and what they share exist in the simulator only: here, each is a process.
const { count: _count, zones: _zones, board: _board, ...own } = balancer.shape;

export const balancerFile = z
  .strictObject({
    listen: listenAddress,
    admin: admin.optional(),
    backends: z.array(backend).min(1),
    strategy: z.string().min(1).default('p2c').describe('a name, or the path of a file of yours'),
    options: z.record(z.string(), z.unknown()).default({}).describe('of the strategy'),
    latencies: z
      .record(name, z.record(name, duration))
      .default({})
      .describe('one way between regions and zones; both ways, unless each is given'),
    accessLog: z.string().min(1).optional().describe('file for a JSON line a request; - for standard output'),
    drain: duration
      .prefault('10s')
      .describe('how long requests in flight may take to finish when it is told to stop'),
    seed: z.int().min(0).default(1),
    ...own,
  })
  .superRefine(balancerIssues)
  .superRefine(({ backends }, context) => {
    const ids = new Map<string, number>();
    for (const [i, { id }] of backends.entries()) {
      if (id === undefined) continue;
      const twin = ids.get(id);
      if (twin === undefined) ids.set(id, i);
      else
        context.addIssue({
          code: 'custom',
          path: ['backends', i, 'id'],
          message: `expected an id that no other backend has, got \`${id}\`, which backends.${twin} has`,
        });
    }
  });

export type BalancerFile = z.output<typeof balancerFile>;

/** Keys of the file that are also keys of a scenario's `balancer`. */
export const balancerKeys: ReadonlySet<string> = new Set(Object.keys(own));
