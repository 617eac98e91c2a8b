/** `kill -9` of a harness, then reaping: its own things and no others. */
import { once } from 'node:events';
import test from 'ava';
import { carrying, drivers, runName, specsOf, startOwner } from './drivers/driver.test-support.ts';
import { probe } from './drivers/probe.ts';
import { findLeavings, reap } from './leavings.ts';
import { labelThisRun } from './ownership.ts';

for (const driver of drivers)
  test.serial(
    `${driver.name}: what a killed harness left is found and reaped; a living run's is not`,
    async (t) => {
      const mine = labelThisRun(runName('living'));
      const dead = runName('dead');
      const [fleet, owner] = await Promise.all([
        driver.launch(specsOf([{ id: 'app' }]), mine, AbortSignal.timeout(60_000)),
        startOwner(driver, dead),
      ]);
      const of = async (runId: string) => (await findLeavings()).filter((it) => it.run.runId === runId);
      try {
        t.deepEqual(await of(dead), [], 'its owner lives');

        const ended = once(owner.child.nodeChildProcess, 'exit');
        owner.child.kill('SIGKILL');
        await ended;
        const found = await of(dead);
        const least = { process: ['process'], docker: ['container', 'container', 'network'] }[driver.name];
        for (const kind of least)
          t.true(
            found.some((it) => it.kind === kind),
            `${kind} among what was found`,
          );
        t.deepEqual(await of(mine.runId), []);

        const { removed, failed } = await reap(found);
        t.deepEqual(failed, []);
        t.is(removed.length, found.length);
        t.deepEqual(
          await until(
            () => carrying(dead),
            (left) => left.length === 0,
          ),
          [],
        );
        t.is((await reap(found)).removed.length, found.length, 'again does no harm');

        const { host, port } = fleet.backends[0]!;
        t.is(await probe(host, port, 2_000), 'answered', 'the living run still serves');
        t.not((await carrying(mine.runId)).length, 0);
      } finally {
        await fleet.stop();
        await reap(await of(dead));
      }
      t.deepEqual(await carrying(mine.runId), []);
    },
  );

/** A process killed a moment ago may still be on its way out. */
async function until<T>(look: () => Promise<T>, good: (seen: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const seen = await look();
    if (good(seen) || i === 50) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
