/** `steelyard capacity SCENARIO`: per contender, the highest rate at which an objective is met. */
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Capacity } from '../../reports/capacity.ts';
import { refuseUnable } from '../../scenarios/loader.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { parseRate } from '../../scenarios/units.ts';
import { capacityOf, rateOf } from '../../scenarios/workload.ts';
import { type Limit, parseObjective } from '../capacity/objective.ts';
import { searchCapacity } from '../capacity/search.ts';
import { chooseDriver } from '../choose-driver.ts';
import type { Fleet } from '../drivers/driver.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { findLeavings, reap } from '../leavings.ts';
import { labelThisRun } from '../ownership.ts';
import { RealTrials } from '../real-trials.ts';
import { writeWhole } from '../recording.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import { type LookContext, lookAt, Unbelievable } from './capacity-look.ts';
import {
  prepare,
  type Ready,
  type ScenarioOptions,
  scenarioOptions,
  share,
  whole,
} from './scenario-options.ts';

interface Options extends ScenarioOptions {
  meet: Limit[];
  driver: 'auto' | 'docker' | 'process' | 'simulation';
  precision: number;
  confirm: number;
  looks: number;
  from?: number;
  most?: number;
  out?: string;
  json?: boolean;
  quiet?: boolean;
}

export function capacity(): Command {
  return scenarioOptions(new Command('capacity'))
    .description('find, for each contender, the highest rate at which an objective is met')
    .requiredOption(
      '--meet <limits>',
      'the objective, for example "p99 < 100ms, errorRate < 0.1%"',
      (text) => {
        const limits = parseObjective(text);
        if ('message' in limits) throw new InvalidArgumentError(limits.message);
        return limits;
      },
    )
    .addOption(
      new Option('--driver <name>', 'where backends run, or virtual time')
        .choices(['auto', 'docker', 'process', 'simulation'])
        .default('auto'),
    )
    .option(
      '--precision <share>',
      'how far the rates that did and did not meet it may be apart',
      share((it) => it > 0 && it < 1, 'a share between 0 and 100%, such as 2%'),
      0.02,
    )
    .option('--confirm <n>', 'looks at each of the two rates, the first included; odd', odd, 3)
    .option('--looks <n>', 'most looks for one contender', whole(3), 60)
    .option('--from <rate>', 'where to begin (default: the scenario’s own rate)', rate)
    .option('--most <rate>', 'ask for nothing above this rate', rate)
    .option(
      '--out <dir>',
      'where capacity.json is written; new or empty (default: results/<scenario>/<time>-<id>-capacity)',
    )
    .option('--json', 'print the result as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors and the result')
    .action(action);
}

function rate(text: string): number {
  const value = parseRate(text);
  if (value === undefined || !(value > 0))
    throw new InvalidArgumentError(`expected a rate, such as 800/s, got ${text}`);
  return value;
}

function odd(text: string): number {
  const value = whole(1)(text);
  if (value % 2 === 0)
    throw new InvalidArgumentError(`expected an odd number, so that they decide, got ${text}`);
  return value;
}

