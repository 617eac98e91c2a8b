/** After a trial: what its backends say they executed, kept for `collect.ts`. */
import type { Fleet } from './drivers/driver.ts';
import { writeExecutionLog } from './execution-log.ts';
import type { ExecutionsKept } from './recording.ts';

/**
 * Asks every backend, and writes the log. A process that is younger than the trial took another's place, and what that one had
 * executed is not known; nor is anything of one that does not answer. Undefined where none does, as services of the user's own.
 * @param began monotonic ms (clock.ts), before the first request; @param t0 the trial's zero
 */
export async function keepExecutions(
  fleet: Fleet,
  file: string,
  { began, t0 }: { began: number; t0: number },
): Promise<ExecutionsKept | undefined> {
  const told = await Promise.all(
    fleet.backends.map(({ id }) => fleet.executed(id).catch(() => undefined)), // it is gone: unknown
  );
  if (told.every((it) => it === undefined)) return undefined;
  const pairs: number[] = [];
  const unknown: ExecutionsKept['unknown'] = [];
  for (const [index, it] of told.entries()) {
    const backend = fleet.backends[index]!.id;
    if (it === undefined) unknown.push({ backend, before: null });
    else if (it.startedAt > began) unknown.push({ backend, before: it.startedAt - t0 });
    for (const request of it?.requests ?? []) pairs.push(request, index);
  }
  writeExecutionLog(file, pairs);
  return { rows: 'all', unknown };
}
