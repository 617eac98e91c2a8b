/** `steelyard init`: a scenario, a strategy and a CI workflow to start from, or a scenario drafted from a Compose file. Overwrites nothing. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { parseSource, readText } from '../../scenarios/source.ts';
import { draftOf } from '../compose/draft.ts';
import { Exit, exitCode } from '../exit.ts';

const scenarioFile = 'steelyard.yaml';
const strategyFile = 'my-strategy.mts';
const composeText = { what: 'a Compose file', format: 'YAML', mostBytes: 1_000_000 };

const scenario = `# A fleet, a load, who competes, and what goes wrong. Next: steelyard check ${scenarioFile}
fleet:
  - { id: app, count: 4, workers: 8, service: { exponential: { mean: 10ms } } }
  # A service of your own instead: image and port, command with {port}, or urls
  # - { id: mine, count: 3, command: "node server.js {port}", ready: { path: / } }
load:
  open: { rate: 1600/s }        # scheduled arrivals; or closed: { connections: 64 }
  duration: 8s
contenders: [round-robin, p2c, ./${strategyFile}]
faults:
  - { at: 2500ms, until: 5s, on: app-2, crash: {} }
expect:
  - { metric: errorRate, contender: all, below: 1% }
`;

const strategy = `// A strategy of your own: always the first that is available and not yet tried. Next: steelyard check ./${strategyFile}
export default {
  about: 'the first available backend, always',
  options: {},
  create: () => ({
    pick: ({ available }, { tried }) => available.find((backend) => !tried.includes(backend)) ?? available[0],
  }),
};
`;

const workflowFile = '.github/workflows/steelyard.yml';

const workflow = `# A pull request's ${strategyFile} against its base, measured in turns in one job. Exit code 99 when it has regressed.
name: steelyard
on: pull_request
jobs:
  compare:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 } # the base is measured, too
      - uses: actions/setup-node@v4
        with: { node-version: lts/* }
      - run: npx --yes steelyard compare ${scenarioFile} --base "$BASE" --rounds 15 --gate --runs runs --out comparison.md
        env: { BASE: "\${{ github.event.pull_request.base.sha }}" }
      - if: always()
        run: cat comparison.md >> "$GITHUB_STEP_SUMMARY"
      - if: always()
        uses: actions/upload-artifact@v4
        with: { name: steelyard, path: runs }
`;

export function init(): Command {
  return new Command('init')
    .description(
      'write a scenario, a strategy and a CI workflow to start from into this folder; what is there is never overwritten',
    )
    .option('--from-compose <file>', 'draft the scenario from the services of a Docker Compose file')
    .action(({ fromCompose }: { fromCompose?: string }) => {
      const files =
        fromCompose === undefined
          ? { [scenarioFile]: scenario, [strategyFile]: strategy, [workflowFile]: workflow }
          : { [scenarioFile]: drafted(fromCompose) };
      for (const file of Object.keys(files)) if (existsSync(file)) throw refusal(file);
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text, { flag: 'wx' });
      }
      console.log(
        `Wrote ${Object.keys(files).join(', ')}. Next: steelyard check ${scenarioFile}, then steelyard run ${scenarioFile}`,
      );
    });
}

const refusal = (file: string) =>
  new Exit(exitCode.input, `expected no ${file} here, got one, and nothing was written; move it away first`);

/** Compose names what it builds after the project: the folder of its file, unless that says otherwise. */
function drafted(file: string): string {
  const source = parseSource(file, readText(file, '', composeText), composeText);
  const { name } = (source.raw ?? {}) as { name?: unknown };
  return draftOf(source, typeof name === 'string' ? name : basename(dirname(resolve(file))));
}
