/**
 * Whether a fleet is steady before the first fault: what goes wrong afterwards could not be told from what went wrong before. Each limit
 * has a slack of three or four standard deviations of chance, so that a short lead, or a fleet near its limit, does not trip it by itself.
 */
import { z } from 'zod';
import { share } from './units.ts';

export const steadySettings = z
  .union([
    z.literal(false),
    z.strictObject({
      errorRate: share
        .prefault('1%')
        .describe('most of the requests since t = 0 that may have failed, been lost or found no connection'),
      lost: share.prefault('0.5%').describe('most of them that may have been lost'),
      growth: share
        .prefault('10%')
        .describe(
          'most of those sent in the second half of the time before the first fault that may have piled up',
        ),
      healthy: z
        .boolean()
        .default(true)
        .describe(
          'whether every backend must be in service: not unhealthy, ejected or behind an open breaker',
        ),
    }),
  ])
  .prefault({})
  .describe(
    'what must hold when the first fault is due, else none is started; false where a story begins with one',
  );

export type SteadySettings = Exclude<z.output<typeof steadySettings>, false>;

/** What was counted since t = 0, at a time (ms from it). */
export interface Look {
  readonly t: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly lost: number;
  readonly notSent: number;
}

/**
 * Why the fleet is not steady, what was found and what to do; undefined where it is. `half`: the look half-way to `now`. `down`:
 * backends that a balancer leaves out.
 */
export function unsteady(
  { errorRate, lost, growth, healthy }: SteadySettings,
  half: Look | undefined,
  now: Look,
  down: readonly string[],
): string | undefined {
  if (healthy && down.length > 0)
    return `${down.slice(0, 5).join(', ')}${down.length > 5 ? ` and ${down.length - 5} more` : ''} ${down.length === 1 ? 'was' : 'were'} out of service; look at balancer.health and at what the backends serve, or allow it with steady.healthy=false`;
  const ended = now.ok + now.failed + now.lost + now.notSent;
  const bad = now.failed + now.lost + now.notSent;
  if (bad > chance(errorRate, ended))
    return `${percent(bad / ended)} of ${ended} requests had failed, been lost or found no connection, and ${percent(errorRate)} may; lower the load, or raise steady.errorRate`;
  if (now.lost > chance(lost, ended))
    return `${percent(now.lost / ended)} of ${ended} requests had been lost, and ${percent(lost)} may; look for what breaks them, or raise steady.lost`;
  if (half === undefined) return undefined;
  const sent = now.sent - half.sent;
  const piled = inFlight(now) - inFlight(half);
  // A queue of a busy fleet wanders as far by itself: arrivals and departures are a random walk.
  if (piled > growth * sent + 4 * Math.sqrt(2 * sent))
    return `requests piled up: of ${sent} sent since ${Math.round(half.t)} ms, ${piled} more are under way than then, and ${percent(growth)} may be; lower the load, lengthen load.warmup, or raise steady.growth`;
  return undefined;
}

/** A share of so many, three standard deviations, and the one that any few may have. */
const chance = (limit: number, of: number) => (limit === 0 ? 0 : limit * of + 3 * Math.sqrt(limit * of) + 1);

const inFlight = ({ sent, ok, failed, lost }: Look) => sent - ok - failed - lost;

const percent = (of: number) => `${+(100 * of).toPrecision(2)}%`;