async function action(file: string, options: Options): Promise<never> {
  const simulated = options.driver === 'simulation';
  const ready = await prepare(file, options, simulated);
  const { scenario, notes } = ready.loaded;
  if (scenario.load.open === undefined || scenario.load.open.trace !== undefined)
    throw new Exit(
      exitCode.input,
      `${ready.loaded.file}: expected an open load with a rate, as rates are what is searched, got ` +
        `${scenario.load.open === undefined ? 'a closed loop' : 'a trace'}; add --set load.open.rate=500/s`,
    );
  const { dir, id } = await makeRunDirectory(scenario.name, { out: options.out, kind: 'capacity' });
  const interrupt = onInterrupt();
  const { signal } = interrupt;
  const ground = simulated ? virtual(id, signal) : await real(ready, id, options, signal);
  interrupt.onForce(() => ground.close());
  for (const note of [...notes, ...ground.notes]) if (!options.quiet && !options.json) console.error(note);
  const result: Capacity = {
    schemaVersion: 1,
    ...{ id, scenario: scenario.name, driver: ground.name, seed: scenario.seed, status: 'interrupted' },
    objective: options.meet.map(({ text }) => text),
    fleetPerSecond: capacityOf(backendsOf(scenario)),
    precision: options.precision,
    contenders: [],
  };
  const write = () => writeWhole(join(dir, 'capacity.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  const { capacityText } = await import('../../reports/capacity.ts');
  const codes: number[] = [];
  try {
    for (const { name } of ready.contenders) {
      if (signal.aborted) break;
      const context = { dir, id, signal, runner: ground.runner, onProgress: () => undefined };
      const found = await searchOne(file, name, ready, options, context).catch((error: Error) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (found === undefined) break;
      result.contenders.push(found);
      if (found.ended === 'unbelievable') codes.push(exitCode.failed);
      await write();
    }
    if (!signal.aborted) result.status = 'complete';
  } finally {
    await ground.close();
    await write();
  }
  if (options.json) console.log(JSON.stringify(result, undefined, 2));
  else console.log(`\n${capacityText(result)}\n\nWritten: ${resolve(dir, 'capacity.json')}`);
  throw new Exit(interrupt.code ?? combine(codes));
}

interface Ground {
  name: Capacity['driver'];
  notes: string[];
  runner: LookContext['runner'];
  close(): Promise<void>;
}

function virtual(id: string, signal: AbortSignal): Ground {
  return {
    name: 'simulation',
    notes: [],
    runner: ({ loaded }, dir) =>
      new SimulatedTrials({ dir, scenario: loaded.scenario, label: labelThisRun(id), signal, fold: true }),
    close: () => Promise.resolve(),
  };
}

/** One fleet for all looks. */
async function real(ready: Ready, id: string, options: Options, signal: AbortSignal): Promise<Ground> {
  const { driver, notes } = await chooseDriver(options.driver as 'auto' | 'docker' | 'process');
  refuseUnable(ready.loaded, driver.name, driver.can, ready.contenders);
  await reap(await findLeavings());
  const label = labelThisRun(id);
  let fleet: Fleet | undefined;
  return {
    name: driver.name,
    notes,
    runner: ({ loaded }, dir) =>
      new RealTrials({
        ...{ driver, dir, scenario: loaded.scenario, label, signal },
        standing: async (launch) => (fleet ??= await launch()),
      }),
    close: async () => fleet?.stop(),
  };
}

async function searchOne(
  file: string,
  name: string,
  ready: Ready,
  options: Options,
  context: LookContext,
): Promise<Capacity['contenders'][number]> {
  const { scenario } = ready.loaded;
  const values = new Map<string, (number | null)[]>();
  let trouble: string | undefined;
  const found = await searchCapacity(
    {
      guess: options.from ?? rateOf(scenario.load, backendsOf(scenario)),
      most: options.most,
      ...{ precision: options.precision, confirm: options.confirm, looks: options.looks },
    },
    async ({ rate: asked, again }) => {
      const at = await prepare(
        file,
        {
          ...options,
          set: [...options.set, `load.open.rate=${asked.toPrecision(6)}/s`],
          // Luck of its own for each look, and the same for every contender.
          seed: scenario.seed + again * 1_000_003,
        },
        options.driver === 'simulation',
      );
      const one = { ...at, contenders: at.contenders.filter((it) => it.name === name) };
      try {
        const looked = await lookAt(one, options.meet, context);
        values.set(`${asked}`, looked.values);
        if (!options.quiet && !options.json)
          console.error(
            `${name}   ${Math.round(asked).toLocaleString('en')}/s   ${looked.met ? 'met' : 'not met'}`,
          );
        return looked.met;
      } catch (error) {
        // What is measured at a rate that the machine cannot carry says nothing of the contender: it is not met there.
        if (!(error instanceof Unbelievable)) throw error;
        trouble ??= `at ${Math.round(asked)}/s: ${error.message.split('\n')[0]}`;
        return false;
      }
    },
  );
  return {
    name,
    rate: found.rate,
    above: Number.isFinite(found.above) ? found.above : null,
    ended: trouble === undefined ? found.ended : 'unbelievable',
    ...(trouble === undefined ? {} : { why: trouble }),
    values: values.get(`${found.rate}`) ?? options.meet.map(() => null),
    looks: [...found.looks],
  };
}
