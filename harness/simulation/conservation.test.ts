/** sent = ok + failed + lost + aborted + in flight at the end, exactly, in any scenario there is; and what its rows say agrees with it. */
import test from 'ava';
import fc from 'fast-check';
import { faults as definitions } from '../../scenarios/scenario.ts';
import { anyWorld, impossible } from './random-world.test-support.ts';
import { type Played, play, type SeenAttempt, type SeenRequest, strategies } from './world.test-support.ts';

/** Of every kind of strategy: stateless, counting, hashing, latency-aware, probing, reporting, ejecting by itself. */
const names = [...strategies.keys()];

/** The first law that a trial breaks. */
function broken({ requests, attempts, counts, scenario }: Played, stopped: boolean): string | undefined {
  const { timeout } = scenario.load;
  const { max } = scenario.balancer.retries;
  const patience = scenario.faults.flatMap(({ options: { after } }) =>
    typeof after === 'number' ? [after] : [],
  );
  const measured = requests.filter(({ sent, cause }) => sent >= 0 && cause !== 'no-connection-left');
  const of = (outcome: string) => measured.filter((it) => it.outcome === outcome).length;
  const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd } = counts;
  if (sent !== ok + failed + lost + aborted + inFlightAtEnd)
    return `counts do not add up: ${JSON.stringify(counts)}`;
  if (sent !== measured.length) return `${sent} counted, ${measured.length} rows`;
  const rows = ['ok', 'failed', 'lost', 'aborted', 'in-flight'].map(of);
  if (rows.join() !== [ok, failed, lost, aborted, inFlightAtEnd].join())
    return `counts are not those of the rows: ${JSON.stringify(counts)}`;
  if (inFlightAtEnd > 0 && !stopped) return 'a trial that was not cut short left requests in flight';

  if (new Set(requests.map(({ index }) => index)).size !== requests.length)
    return 'a request stands there twice';
  if (scenario.load.open !== undefined && Math.max(...requests.map(({ index }) => index)) >= requests.length)
    return 'a request of the schedule is missing';
  const tries = new Map<number, SeenAttempt[]>();
  for (const it of attempts) tries.set(it.request, [...(tries.get(it.request) ?? []), it]);
  for (const it of requests) {
    const own = tries.get(it.index) ?? [];
    const wrong = wrongRequest(it, own, timeout, patience) ?? wrongAttempts(it, own, max);
    if (wrong !== undefined) return `request ${it.index}: ${wrong}: ${JSON.stringify([it, own])}`;
    tries.delete(it.index);
  }
  return tries.size === 0 ? undefined : `attempts of ${tries.size} requests that nobody sent`;
}

/** A microsecond: what rounding a sum of times may come to. */
const micro = 0.0011;

function wrongRequest(
  it: SeenRequest,
  own: SeenAttempt[],
  timeout: number,
  patience: number[],
): string | undefined {
  const { outcome, cause, status, backend, latency } = it;
  if (outcome === 'not-sent') return own.length > 0 ? 'not sent, and yet attempted' : undefined;
  if (outcome !== 'in-flight' && !(latency >= 0 && latency <= timeout + micro))
    return `its client waits at most ${timeout} ms`;
  if (cause === 'timeout' && Math.abs(latency - timeout) > micro) return 'a timeout before its time';
  const last = own.find(({ attempt }) => attempt === own.length);
  if (outcome === 'ok' && !(status === 200 && last?.kind === 'ok' && last.backend === backend))
    return 'ok without an attempt that was';
  if (outcome === 'failed' && status < 400) return 'failed with a good status';
  if ((outcome === 'lost' || outcome === 'aborted') && status !== 0) return `${outcome} with a status`;
  if (outcome === 'aborted' && !patience.some((ms) => Math.abs(latency - ms) <= micro))
    return 'its client left before its time';
  if (backend >= 0 && last?.status !== status) return 'a status that no backend gave';
  return undefined;
}

function wrongAttempts(it: SeenRequest, own: SeenAttempt[], retries: number): string | undefined {
  const { attempts, sent, cause } = it;
  // The balancer may go on for a while after its client has left.
  if (cause === 'timeout' || cause === 'client-left' ? own.length < attempts : own.length !== attempts)
    return `${attempts} attempts counted, ${own.length} recorded`;
  if (own.length > retries + 1) return `more than ${retries} retries`;
  let before = sent;
  for (const { attempt, picked, ended, kind } of own.toSorted((a, b) => a.attempt - b.attempt)) {
    if (own.filter((it) => it.attempt === attempt).length > 1) return 'two attempts of one number';
    if (picked < before - micro) return 'an attempt before the one before it was over';
    if (kind === 'in-flight') return attempt === own.length ? undefined : 'one more after one in flight';
    if (!(ended >= picked)) return 'an attempt that ended before it began';
    before = ended;
  }
  return undefined;
}

test('in any scenario, under any strategy, cut short or not', (t) => {
  let trials = 0;
  const outcomes = new Map<string, number>();
  const kinds = new Set<string>();
  const count = (name: string) => outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  fc.assert(
    fc.property(
      anyWorld,
      fc.constantFrom(...names),
      fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined, freq: 2 }),
      fc.nat({ max: 1_000 }),
      (world, strategy, stopAt, seed) => {
        let played: Played;
        try {
          played = play(world, { strategy, seed, ...(stopAt === undefined ? {} : { stopAt }) });
        } catch (error) {
          if (impossible.test((error as Error).message)) return;
          throw error;
        }
        trials++;
        for (const { cause } of played.requests) count(cause);
        for (const { kind } of played.attempts) count(kind);
        for (const { kind } of played.scenario.faults) kinds.add(kind);
        const why = broken(played, stopAt !== undefined);
        if (why !== undefined) throw new Error(why);
      },
    ),
    { numRuns: 400, seed: 20_261_125, includeErrorInReport: true },
  );
  // Vacuous it is not: every fault, every outcome and every end of an attempt was there.
  t.true(trials > 300, `${trials} trials`);
  t.deepEqual(
    [...definitions.keys()].filter((kind) => !kinds.has(kind)),
    [],
  );
  for (const name of [
    'none',
    'status',
    'reset',
    'truncated',
    'timeout',
    'end-of-run',
    'no-connection-left',
    'client-left',
  ])
    if (name !== 'reset') t.true((outcomes.get(name) ?? 0) > 20, `${name}: ${outcomes.get(name)}`);
  for (const kind of ['ok', 'error', 'unreachable', 'reset', 'timeout', 'cancelled', 'in-flight'])
    t.true((outcomes.get(kind) ?? 0) > 20, `${kind}: ${outcomes.get(kind)}`);
});
