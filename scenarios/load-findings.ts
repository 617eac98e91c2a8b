/** Whether the faults of a load can be done to this one. */
import type { Sections } from './consistency.ts';
import { Crowd } from './crowd.ts';
import { changeOf } from './load-faults.ts';
import { loadClockOf, loadOccurrencesOf } from './load-length.ts';
import type { Finding } from './problem.ts';

/** Of a closed load, as in the schema. */
const mostConnections = 10_000;

interface Growing {
  readonly fault: number;
  readonly at: number;
  readonly until: number;
}

/** What grows knows over how long, and grows alone; and a closed loop does not grow beyond what it may have. */
export function* loadFaultFindings({ fleet, load, faults }: Sections): Generator<Finding> {
  if (!fleet || !load || !faults) return;
  const told = new Set<number>();
  const growing: Growing[] = [];
  for (const it of loadOccurrencesOf({ fleet, load, faults })) {
    const { fault, kind, at, until = Number.POSITIVE_INFINITY } = it;
    if (told.has(fault)) continue;
    const change = changeOf(it);
    if (change.kind !== 'rate') continue;
    if (change.over === Number.POSITIVE_INFINITY) {
      told.add(fault);
      yield {
        path: ['faults', fault, kind],
        message: `expected \`until\`, \`over\` or load.duration, as nobody knows over how long this ${kind} grows, got none of them`,
      };
    } else if (change.over > 0) {
      const end = Math.min(until, at + change.over);
      const other = growing.find((it) => it.fault !== fault && it.at < end && it.until > at);
      if (other !== undefined) {
        told.add(fault);
        yield {
          path: ['faults', fault, kind],
          message: `expected one that grows at a time, got another, faults.${other.fault}, until ${other.until}ms; let one begin when the other has grown, or make one a spike`,
        };
      }
      growing.push({ fault, at, until: end });
    }
  }
  if (!load.closed || told.size > 0) return;
  const { most } = new Crowd(load.closed.connections, loadClockOf({ fleet, load, faults }));
  if (most > mostConnections)
    yield {
      path: ['load', 'closed', 'connections'],
      message: `expected at most ${mostConnections} connections, got ${most} at the height of the faults; give fewer, or a smaller spike`,
    };
}
