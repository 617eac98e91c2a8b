/** What a route sees of a request of the load. */

import type { RequestShape } from './request-shape.ts';
import type { Routable } from './route-match.ts';

/** What Host says where the load does not: the address of a balancer on this machine. */
const here = '127.0.0.1';

export function asked({
  method,
  path,
  host = here,
  headers = {},
}: Pick<RequestShape, 'method' | 'path' | 'host' | 'headers'>): Routable {
  const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    host: host.toLowerCase(),
    path: path.replace(/\?.*/, ''),
    field: (name) => (name === 'host' ? host : fields.get(name)),
  };
}
