/**
 * A daemon that stops or restarts takes the containers with it, in mid-run and unasked. Its stream of events breaks off at that
 * moment, which tells it from every fault a scenario asks for; what is left is removed once it answers again.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../clock.ts';
import { runtimeClient } from './docker-client.ts';

const backWithinMs = 60_000;
const lookEveryMs = 250;

/**
 * `lost` resolves, with what to say of it, when the daemon has gone away; never after `end`. `label` is one of the fleet's, so that
 * events are few.
 */
export async function watchDaemon(label: string): Promise<{ lost: Promise<string>; end(): void }> {
  const { dockerode } = (await runtimeClient()).container;
  const { promise: lost, resolve } = Promise.withResolvers<string>();
  const events = await dockerode.getEvents({ filters: { label: [label] } });
  const gone = () =>
    resolve(
      'The Docker daemon stopped or restarted in mid-run and took the backends with it, so what was measured since cannot be ' +
        'believed. What was left of them is removed once it answers again; then run again.',
    );
  for (const end of ['error', 'end', 'close']) events.on(end, gone);
  events.resume();
  const end = () => {
    for (const name of ['end', 'close']) events.removeListener(name, gone);
    (events as Readable).destroy();
  };
  return { lost, end };
}

/** Resolves once the daemon answers, at once where it never went away. Rejects after a minute with what is left to do. */
export async function daemonBack(): Promise<void> {
  const { dockerode } = (await runtimeClient()).container;
  for (const until = now() + backWithinMs; ; await sleep(lookEveryMs))
    try {
      await dockerode.ping();
      return;
    } catch (cause) {
      if (now() > until)
        throw new Error(
          'The Docker daemon has not come back within a minute, so containers may be left: start it and run "steelyard clean"',
          { cause },
        );
    }
}
