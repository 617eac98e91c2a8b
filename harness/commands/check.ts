/**
 * `steelyard check FILE`: a scenario with what it would do, or every mistake in it, and nothing is started; or a strategy,
 * by file or name, against the laws of conformance (check-strategy.ts).
 */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { isPath } from '../../scenarios/contenders.ts';
import { findScenario, listScenarios } from '../../scenarios/library.ts';
import { type Phase, type Plan, planOf } from '../../scenarios/plan.ts';
import type { PoolPlan } from '../../scenarios/pool-plan.ts';
import { didYouMean } from '../../scenarios/suggest.ts';
import { Exit, exitCode } from '../exit.ts';
import { listStrategies } from '../strategies.ts';
import { checkStrategyFile } from './check-strategy.ts';
import { worldLines } from './plan-world.ts';
import { prepare, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';

interface Options extends ScenarioOptions {
  json?: boolean;
}

export function check(): Command {
  const command = scenarioOptions(new Command('check'))
    .usage('[options] <scenario or strategy>')
    .description(
      'check a scenario and show what it would do, without running it; or play the laws of conformance on a strategy',
    )
    .option('--json', 'print the result as JSON, alone on standard output')
    .action(async (given: string, options: Options) => {
      if (await isScenario(given)) return checkScenario(given, options);
      refuseScenarioOptions(given, options);
      return checkStrategyFile(given, options);
    });
  command.registeredArguments[0]!.description = 'a scenario or a strategy, each by file or by name';
  return command;
}

/** Whether a scenario is meant; false for a strategy. Throws `Exit` with code 2 for what is neither. */
async function isScenario(given: string): Promise<boolean> {
  if (isPath(given) && !/\.ya?ml$/.test(given) && !existsSync(given)) return false;
  if (/\.[cm]?[jt]s$/.test(given)) return false;
  const { file, missing } = findScenario(given);
  if (missing === '' || existsSync(file) || /\.ya?ml$/.test(given)) return true;
  const strategies = await listStrategies();
  if (strategies.has(given)) return false;
  const names = [...listScenarios().map(({ name }) => name), ...strategies.keys()];
  throw new Exit(
    exitCode.input,
    `expected a scenario (.yaml) or a strategy (.ts, .mts, .js, .mjs), by file or by name, got ${JSON.stringify(given)}, which is neither${didYouMean(given, names) || '; see `steelyard list scenarios` and `steelyard list strategies`'}`,
  );
}

function refuseScenarioOptions(given: string, { contenders, rounds, set }: Options): void {
  const wrong = Object.entries({ contenders, rounds, set: set[0] }).find(([, value]) => value !== undefined);
  if (wrong === undefined) return;
  throw new Exit(
    exitCode.input,
    `--${wrong[0]} is for scenarios, and ${given} is a strategy: it takes --seed and --json`,
  );
}

async function checkScenario(file: string, options: Options): Promise<void> {
  const { loaded, contenders } = await prepare(file, options);
  const { scenario, notes } = loaded;
  const plan = planOf(scenario, contenders.length);
  if (options.json)
    return console.log(JSON.stringify({ scenario: scenario.name, ...plan, notes }, undefined, 2));
  console.log(
    describe(
      scenario.name,
      contenders.map(({ name }) => name),
      plan,
    ),
  );
  for (const note of notes) console.log(note);
}

const seconds = (ms: number) =>
  Number.isNaN(ms)
    ? 'as long as it takes'
    : ms < 60_000
      ? `${+(ms / 1000).toFixed(1)} s`
      : `${+(ms / 60_000).toFixed(1)} min`;
const percent = (share: number | undefined) =>
  share === undefined || !Number.isFinite(share) ? 'nothing left to serve it' : `${Math.round(100 * share)}%`;

/** What flaps has hundreds; `--json` has them all. */
const mostPhases = 20;

function describe(name: string, contenders: readonly string[], plan: Plan): string {
  const load =
    plan.rate === undefined
      ? `closed, ${plan.connections} connections, as fast as they are answered`
      : `open, ${Math.round(plan.rate).toLocaleString('en')} requests/s${plan.utilization === undefined ? '' : `, ${percent(plan.utilization)} of the fleet`}${plan.phases[0]?.pools ? ', were it not divided by routes' : ''}`;
  const proof = plan.proves
    ? `${plan.rounds} rounds: enough to prove an order`
    : `${plan.rounds} of the ${plan.roundsToProve} rounds that could prove an order: it will be observed, not proven`;
  return [
    `${name} is sound.`,
    `  backends    ${plan.backends}`,
    `  contenders  ${contenders.join(', ')}`,
    `  load        ${load}`,
    ...worldLines(plan),
    `  length      ${seconds(plan.trialMs)} a trial, ${plan.trials} trials, about ${seconds(plan.runMs)} in all`,
    `  rounds      ${proof}`,
    ...plan.phases.slice(0, mostPhases).map(phase),
    ...(plan.phases.length > mostPhases ? [`  … and ${plan.phases.length - mostPhases} more`] : []),
  ].join('\n');
}

function phase(it: Phase): string {
  const { from, to, faults, capacity, utilization, pools, busiest } = it;
  const when = `${seconds(from)} to ${seconds(to)}`.padEnd(16);
  const serves = Number.isNaN(capacity)
    ? 'can serve nobody knows how much'
    : `can serve ${Math.round(capacity).toLocaleString('en')}/s`;
  const can = `${offeredIn(it)}${serves}`;
  const full = busiest === undefined || pools !== undefined ? '' : `, ${percent(utilization)} full`;
  const fullest = busiest === undefined ? '' : `, ${busiest.id} ${percent(busiest.utilization)}`;
  return [
    `  ${when}${faults.join(', ') || 'no fault'}: ${can}${full}${fullest}`,
    ...(pools ?? []).map(pool),
  ].join('\n');
}

/** Said where faults change it. */
function offeredIn({ rate, connections }: Phase): string {
  if (rate !== undefined) return `offered ${Math.round(rate).toLocaleString('en')}/s, `;
  return connections === undefined ? '' : `${connections.toLocaleString('en')} connections, `;
}

/** What a pool's share of the load makes of it; of a closed load only the share is known. */
function pool({ name, share, capacity, utilization }: PoolPlan): string {
  const can = `can serve ${Math.round(capacity).toLocaleString('en')}/s`;
  const full = capacity === 0 ? 'nothing left to serve it' : utilization && `${percent(utilization)} full`;
  return `  ${''.padEnd(16)}  ${name}: ${percent(share)} of the requests, ${can}${full ? `, ${full}` : ''}`;
}
