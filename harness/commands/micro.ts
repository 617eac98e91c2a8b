/** `steelyard micro`: what a pick costs, strategy by strategy, from three backends to ten thousand. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { aligned } from '../../reports/aligned.ts';
import { loadScenario, resolveContenders } from '../../scenarios/loader.ts';
import { environment } from '../environment.ts';
import { Exit, exitCode } from '../exit.ts';
import { measurePicks, type PickCost } from '../micro/measure.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { type ChosenStrategy, findStrategy, listStrategies } from '../strategies.ts';
import { StrategyInputError } from '../strategy-options.ts';
import { assertLoads } from '../strategy-player.ts';

interface Options {
  contenders: string;
  n: number[];
  rounds: number;
  heapPicks: number;
  dispatcher?: boolean;
  json?: boolean;
  quiet?: boolean;
  out?: string;
}

export function micro(): Command {
  return new Command('micro')
    .description('measure what a pick costs, with its start and end, by number of backends')
    .option(
      '--contenders <names>',
      'comma-separated strategies or files, or a YAML list as in a scenario, with options',
      'all',
    )
    .option('--n <numbers>', 'comma-separated numbers of backends', numbers, [3, 10, 100, 1_000, 10_000])
    .option('--rounds <n>', 'how often each is measured; the median counts', whole(1, 1_000), 3)
    .option('--heap-picks <n>', 'picks over which allocation is counted', whole(0, 1e9), 10_000_000)
    .option('--dispatcher', 'measure each also through the dispatcher, as proxy and simulator run it')
    .option('--json', 'print the figures as JSON, alone on standard output')
    .option('--out <dir>', 'write micro.json, pick-cost.svg and report.html there; new or empty')
    .option('--quiet', 'print nothing but errors and the result')
    .action(action);
}

async function action(options: Options): Promise<void> {
  const contenders = await contendersOf(options.contenders);
  const out = options.out === undefined ? undefined : (await makeRunDirectory('micro', options)).dir;
  const stopped = new AbortController();
  let code: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    code = signal === 'SIGINT' ? exitCode.interrupted : exitCode.terminated;
    stopped.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const live = !options.quiet && process.stderr.isTTY;
  const { rows, failures } = await measurePicks({
    contenders,
    ns: options.n,
    rounds: options.rounds,
    heapPicks: options.heapPicks,
    dispatcher: options.dispatcher ?? false,
    signal: stopped.signal,
    onProgress: (done, of, what) => live && process.stderr.write(`\r\x1b[K${done + 1}/${of}  ${what}`),
  }).catch((error: unknown) => {
    if (code === undefined) throw error;
    throw new Exit(code, 'Interrupted: nothing was measured to its end.');
  });
  if (live) process.stderr.write('\r\x1b[K');
  if (options.json) console.log(JSON.stringify(rows, undefined, 2));
  else if (rows.length > 0) console.log(await tableText(rows));
  if (out !== undefined && rows.length > 0) await write(out, rows, options);
  for (const { message } of failures) console.error(message);
  throw new Exit(failures.length > 0 ? exitCode.failed : exitCode.good);
}

/** As a scenario's contenders: the same names, files, options and complaints. */
async function contendersOf(text: string): Promise<ChosenStrategy[]> {
  const strategies = new Map(await listStrategies());
  const isYaml = text.trimStart().startsWith('[');
  const loaded = loadScenario({
    file: 'micro',
    text: 'fleet: [{ id: app, service: { constant: { mean: 10ms } } }]\nload: { closed: { connections: 1 }, requests: 1 }\n',
    known: { strategies },
    ...(isYaml ? { sets: [`contenders=${text}`] } : { contenders: text.split(',').map((it) => it.trim()) }),
  });
  const found = new Map<string, Omit<ChosenStrategy, 'values'>>();
  for (const { file, strategy } of loaded.contenders) {
    const key = file ?? strategy;
    // One that never finishes loading would hang this process.
    const safe = file === undefined ? Promise.resolve() : assertLoads(file);
    const it = await safe
      .then(() => findStrategy(key))
      .catch((cause: unknown) => {
        if (cause instanceof StrategyInputError) throw new Exit(exitCode.input, cause.message, { cause });
        throw cause;
      });
    found.set(key, it);
    strategies.set(key, it.definition);
  }
  // Once more, now that the options of users' own files are known.
  return resolveContenders(loaded, { strategies }).map(({ name, strategy, file, options }) => ({
    ...found.get(file ?? strategy)!,
    name,
    values: options as ChosenStrategy['values'],
  }));
}

async function tableText(rows: readonly PickCost[]): Promise<string> {
  const { pickCost } = await import('../../reports/charts/pick-cost.ts');
  const { title, table } = pickCost(rows)!;
  const text = aligned([table.columns, ...table.rows], new Set([0]));
  return [...text, '', title].join('\n');
}

async function write(dir: string, rows: readonly PickCost[], options: Options): Promise<void> {
  const { pickCost } = await import('../../reports/charts/pick-cost.ts');
  const { pickCostPage } = await import('../../reports/formats/pick-cost-page.ts');
  const { standaloneSvg } = await import('../../reports/formats/standalone-svg.ts');
  const { node, platform, cpuModel, cpus, loadAverage } = await environment('process');
  const facts = [
    ['Node', `${node}, ${platform}`],
    ['CPU', `${cpuModel}, ${cpus} seen`],
    ['load average as it ended', loadAverage.toFixed(2)],
    ['rounds', String(options.rounds)],
    ['samples', rows.reduce((sum, { samples }) => sum + samples, 0).toLocaleString('en')],
  ] as const;
  await writeFile(join(dir, 'micro.json'), `${JSON.stringify(rows, undefined, 2)}\n`);
  await writeFile(join(dir, 'pick-cost.svg'), await standaloneSvg(pickCost(rows)!));
  await writeFile(join(dir, 'report.html'), await pickCostPage(rows, facts));
  if (!options.quiet && !options.json) console.log(`\nReport: ${join(dir, 'report.html')}`);
}

function whole(least: number, most: number) {
  return (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}, got ${text}`);
    return value;
  };
}

function numbers(text: string): number[] {
  const values = text.split(',').map((it) => whole(1, 100_000)(it.trim()));
  return [...new Set(values)].sort((a, b) => a - b);
}
