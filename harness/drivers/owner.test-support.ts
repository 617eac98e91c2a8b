/** The process that `startOwner` starts: owns a fleet until it is killed. Arguments: the driver's name and a run id. */
import { labelThisRun } from '../ownership.ts';
import { drivers, specsOf } from './driver.test-support.ts';

const [name, runId] = process.argv.slice(2) as [string, string];
const driver = drivers.find((it) => it.name === name)!;
const fleet = await driver.launch(
  specsOf([{ id: 'owned', count: 2 }]),
  labelThisRun(runId),
  AbortSignal.timeout(60_000),
);
await fleet.inflict('freeze', 'owned-2', {}, 0);
console.log(JSON.stringify(fleet.backends));
setTimeout(() => process.exit(1), 60_000);
