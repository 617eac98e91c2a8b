/**
 * Who served what, where an attempt is a connection (layer 4) and says nothing of the requests in it: read off the
 * responses, which name their backend. A request that no backend answered is nobody's.
 */
import {
  type AttemptColumns,
  attemptColumns,
  attemptKinds,
  type RequestColumns,
  type Run,
} from '../harness/recording.ts';

/** What it takes of a request's row. */
export const answered = ['index', 'sent', 'latency', 'status', 'backend'] as const;

const ok = attemptKinds.indexOf('ok');
const error = attemptKinds.indexOf('error');

/** Whether a trial's balancer picked for connections. */
export function ofConnections(run: Pick<Run, 'contenders'>, { contender }: { contender: string }): boolean {
  return run.contenders.find(({ name }) => name === contender)?.layer === 4;
}

/** Each answered request as one attempt on the backend that answered, from its sending to its last byte. */
export function servedRequests(
  rows: Pick<RequestColumns, 'length' | (typeof answered)[number]>,
): AttemptColumns {
  let count = 0;
  for (let row = 0; row < rows.length; row++) if (rows.backend[row]! >= 0) count++;
  const served = attemptColumns(count);
  for (let row = 0, at = 0; row < rows.length; row++) {
    if (rows.backend[row]! < 0) continue;
    served.request[at] = rows.index[row]!;
    served.attempt[at] = 1;
    served.backend[at] = rows.backend[row]!;
    served.picked[at] = rows.sent[row]!;
    served.ended[at] = rows.sent[row]! + rows.latency[row]!;
    served.kind[at] = rows.status[row]! >= 500 ? error : ok;
    served.status[at] = rows.status[row]!;
    at++;
  }
  return served;
}
