/** One contender, one round, one fleet of real backends → one recorded trial. */
import { mkdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResolvedContender } from '../scenarios/contenders.ts';
import { hasDistances } from '../scenarios/distances.ts';
import { lengthOf, loadOccurrencesOf } from '../scenarios/load-length.ts';
import { occurrencesOf } from '../scenarios/occurrences.ts';
import { backendsOf, type Scenario } from '../scenarios/scenario.ts';
import { handshakeTrips } from '../scenarios/tls-settings.ts';
import { rateOf } from '../scenarios/workload.ts';
import type { Options, Values } from '../strategies/strategy.ts';
import { now } from './clock.ts';
import type { Fleet, RunLabel } from './drivers/driver.ts';
import { readEventFile } from './event-log.ts';
import { keepExecutions } from './executions.ts';
import { FaultSchedule, FaultTrouble } from './fault-schedule.ts';
import { hasClientAddresses } from './load/client-address.ts';
import type { GeneratorResult, GeneratorSettings } from './load/generator.ts';
import { plainHandshakes } from './load/tls-client.ts';
import { environmentOf } from './ownership.ts';
import type { ProxyReady, ProxySettings } from './proxy/settings.ts';
import { type RequestCounts, type Trial, trialFile } from './recording.ts';
import { type Child, launch } from './role.ts';
import { spools } from './spools.ts';
import { NotSteady, SteadyWatch } from './steady-watch.ts';
import { strategyFile } from './strategies.ts';
import {
  type BalancerProcess,
  cpuOf,
  type GeneratorProcess,
  hung,
  notReady,
  rejectionOf,
  watchOver,
} from './trial-processes.ts';
import type { PlannedTrial, TrialHooks } from './trial-runner.ts';

export interface TrialContext extends TrialHooks {
  dir: string;
  scenario: Scenario;
  fleet: Fleet;
  label: RunLabel;
  signal: AbortSignal;
  /** Aborts, and `signal` with it, once the fleet is lost. */
  lost: AbortSignal;
}

/** On real processes, which spend CPU. */
type RealTrial = Trial & Required<Pick<Trial, 'cpu'>>;

const noCounts: RequestCounts = { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 };
/** How long after the last send responses are waited for, ms. */
const grace = 2_000;
/** From the order to start until the first send, ms: both processes have it long before. */
const lead = 30;

const roleFile = (path: string) => new URL(`${path}${extname(import.meta.url)}`, import.meta.url);

/** Runs one trial. A contender or generator that dies makes it `failed`, a fault that does not do its own `invalid`, an abort `interrupted`; none rejects. */
export async function runTrial(plan: PlannedTrial, context: TrialContext): Promise<Trial> {
  const began = now();
  const trial: RealTrial = {
    id: plan.id,
    contender: plan.contender.name,
    round: plan.round,
    seed: plan.seed,
    order: plan.order,
    status: 'interrupted',
    startedAt: '',
    t0: 0,
    windowMs: 0,
    wallMs: 0,
    cpu: { proxyMicros: 0, generatorMicros: 0 },
    generator: { loopDelayP99Ms: 0, connections: 0 },
    counts: noCounts,
  };
  await mkdir(trialFile(context.dir, plan.id, ''), { recursive: true });
  const children: Child<never, unknown>[] = [];
  try {
    const zone = plan.contender.balancer.zones?.[0];
    // Services that a reset starts anew must not be found dead by a balancer that is up before them.
    const early = context.scenario.fleet.some(({ own }) => own?.restart);
    if (early) await context.fleet.reset(plan.seed, zone);
    const [proxy] = await Promise.all([
      launchProxy(plan, context),
      early ? undefined : context.fleet.reset(plan.seed, zone),
    ]);
    children.push(proxy as never);
    const generator = await launchGenerator(plan, context, proxy);
    children.push(generator as never);
    await underLoad(trial, plan, context, proxy, generator);
    trial.status = 'complete';
  } catch (error) {
    trial.status = error instanceof FaultTrouble || error instanceof NotSteady ? 'invalid' : 'failed';
    trial.error = (error as Error).message;
    if (error instanceof NotSteady) unsound(trial, 'steady', [error.message]);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    trial.wallMs = now() - began;
  }
  // Healing is looked at whatever happened, once nothing sends to the backends any more.
  if (trial.t0 > 0 && !context.lost.aborted) {
    const left = await context.fleet.verify();
    unsound(
      trial,
      'faults',
      left.map((it) => `${it}. ${whenLeft}`),
    );
  }
  if (context.lost.aborted) delete trial.unsound; // where the backends have gone, nothing else needs to be said
  if (context.signal.aborted) trial.status = 'interrupted';
  else if (trial.status === 'complete' && trial.unsound !== undefined) {
    trial.status = 'invalid';
    trial.error = trial.unsound.map(({ says }) => says).join(' ');
  }
  return trial;
}

