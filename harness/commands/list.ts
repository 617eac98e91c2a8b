/** `steelyard list WHAT`: what there is to choose from. */
import { Argument, Command } from 'commander';
import { listScenarios } from '../../scenarios/library.ts';
import { isAble, loadScenario } from '../../scenarios/loader.ts';
import { faults, serviceTimes } from '../../scenarios/scenario.ts';
import { dockerDriver } from '../drivers/docker.ts';
import { processDriver } from '../drivers/process.ts';
import { listStrategies } from '../strategies.ts';

interface Row {
  name: string;
  about: string;
  /** A word on where it can be used, where that is not everywhere. */
  remark?: string;
  [more: string]: unknown;
}

const needsInWords = {
  probe: 'asks backends for their load (probes)',
  reported: 'reads what backends report of their load',
  simulator: 'simulator only',
} as const;

const sources: Record<string, () => Promise<Row[]>> = {
  strategies: async () =>
    [...(await listStrategies())].map(([name, { about, options, needs }]) => ({
      name,
      about,
      options,
      ...(needs && { needs, remark: needsInWords[needs] }),
    })),
  scenarios: async () => {
    const known = { strategies: await listStrategies() };
    return listScenarios().map(({ name, about, tier, file }) => {
      const drivers = driversOf(file, known);
      const where = drivers.length === 1 ? 'simulator only' : drivers.join(', ');
      const remark = tier === 'short' ? `${where}; short tier` : where;
      return { ...{ name, about, tier, file, drivers }, remark };
    });
  },
  faults: async () =>
    [...faults].map(([name, { about, level, options }]) => ({ name, about, level, options })),
  'service-times': async () =>
    [...serviceTimes].map(([name, { about, options }]) => ({ name, about, options })),
};

type Known = Parameters<typeof loadScenario>[0]['known'];

/** Which drivers can run a scenario as it is written; the simulator can run any. */
function driversOf(file: string, known: Known): string[] {
  const loaded = loadScenario({ file, known });
  const real = [dockerDriver, processDriver].filter((driver) => isAble(loaded, driver));
  return [...real.map(({ name }) => name), 'simulation'];
}

export function list(): Command {
  return new Command('list')
    .description('show the strategies, scenarios, faults or service times there are')
    .addArgument(new Argument('<what>').choices(Object.keys(sources)))
    .option('--json', 'an array of objects with `name`, alone on standard output')
    .action(async (what: string, { json }: { json?: boolean }) => {
      const rows = await sources[what]!();
      if (json) {
        const plain = rows.map(({ remark, ...row }) => row);
        return console.log(JSON.stringify(plain, undefined, 2));
      }
      const width = Math.max(...rows.map(({ name }) => name.length));
      for (const { name, about, remark, options } of rows) {
        console.log(`${name.padEnd(width)}  ${about}${remark === undefined ? '' : ` [${remark}]`}`);
        for (const [option, it] of Object.entries((options ?? {}) as Record<string, Described>))
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
