/** What HAProxy's two log formats have in common: how a session ended, and who served it. http://docs.haproxy.org/2.8/configuration.html#8.5 */
import type { Attempt, Failure } from './logged.ts';

const failures: Readonly<Record<string, Failure>> = {
  SC: 'refused',
  sC: 'silent',
  SH: 'broken',
  SD: 'broken',
  sH: 'timeout',
  sD: 'timeout',
};

/** By the first two letters of the termination state. */
export function failureOf(state: string, status: number): Failure | undefined {
  const how = state.slice(0, 2);
  if (how.startsWith('C') || how.startsWith('c')) return 'abandoned';
  return failures[how] ?? (status >= 500 ? 'error' : undefined);
}

/** `backend/server` as one; none where HAProxy answered itself. `took` in ms, below 0 where it did not come so far. */
export function attemptsOf(
  pool: string,
  server: string,
  took: number,
  status: number,
  failure: Failure | undefined,
): Attempt[] {
  if (server.startsWith('<')) return [];
  return [{ backend: `${pool}/${server}`, took: took < 0 ? undefined : took, status, failure }];
}

/** The address in `10.0.0.1:1234` or `::1:1234`. */
export const addressOf = (peer: string): string => peer.slice(0, Math.max(0, peer.lastIndexOf(':')));