const whenLeft = 'See that nothing but the run itself stops, starts or blocks its backends, and run again.';

function unsound(trial: Trial, check: 'faults' | 'steady', says: readonly string[]): void {
  if (says.length > 0) trial.unsound = [...(trial.unsound ?? []), ...says.map((it) => ({ check, says: it }))];
}

const strategyOf = ({ name, file, strategy }: ResolvedContender) => ({
  name,
  file: strategyFile(file ?? strategy),
});

function launchProxy(
  { contender, seed, id }: PlannedTrial,
  { scenario, fleet, dir, signal, label }: TrialContext,
): Promise<BalancerProcess> {
  const specs = backendsOf(scenario);
  const { latencies, backend } = scenario.network;
  const settings: ProxySettings = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    strategy: { name: contender.file ?? contender.strategy, values: contender.options as Values<Options> },
    balancer: contender.balancer,
    backends: fleet.backends.map(({ id, host, port }, index) => {
      const { weight, zone } = specs[index]!;
      return { id, index, host, port, weight, ...(zone === undefined ? {} : { zone }) };
    }),
    seed,
    ...(Object.keys(latencies).length === 0 ? {} : { latencies, latencyWithin: backend }),
    record: {
      attempts: trialFile(dir, id, spools.attempts),
      events: trialFile(dir, id, spools.events),
    },
  };
  return launch<ProxySettings, { type: 'cpu' }, { type: string; micros: number }>(
    roleFile('./proxy/main'),
    settings,
    { signal, env: environmentOf(label) },
  ).catch((error: Error) => {
    throw notReady('the balancer', error, strategyOf(contender));
  });
}

function launchGenerator(
  { seed, id, contender }: PlannedTrial,
  { scenario, fleet, dir, signal, label }: TrialContext,
  proxy: BalancerProcess,
): Promise<GeneratorProcess> {
  const settings: GeneratorSettings = {
    target: { host: '127.0.0.1', port: (proxy.ready as ProxyReady).port },
    load: scenario.load,
    ...(contender.balancer.tls === false ? {} : { tls: scenario.load.tls ?? plainHandshakes }),
    rate: rateOf(scenario.load, scenario.fleet),
    faults: loadOccurrencesOf(scenario),
    clientAddresses: contender.balancer.layer === 4 && hasClientAddresses,
    ...wayOf(contender, scenario),
    seed,
    rows: trialFile(dir, id, spools.requests),
    backends: Object.fromEntries(fleet.backends.map(({ id }, index) => [id, index])),
    grace,
  };
  return launch(roleFile(scenario.load.open ? './load/open-loop' : './load/autocannon'), settings, {
    signal,
    env: environmentOf(label),
  });
}

/** Between clients and the balancer, where that takes any time. */
function wayOf(
  { balancer: { zones, tls } }: ResolvedContender,
  { network, load }: Scenario,
): Pick<GeneratorSettings, 'way'> {
  const zone = zones?.[0];
  if (network.client === 0 && (zone === undefined || !hasDistances(network))) return {};
  const trips = handshakeTrips(tls, load.tls);
  return { way: { network, ...(zone === undefined ? {} : { zone }), handshakeTrips: trips } };
}

