/**
 * The `network` section: what trips cost. All latencies are one way. The simulator's world is made of them; on real
 * drivers backends and load generators add them to the network there is (distances.ts).
 */
import { z } from 'zod';
import { name } from './names.ts';
import { duration, share } from './units.ts';

export const network = z.strictObject({
  client: duration
    .prefault('0ms')
    .describe('one way between client and balancer, where the table does not say'),
  backend: duration
    .prefault('0ms')
    .describe('one way between balancer and backend, within one zone or where the table does not say'),
  jitter: share
    .prefault(0)
    .describe('each trip is longer by an exponential draw whose mean is this share of its latency'),
  connect: duration.prefault('0ms').describe('what opening a connection costs beyond its round trip'),
  latencies: z
    .record(name, z.record(name, duration))
    .prefault({})
    .describe('one way between regions or zones; both ways, unless each is given'),
});

/** Every place the table names, in the order of their first mention. */
export const placesOf = ({ latencies }: Pick<z.output<typeof network>, 'latencies'>): string[] => [
  ...new Set(Object.entries(latencies).flatMap(([from, row]) => [from, ...Object.keys(row)])),
];
