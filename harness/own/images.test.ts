/** Containers of somebody else's image as the fleet: every host-level fault at their sockets, and a relay before them. */
import test from 'ava';
import { scenarioSchema } from '../../scenarios/scenario.ts';
import { dockerDriver } from '../drivers/docker.ts';
import { imageExists, runtimeClient } from '../drivers/docker-client.ts';
import { carrying, docker, runName } from '../drivers/driver.test-support.ts';
import { probe } from '../drivers/probe.ts';
import { labelThisRun } from '../ownership.ts';
import { launchFleet } from './launch.ts';
import { hasNginx, nginxPath } from './nginx.test-support.ts';
import { imagePort, nginxImage } from './nginx-image.test-support.ts';

const image = `steelyard-test-nginx:${process.pid}`;
const load = { open: { rate: '1/s' }, duration: '1s' };

function launched(fleet: object[], faults: object[], run = labelThisRun(runName('image'))) {
  const parsed = scenarioSchema.parse({ fleet, load, faults });
  return launchFleet(
    dockerDriver,
    { ...parsed, name: 'own', objective: 'p99' },
    run,
    AbortSignal.timeout(100_000),
  );
}

const entry = { id: 'web', image, port: imagePort, ready: { path: '/' } };

test.before(async () => {
  if (docker.available && nginxPath !== undefined)
    await nginxImage((await runtimeClient()).container.dockerode, image);
});

test.after.always(async () => {
  if (!docker.available) return;
  const { dockerode } = (await runtimeClient()).container;
  if (await imageExists(dockerode, image)) await dockerode.getImage(image).remove({ force: true });
});

test.serial(
  'containers of an image beside one of ours: each host-level fault shows and is healed, and nothing is left',
  async (t) => {
    if (!docker.available || !hasNginx(t)) return t.pass();
    const run = labelThisRun(runName('image'));
    const fleet = await launched([entry, { id: 'ours' }], [], run);
    try {
      const { host, port } = fleet.backends[0]!;
      for (const [kind, met] of [
        ['crash', 'refused'],
        ['stop', 'refused'],
        ['freeze', 'accepted'],
        ['vanish', 'silent'],
        ['throttle', 'answered'],
      ] as const) {
        await fleet.inflict(kind, 'web', kind === 'throttle' ? { quota: 0.5 } : {}, 0);
        t.is(await probe(host, port, 1_000), met, kind);
        await fleet.heal('web', 0);
        t.is(await probe(host, port, 2_000), 'answered', `after ${kind}`);
      }
      t.is(await (await fetch(`http://${host}:${port}/`)).text(), 'served from an image\n');
      await fleet.reset(1);
      await fleet.inflict('freeze', 'web', {}, 0);
      await fleet.reset(2);
      t.is(await probe(host, port, 2_000), 'answered', 'started anew for the next trial');
      t.deepEqual(await fleet.verify(), []);
    } finally {
      await fleet.stop();
    }
    t.deepEqual(await carrying(run.runId), []);
  },
);

test.serial(
  'a relay before a container makes the service-level faults, and refuses when it crashes',
  async (t) => {
    if (!docker.available || !hasNginx(t)) return t.pass();
    const fleet = await launched([entry], [{ at: 0, on: 'web', error: {} }]);
    try {
      const { host, port } = fleet.backends[0]!;
      t.is(host, '127.0.0.1');
      const status = async () => (await fetch(`http://${host}:${port}/`)).status;
      t.is(await status(), 200);
      await fleet.setFault('web', 0, 'error', { status: 500, share: 1, after: 0 });
      t.is(await status(), 500);
      await fleet.inflict('crash', 'web', {}, 1);
      t.is(await probe(host, port, 1_000), 'refused');
      await fleet.heal('web', 1);
      t.is(await status(), 500, 'the fault outlives it');
      await fleet.clearFault('web', 0);
      t.is(await status(), 200);
    } finally {
      await fleet.stop();
    }
  },
);

test.serial(
  'an image that is nowhere, and one that ends at once, are each told in a sentence, and nothing is left',
  async (t) => {
    if (!docker.available || !hasNginx(t)) return t.pass();
    const run = labelThisRun(runName('missing'));
    await t.throwsAsync(launched([{ ...entry, image: 'localhost:9/no/such:1' }], [], run), {
      message:
        /^the image localhost:9\/no\/such:1 is not on this machine and could not be pulled \(.*\); correct its name, or bring it here/,
    });
    await t.throwsAsync(launched([{ ...entry, command: ['/usr/sbin/nginx', '-c', '/nowhere'] }], [], run), {
      message: /the backend's container ended with 1: .*nowhere/s,
    });
    t.deepEqual(await carrying(run.runId), []);
  },
);
