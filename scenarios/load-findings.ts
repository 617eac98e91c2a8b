/** Whether the faults of a load can be done to this one. */
import { loadFaultOf } from './catalogue.ts';
import type { Sections } from './consistency.ts';
import { loadOccurrencesOf } from './load-length.ts';
import type { Finding } from './problem.ts';

interface Growing {
  readonly fault: number;
  readonly at: number;
  readonly until: number;
}

/** A closed loop has no rate; what grows knows over how long, and grows alone. */
export function* loadFaultFindings({ fleet, load, faults }: Sections): Generator<Finding> {
  if (!fleet || !load || !faults) return;
  const told = new Set<number>();
  const growing: Growing[] = [];
  for (const it of loadOccurrencesOf({ fleet, load, faults })) {
    const { fault, kind, options, at, until = Number.POSITIVE_INFINITY } = it;
    if (told.has(fault)) continue;
    const change = loadFaultOf(kind).create(options as never)(until - at);
    if (change.kind !== 'rate') continue;
    if (load.closed) {
      told.add(fault);
      yield {
        path: ['faults', fault, kind],
        message: `expected load.open, whose rate ${kind} multiplies, got load.closed, which is as fast as it is answered; give load.open`,
      };
    } else if (change.over === Number.POSITIVE_INFINITY) {
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
}
