/** Launches that go wrong, and two at once: nothing is left, and nothing is taken from one another. */
import test from 'ava';
import { labelThisRun } from '../ownership.ts';
import { dockerDriver } from './docker.ts';
import { runtimeClient } from './docker-client.ts';
import { carrying, docker, drivers, runName, specsOf } from './driver.test-support.ts';
import { probe } from './probe.ts';

for (const driver of drivers) {
  test.serial(`${driver.name}: a launch aborted half-way leaves nothing`, async (t) => {
    const run = labelThisRun(runName('aborted'));
    const abort = new AbortController();
    const launch = driver.launch(specsOf([{ id: 'app', count: 4 }]), run, abort.signal);
    let begun: string[] = [];
    const watcher = (async () => {
      while (begun.length === 0) begun = await carrying(run.runId);
      abort.abort();
    })();
    await t.throwsAsync(launch, { name: 'AbortError' });
    await watcher;
    t.true(begun.length > 0, 'something had been started');
    t.deepEqual(await carrying(run.runId), []);
  });

  test.serial(`${driver.name}: a backend that does not start says why, and nothing is left`, async (t) => {
    const run = labelThisRun(runName('broken'));
    const [good, bad] = specsOf([{ id: 'app', count: 2 }]);
    const broken = { ...bad!, service: { kind: 'no-such-law', options: {} } } as unknown as typeof bad;
    await t.throwsAsync(driver.launch([good!, broken!], run, AbortSignal.timeout(60_000)), {
      message: /no-such-law/,
    });
    t.deepEqual(await carrying(run.runId), []);
  });

  test.serial(`${driver.name}: two runs at once get addresses of their own`, async (t) => {
    const runs = ['one', 'two'].map((it) => labelThisRun(runName(it)));
    const fleets = await Promise.all(
      runs.map((run) => driver.launch(specsOf([{ id: 'app', count: 2 }]), run, AbortSignal.timeout(60_000))),
    );
    const all = fleets.flatMap((it) => it.backends);
    t.is(new Set(all.map((it) => `${it.host}:${it.port}`)).size, 4);
    await fleets[0]!.stop();
    t.deepEqual(await carrying(runs[0]!.runId), []);
    for (const { host, port } of fleets[1]!.backends) t.is(await probe(host, port, 2_000), 'answered');
    await fleets[1]!.stop();
    t.deepEqual(await carrying(runs[1]!.runId), []);
  });
}

test.serial('docker: where the daemon cannot be watched, the network made before is removed', async (t) => {
  if (!docker.available) return t.pass();
  const run = labelThisRun(runName('unwatched'));
  const { dockerode } = (await runtimeClient()).container;
  // The one answer that a daemon in good health does not give.
  dockerode.getEvents = () => Promise.reject(new Error('no events'));
  t.teardown(() => Reflect.deleteProperty(dockerode, 'getEvents'));
  await t.throwsAsync(dockerDriver.launch(specsOf([{ id: 'app' }]), run, AbortSignal.timeout(60_000)), {
    message: 'no events',
  });
  t.deepEqual(await carrying(run.runId), []);
});
