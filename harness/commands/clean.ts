/** `steelyard clean`: removes what dead runs left behind, never a live run's. */
import { Command } from 'commander';
import { Exit, exitCode } from '../exit.ts';
import { findLeavings, type Leaving, reap } from '../leavings.ts';

export function clean(): Command {
  return new Command('clean')
    .description('remove containers, networks and processes that dead runs left behind')
    .option('--dry-run', 'only show what would be removed')
    .option('--json', 'print the result as JSON, alone on standard output')
    .addHelpText(
      'after',
      '\nA run that is still alive is never touched. Every run does this for dead ones when it starts.',
    )
    .action(async ({ dryRun, json }: { dryRun?: boolean; json?: boolean }) => {
      const found = await findLeavings();
      const { removed, failed } = dryRun ? { removed: [], failed: [] } : await reap(found);
      if (json)
        console.log(
          JSON.stringify({ found: found.map(named), removed: removed.map(named), failed }, undefined, 2),
        );
      else {
        const shown = dryRun ? found : removed;
        console.log(
          shown.length === 0
            ? 'Nothing is left of any dead run.'
            : shown.map(line(dryRun ? 'would remove' : 'removed')).join('\n'),
        );
      }
      if (failed.length > 0)
        throw new Exit(
          exitCode.failed,
          failed
            .map(({ leaving, why }) => `could not remove ${leaving.kind} ${leaving.name}: ${why}`)
            .join('\n'),
        );
    });
}

const named = ({ kind, id, name, run }: Leaving) => ({ kind, id, name, run: run.runId });
const line =
  (verb: string) =>
  ({ kind, name, run }: Leaving) =>
    `${verb} ${kind} ${name} (run ${run.runId})`;