/** Drives load and faults from warm-up to the last response. Whatever happens, faults are healed before it returns. */
async function underLoad(
  trial: RealTrial,
  plan: PlannedTrial,
  context: TrialContext,
  proxy: BalancerProcess,
  generator: GeneratorProcess,
): Promise<void> {
  const { scenario, fleet, signal } = context;
  const over = new AbortController();
  const cpuBefore = (await cpuOf(proxy)) ?? 0;
  const at = now() + lead;
  trial.t0 = at + scenario.load.warmup;
  trial.startedAt = new Date(Date.now() + trial.t0 - now()).toISOString();
  const occurrences = occurrencesOf(scenario.faults, backendsOf(scenario), plan.seed, lengthOf(scenario));
  const steady = new SteadyWatch(scenario, occurrences);
  const schedule = new FaultSchedule({
    faults: scenario.faults,
    occurrences,
    fleet,
    t0: trial.t0,
    now,
    sleepUntil: async (time) =>
      void (await sleep(Math.max(0, time - now()), undefined, { signal: over.signal })),
    onEvent: (event) => context.onEvent({ trial: plan.id, ...event }),
    mayBegin: async () => {
      for (const event of await readEventFile(trialFile(context.dir, plan.id, spools.events)))
        steady.heard(event);
      steady.judge();
    },
  });
  const done = new Promise<GeneratorResult>((resolve) => {
    generator.onMessage((message) => {
      if (message.type === 'done') resolve(message.result);
      else if (message.type === 'progress') {
        steady.look(message.t, message.counts);
        context.onProgress({ ...message, faults: schedule.standing });
      }
    });
  });
  const strategy = strategyOf(plan.contender);
  const watch = watchOver(proxy, generator, strategy, scenario.load.timeout + 20_000);
  const stop = () => generator.send({ type: 'stop' });
  signal.addEventListener('abort', stop, { once: true });
  generator.send({ type: 'start', at });
  await context.onStart(trial);
  const faults = schedule.run();
  const ended = await Promise.race([done, rejectionOf(faults), watch.barked]).then(() => undefined, asError);

  over.abort();
  watch.end();
  signal.removeEventListener('abort', stop);
  stop();
  // The rows of a trial cut short are wanted too, so the generator gets time to write them.
  const result = await Promise.race([done, generator.ended.then(() => undefined), sleep(3_000, undefined)]);
  if (result !== undefined) note(trial, result);
  const cpuAfter = await cpuOf(proxy);
  trial.cpu.proxyMicros = Math.max(0, (cpuAfter ?? 0) - cpuBefore);
  // A short load can be over before the watchdog is sure.
  const mute = cpuAfter === undefined ? await hung(proxy, strategy) : undefined;
  const refused = await faults.then(() => undefined, asError);
  const unhealed = await schedule.healAll().then(() => undefined, asError);
  unsound(trial, 'faults', schedule.troubles);
  const trouble = ended ?? mute ?? (refused?.name === 'AbortError' ? undefined : refused) ?? unhealed;
  if (trouble !== undefined) throw trouble;
  if (signal.aborted) return;
  const log = trialFile(context.dir, plan.id, spools.executed);
  const executions = await keepExecutions(fleet, log, { began: at - lead, t0: trial.t0 });
  if (executions !== undefined) trial.executions = executions;
}

const asError = (error: Error) => error;

function note(
  trial: RealTrial,
  { counts, windowMs, cpuMicros, loopDelayP99Ms, connections, latenessMs }: GeneratorResult,
): void {
  trial.counts = counts;
  trial.windowMs = windowMs;
  trial.cpu.generatorMicros = cpuMicros;
  trial.generator = { loopDelayP99Ms, connections, ...(latenessMs === undefined ? {} : { latenessMs }) };
}
