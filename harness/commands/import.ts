/** `steelyard import ACCESS_LOG`: a scenario out of what a balancer wrote down, to see what another strategy would have done. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { Exit, exitCode } from '../exit.ts';
import { Disguise } from '../import/disguise.ts';
import { draft } from '../import/draft.ts';
import { LogImport } from '../import/log-import.ts';
import { Pseudonyms } from '../import/pseudonyms.ts';
import { readLog } from '../import/read-log.ts';
import { formats } from '../import/recognise.ts';
import { TraceRows } from '../import/trace-rows.ts';
import { type ImportOptions, judge, nameOf, settingsOf } from './import-options.ts';

export function importLog(): Command {
  return new Command('import')
    .argument('<log>', 'an access log; `-` for standard input; gzip and zstd are unpacked')
    .description(
      'draft a scenario from an access log: its arrivals, its service times, and its incidents as faults',
    )
    .option('--out <dir>', 'folder for the scenario and its trace; named after the log unless given')
    .option('--name <name>', 'of the scenario and its files; that of the log unless given')
    .option(
      '--format <name>',
      `of the log, where it is not recognised: ${[...formats.keys(), 'har'].join(', ')}`,
    )
    .option('--log-format <format>', "nginx's log_format, as it stands in its configuration")
    .option(
      '--from <time>',
      'leave out what came before: a duration from the first request on, or a date with its zone',
    )
    .option('--to <time>', 'leave out what came from then on')
    .option('--duration <length>', 'so long, from --from on')
    .option('--scale <share>', 'keep this share of the requests, such as 10%, drawn at random')
    .option('--max-requests <n>', 'that the trace holds; of more, a sample is kept', '1000000')
    .option(
      '--workers <n>',
      'requests that a backend serves at once: what is logged is then parted into waiting and service',
    )
    .option('--backends <n>', 'how many served, where the log does not say')
    .option('--keep-addresses', 'do not pseudonymise addresses of clients and backends')
    .option('--keep-queries', 'do not pseudonymise query strings')
    .option('--keep-ids', 'do not pseudonymise ids and tokens in paths')
    .option(
      '--seed-of-pseudonyms <secret>',
      'the same pseudonyms for the same secret, for logs that belong together',
    )
    .option('--max-damaged <share>', 'of the lines that may be unreadable', '5%')
    .option('--json', 'print the result as JSON, alone on standard output')
    .addHelpText(
      'after',
      `
Formats: ${[...formats].map(([name, { about }]) => `\n  ${name.padEnd(16)}${about}`).join('')}
  har             HTTP Archive, as browsers export it

Examples:
  $ steelyard import /var/log/nginx/access.log --from 2026-11-25T14:00:00Z --duration 10m
  $ zcat -f access.log.2.gz access.log.1 | steelyard import - --name monday
  $ steelyard import access.log --log-format '$remote_addr [$time_local] "$request" $status $upstream_addr $upstream_response_time'
  $ steelyard simulate access/access.yaml`,
    )
    .action(action);
}

async function action(log: string, options: ImportOptions): Promise<void> {
  const settings = settingsOf(options);
  const name = options.name ?? nameOf(log);
  const dir = options.out ?? name;
  const file = join(dir, `${name}.yaml`);
  const trace = join(dir, `${name}.csv`);
  for (const path of [file, trace])
    if (existsSync(path))
      throw new Exit(
        exitCode.input,
        `${path}: expected nothing there, got a file, which is not overwritten; give another --out or --name`,
      );
  const { share, most, keepAddresses, keepQueries, keepIds, seed } = settings;
  const disguise = new Disguise(new Pseudonyms(seed), { keepAddresses, keepQueries, keepIds });
  await mkdir(dir, { recursive: true });
  const rows = new TraceRows(trace, { share, most });
  const it = new LogImport({ ...settings, disguise, row: (at, shown) => rows.add(at, shown) });
  try {
    const read = await readLog({
      file: log,
      format: settings.format,
      line: (number, line) => it.line(number, line),
      pause: () => rows.drain(),
    });
    it.end();
    judge(log, it, settings.mostDamaged);
    await rows.close();
    const kept = { ...settings, share: rows.share, trace: `${name}.csv`, log: basename(log), ...read };
    const { yaml, said, proposals } = draft(it, kept);
    await writeFile(file, yaml, { flag: 'wx' });
    const { lines, parsed, damagedLines, replayed, damages } = it;
    const counts = { lines, parsed, damaged: damagedLines, replayed, rows: rows.rows };
    const faults = proposals.map(({ times: _, ...one }) => one);
    if (options.json)
      console.log(
        JSON.stringify(
          { scenario: file, trace, format: read.format, ...counts, damages, faults },
          undefined,
          2,
        ),
      );
    else console.log([...said, '', `${file} and ${trace}`, `  $ steelyard simulate ${file}`].join('\n'));
  } catch (error) {
    await rows.discard();
    throw error;
  }
}
