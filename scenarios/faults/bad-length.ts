/**
 * A response whose Content-Length cannot be trusted: two that differ, one beside chunks, one that is no number, or one that
 * promises more than ever comes. Whoever believes one of two readings can be made to take a part of one response for
 * another (RFC 9112 §6.3); a balancer answers 502 and drops the connection, or, where it waits for the rest, times out.
 */
import { type BadLength, defineService, pass } from './fault.ts';

export default defineService({
  about: 'Content-Length contradicts itself or the body',
  options: {
    how: {
      type: 'choice',
      default: 'differing',
      of: ['differing', 'with-chunked', 'malformed', 'too-long'],
      about:
        'two lengths; a length and chunks; no number; or twice what comes, on a connection that stays open',
    },
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ how, share, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'bad-length', how: how as BadLength } : pass,
});

/** Raw fields that stand in the place of a Content-Length that is true. */
export function misframed(how: BadLength, length: number): string[] {
  const said = ['content-length', String(length)];
  if (how === 'differing') return [...said, 'content-length', String(length + 1)];
  if (how === 'with-chunked') return [...said, 'transfer-encoding', 'chunked'];
  return ['content-length', how === 'malformed' ? `${length}x` : String(2 * length)];
}
