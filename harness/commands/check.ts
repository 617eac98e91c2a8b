/** `steelyard check FILE`: a scenario with what it would do, or every mistake in it. Nothing is started. */
import { Command } from 'commander';
import { type Phase, type Plan, planOf } from '../../scenarios/plan.ts';
import { prepare, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';

export function check(): Command {
  return scenarioOptions(new Command('check'))
    .description('check a scenario and show what it would do, without running it')
    .option('--json', 'print the plan as JSON, alone on standard output')
    .action(async (file: string, options: ScenarioOptions & { json?: boolean }) => {
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
    });
}

const seconds = (ms: number) =>
  ms < 60_000 ? `${+(ms / 1000).toFixed(1)} s` : `${+(ms / 60_000).toFixed(1)} min`;
const percent = (share: number | undefined) =>
  share === undefined || !Number.isFinite(share) ? 'nothing left to serve it' : `${Math.round(100 * share)}%`;

function describe(name: string, contenders: readonly string[], plan: Plan): string {
  const load =
    plan.rate === undefined
      ? `closed, ${plan.connections} connections, as fast as they are answered`
      : `open, ${Math.round(plan.rate).toLocaleString('en')} requests/s, ${percent(plan.utilization)} of the fleet`;
  const proof = plan.proves
    ? `${plan.rounds} rounds: enough to prove an order`
    : `${plan.rounds} of the ${plan.roundsToProve} rounds that could prove an order: it will be observed, not proven`;
  return [
    `${name} is sound.`,
    `  backends    ${plan.backends}`,
    `  contenders  ${contenders.join(', ')}`,
    `  load        ${load}`,
    `  length      ${seconds(plan.trialMs)} a trial, ${plan.trials} trials, about ${seconds(plan.runMs)} in all`,
    `  rounds      ${proof}`,
    ...plan.phases.map(phase),
  ].join('\n');
}

function phase({ from, to, faults, capacity, utilization, busiest }: Phase): string {
  const when = `${seconds(from)} to ${seconds(to)}`.padEnd(16);
  const can = `can serve ${Math.round(capacity).toLocaleString('en')}/s`;
  const full =
    busiest === undefined
      ? ''
      : `, ${percent(utilization)} full, ${busiest.id} ${percent(busiest.utilization)}`;
  return `  ${when}${faults.join(', ') || 'no fault'}: ${can}${full}`;
}
