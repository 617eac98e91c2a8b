/**
 * What a stand-alone balancer says on standard error: one line an event, for people, or as JSON for machines. Wall time is
 * a label here; the balancer itself counts on the monotonic clock.
 */
import { now } from '../clock.ts';
import type { BalancerEvent } from '../pool.ts';

/** An event as it is told outside: `time` and `until` are ISO 8601, in place of a clock that nobody else has. */
export type ToldEvent = BalancerEvent extends infer E
  ? E extends BalancerEvent
    ? { readonly time: string } & Omit<E, 't'>
    : never
  : never;

/** Wall-clock label of a monotonic time, ms. */
export function wallTime(t: number): string {
  return new Date(Date.now() + t - now()).toISOString();
}

export function toldEvent({ t, ...event }: BalancerEvent): ToldEvent {
  const until = 'until' in event && event.until !== undefined ? { until: wallTime(event.until) } : {};
  return { time: wallTime(t), ...event, ...until } as ToldEvent;
}

export interface HouseLog {
  event(event: ToldEvent): void;
  /** A sentence that is no event of the pool. */
  note(text: string): void;
}

/** Written at once: the last lines before an end are those that explain it. */
export function houseLog(json: boolean, write: (line: string) => void = toStderr): HouseLog {
  const time = () => new Date().toISOString();
  return {
    event: (event) => write(json ? JSON.stringify(event) : `${event.time} ${inWords(event)}`),
    note: (text) => write(json ? JSON.stringify({ time: time(), type: 'note', text }) : `${time()} ${text}`),
  };
}

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

function inWords({ time: _, type, ...event }: ToldEvent): string {
  const { backend = '', from, to, by, detail, ...rest } = event as Partial<Record<string, unknown>>;
  const words = [backend];
  if (from !== undefined || to !== undefined) words.push(`${from} → ${to}`);
  for (const [key, value] of Object.entries(rest))
    words.push(key === 'change' ? value : `${key} ${JSON.stringify(value)}`);
  const why = [by, detail].filter((it) => it !== undefined && it !== '').join(': ');
  if (why !== '') words.push(`(${why})`);
  return `${type}: ${words.filter((it) => it !== '').join(' ')}`;
}
