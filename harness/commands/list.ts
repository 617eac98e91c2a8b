/** `steelyard list WHAT`: what there is to choose from. */
import { Argument, Command } from 'commander';
import { listScenarios } from '../../scenarios/library.ts';
import { faults, serviceTimes } from '../../scenarios/scenario.ts';
import { listStrategies } from '../strategies.ts';

interface Row {
  name: string;
  about: string;
  [more: string]: unknown;
}

const sources: Record<string, () => Promise<Row[]> | Row[]> = {
  strategies: async () =>
    [...(await listStrategies())].map(([name, { about, options, needs }]) => ({
      name,
      about,
      options,
      ...(needs && { needs }),
    })),
  scenarios: () => listScenarios(),
  faults: () => [...faults].map(([name, { about, level, options }]) => ({ name, about, level, options })),
  'service-times': () => [...serviceTimes].map(([name, { about, options }]) => ({ name, about, options })),
};

export function list(): Command {
  return new Command('list')
    .description('show the strategies, scenarios, faults or service times there are')
    .addArgument(new Argument('<what>').choices(Object.keys(sources)))
    .option('--json', 'an array of objects with `name`, alone on standard output')
    .action(async (what: string, { json }: { json?: boolean }) => {
      const rows = await sources[what]!();
      if (json) return console.log(JSON.stringify(rows, undefined, 2));
      const width = Math.max(...rows.map(({ name }) => name.length));
      for (const row of rows) {
        console.log(`${row.name.padEnd(width)}  ${row.about}`);
        for (const [option, it] of Object.entries((row.options ?? {}) as Record<string, Described>))
          console.log(`${''.padEnd(width)}    ${option}: ${describe(it)}`);
      }
    });
}

interface Described {
  type: string;
  default?: unknown;
  of?: readonly string[];
  about: string;
}

/** `2 to 10 (integer), default 2: how many are drawn` in one line. */
function describe({ type, default: value, of, about }: Described): string {
  const kind = of ? of.join(' | ') : type;
  const fallback = value === undefined ? 'required' : `default ${value}${type === 'duration' ? 'ms' : ''}`;
  return `${kind}, ${fallback}: ${about}`;
}
