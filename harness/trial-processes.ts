/** The two processes of a trial as the trial sees them: what they use, that they live, and what they say when they do not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import type { FromGenerator, ToGenerator } from './load/generator.ts';
import { type Child, NotReady } from './role.ts';
import { callIn, lineOfStack } from './source-place.ts';
import { type NamedStrategy, StrategyError } from './strategy-guard.ts';
import { balancerHangs, Watchdog } from './watchdog.ts';

export type BalancerProcess = Child<{ type: 'cpu' }, { type: string; micros: number }>;
export type GeneratorProcess = Child<ToGenerator, FromGenerator>;
type Ending = Awaited<BalancerProcess['ended']>;

/** Longest silence of a process before it counts as hung, ms: far above what a busy machine explains. */
const silence = 10_000;
const lookEvery = 1_000;
const answerWithin = 5_000;

/**
 * `barked` rejects when one of the two hangs or ends before it should, and never resolves. A balancer that hangs has been
 * ended by then, as nothing can reach it. `stillLoad`: see `WatchdogLimits.load`.
 */
export function watchOver(
  proxy: BalancerProcess,
  generator: GeneratorProcess,
  strategy: NamedStrategy,
  stillLoad: number,
): { barked: Promise<never>; end(): void } {
  const dog = new Watchdog({ balancer: silence, generator: silence, load: stillLoad }, now());
  proxy.onMessage(() => dog.balancerAnswered(now()));
  let ended = 0;
  generator.onMessage((message) => {
    if (message.type !== 'progress') return;
    const { perSecond } = message;
    const { sent, ok, failed, lost, notSent, aborted = 0 } = message.counts;
    ended += perSecond; // the counts leave the warm-up out
    dog.generatorSaid(ended + sent + ok + failed + lost + notSent + aborted, now());
  });
  let timer: NodeJS.Timeout | undefined;
  const barked = new Promise<never>((_, reject) => {
    timer = setInterval(async () => {
      proxy.send({ type: 'cpu' }); // any answer will do
      const verdict = dog.verdict(now());
      if (verdict === undefined) return;
      clearInterval(timer);
      reject(verdict === balancerHangs ? await hung(proxy, strategy) : new Error(verdict));
    }, lookEvery);
    void proxy.ended.then((end) => reject(died('the balancer', end, strategy)));
    void generator.ended.then((end) => reject(died('the load generator', end)));
  });
  barked.catch(() => undefined); // it may come before anyone waits for it
  return { barked, end: () => clearInterval(timer) };
}

/** Ends a balancer that no longer answers; the error says where its strategy hangs. */
export async function hung(proxy: BalancerProcess, strategy: NamedStrategy): Promise<StrategyError> {
  return StrategyError.endless(strategy, balancerHangs, await proxy.endStuck());
}

/** The error of a process that did not start; with the strategy's line where it is the strategy that never returned. */
export function notReady(who: string, error: Error, strategy: NamedStrategy): Error {
  if (!(error instanceof NotReady) || !error.frames || !callIn(strategy.file, error.frames)) return error;
  return StrategyError.endless(strategy, `${who} did not get ready`, error.frames);
}

/** The error of a process that ended before it should, with its last words; with the strategy's line where its file was at fault. */
export function died(who: string, { exitCode, signal, stderr }: Ending, strategy?: NamedStrategy): Error {
  const what = `${who} died in mid-run (${signal ?? `exit code ${exitCode}`}): ${lastWords(stderr)}`;
  const line = strategy && lineOfStack(strategy.file, stderr);
  // Thrown where no call of ours was around it: in a timer, or a promise nobody waited for.
  if (line === undefined || stderr.includes('StrategyError: ')) return new Error(what);
  return new StrategyError(strategy!, what, undefined, line);
}

/** From the line that names the error on; Node prints the place in the source, and much of the stack, around it. */
export function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const named = lines.findIndex((line) => /^(Uncaught )?([A-Z]\w*)?Error\b.*:/.test(line));
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
