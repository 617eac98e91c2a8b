/** The two processes of a trial as the trial sees them: what they use, that they live, and what they say when they do not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import type { FromGenerator, ToGenerator } from './load/generator.ts';
import type { Child } from './role.ts';
import { Watchdog } from './watchdog.ts';

export type BalancerProcess = Child<{ type: 'cpu' }, { type: string; micros: number }>;
export type GeneratorProcess = Child<ToGenerator, FromGenerator>;

/** Longest silence of a process before it counts as hung, ms: far above what a busy machine explains. */
const silence = 10_000;
const lookEvery = 1_000;
const answerWithin = 5_000;

/** `barked` rejects when one of the two hangs, and never resolves. `stillLoad`: see `WatchdogLimits.load`. */
export function watchOver(
  proxy: BalancerProcess,
  generator: GeneratorProcess,
  stillLoad: number,
): { barked: Promise<never>; end(): void } {
  const dog = new Watchdog({ balancer: silence, generator: silence, load: stillLoad }, now());
  proxy.onMessage(() => dog.balancerAnswered(now()));
  let ended = 0;
  generator.onMessage((message) => {
    if (message.type !== 'progress') return;
    const { counts, perSecond } = message;
    ended += perSecond; // the counts leave the warm-up out
    dog.generatorSaid(ended + counts.sent + counts.ok + counts.failed + counts.lost + counts.notSent, now());
  });
  let timer: NodeJS.Timeout | undefined;
  const barked = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      proxy.send({ type: 'cpu' }); // any answer will do
      const verdict = dog.verdict(now());
      if (verdict !== undefined) reject(new Error(verdict));
    }, lookEvery);
  });
  return { barked, end: () => clearInterval(timer) };
}

/** Rejects with the process's own last words when it ends before it should. */
export async function died(who: string, child: BalancerProcess | GeneratorProcess): Promise<never> {
  const { exitCode, signal, stderr } = await child.ended;
  throw new Error(`${who} died in mid-run (${signal ?? `exit code ${exitCode}`}): ${lastWords(stderr)}`);
}

/** From the line that names the error on; Node prints the place in the source, and much of the stack, around it. */
export function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const named = lines.findIndex((line) => /^(Uncaught )?[A-Z]\w*Error\b.*:/.test(line));
  return (named === -1 ? lines.slice(-10) : lines.slice(named, named + 10)).join('\n') || 'it said nothing';
}

/** Never resolves; rejects when `promise` does. */
export function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) =>
    promise.catch((error: Error) => (error.name === 'AbortError' ? undefined : reject(error))),
  );
}

/** The CPU time a proxy has used, µs; 0 when it is gone, undefined when it lives and does not answer. */
export async function cpuOf(proxy: BalancerProcess): Promise<number | undefined> {
  const answer = new Promise<number>((resolve) =>
    proxy.onMessage((message) => {
      if (message.type === 'cpu') resolve(message.micros);
    }),
  );
  proxy.send({ type: 'cpu' });
  return Promise.race([answer, proxy.ended.then(() => 0), sleep(answerWithin, undefined, { ref: false })]);
}
