/**
 * The Docker daemon as the harness speaks to it: testcontainers finds it, dockerode does what testcontainers has no
 * word for. Ryuk, testcontainers' own reaper, is never started: its image cannot be pulled offline, and it would
 * remove what it does not know to be alive. `leavings.ts` does that job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { ContainerRuntimeClient } from 'testcontainers';

process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
// Where published ports would be reached. There are none, and testcontainers' own guess fails on a daemon without a default bridge.
process.env.TESTCONTAINERS_HOST_OVERRIDE ??= 'localhost';

/** The client of the daemon; made once, and only once one has answered. */
export async function runtimeClient(): Promise<ContainerRuntimeClient> {
  const { getContainerRuntimeClient } = await import('testcontainers'); // slow to load: only where Docker is asked for
  return getContainerRuntimeClient();
}

/** Removes a container, whatever state it is in; one that is gone or going already is fine. */
export async function removeContainer(id: string): Promise<void> {
  const { container } = await runtimeClient();
  try {
    await container.getById(id).remove({ force: true, v: true });
  } catch (error) {
    if (!isGone(error) && !isGoing(error)) throw error;
  }
}

/** Removes a network; one that is gone already is fine. A container that is just going holds it for a moment. */
export async function removeNetwork(id: string): Promise<void> {
  const { network } = await runtimeClient();
  for (let attempt = 1; ; attempt++)
    try {
      return await network.getById(id).remove();
    } catch (error) {
      if (isGone(error)) return;
      if (statusOf(error) !== 403 || attempt === 20) throw error; // 403: has active endpoints
      await sleep(100);
    }
}

/** The daemon's HTTP status behind an error of dockerode's. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

function isGoing(error: unknown): boolean {
  return statusOf(error) === 409 && /already in progress/.test((error as Error).message);
}

/** Resolves when the daemon has done what it reports on; rejects with the error it reports. */
export function followed(dockerode: Dockerode, progress: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    dockerode.modem.followProgress(progress, (error, events: { error?: string }[]) => {
      const failure = error ?? events.find((it) => it.error !== undefined)?.error;
      if (failure === undefined || failure === null) resolve();
      else reject(failure instanceof Error ? failure : new Error(failure));
    });
  });
}

/** How long a registry may take to begin an answer, ms. */
const answerMs = 10_000;

/** Fetches an image; it may take `deliveryMs`. Throws what hindered it, or the signal's reason. */
export async function pullImage(
  dockerode: Dockerode,
  image: string,
  signal: AbortSignal,
  deliveryMs: number,
): Promise<void> {
  const late = new AbortController();
  let timer = setTimeout(() => late.abort(new Error('no registry answered')), answerMs);
  try {
    // Without a tag Docker would pull every one there is.
    const name = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
    const progress = await dockerode.pull(name, { abortSignal: AbortSignal.any([signal, late.signal]) });
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(new Error('it took too long')), deliveryMs);
    await followed(dockerode, progress);
  } catch (error) {
    signal.throwIfAborted();
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

export async function imageExists(dockerode: Dockerode, image: string): Promise<boolean> {
  try {
    await dockerode.getImage(image).inspect();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
