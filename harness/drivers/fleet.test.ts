/** What a fleet must notice: a stranger at the address, a reset that is none, a fault that does not take. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { fleetOf } from './fleet.ts';
import { servesAs } from './serves.ts';

/** One server that plays a backend's load port and control port; `state` is what it says. */
async function actor(state: () => Record<string, unknown>) {
  const server = createServer((req, res) => {
    res.setHeader('steelyard-backend', String(state().id));
    res.end(JSON.stringify(state()));
    req.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { backend: { id: 'app-1', host: '127.0.0.1', port, controlPort: port }, close };
}

const driver = { name: 'process', can: new Set(['crash', 'freeze'] as const) } as const;
const nothing = async () => undefined;

test('another backend that answers at the address is not taken for the one expected', async (t) => {
  const { backend, close } = await actor(() => ({ id: 'app-2' }));
  await t.throwsAsync(servesAs(backend, 200), {
    message: /app-1 does not serve .* expected app-1, but app-2 answers/,
  });
  await close();
});

test('a reset after which a backend still knows of earlier requests is an error that shows both states', async (t) => {
  let received = 0;
  const { backend, close } = await actor(() => ({ id: 'app-1', received }));
  const fleet = await fleetOf(driver, [{ backend, begin: nothing, restore: nothing }], nothing);
  await t.notThrowsAsync(fleet.reset(2));
  received = 3;
  await t.throwsAsync(fleet.reset(3), {
    message: /app-1 is not as it was .*"received":0.* got .*"received":3/,
  });
  await close();
});

test('a fault that does not show at the socket is an error, and is healed by the next reset all the same', async (t) => {
  let restored = 0;
  const restore = async () => void restored++;
  const { backend, close } = await actor(() => ({ id: 'app-1' }));
  const fleet = await fleetOf(driver, [{ backend, begin: nothing, restore }], nothing);
  await t.throwsAsync(fleet.inflict('freeze', 'app-1', {}, 0), {
    message: /with freeze standing, expected the control port of app-1 to be accepted, found it answered/,
  });
  await fleet.reset(1);
  t.is(restored, 1);
  await close();
});

test('what is left behind after a trial is told of, backend by backend, and an heir in the place of a process, too', async (t) => {
  let says: Record<string, unknown> = { id: 'app-1', startedAt: 5, faults: [] };
  const { backend, close } = await actor(() => says);
  const fleet = await fleetOf(driver, [{ backend, begin: nothing, restore: nothing }], nothing);
  t.deepEqual(await fleet.verify(), []);
  says = { ...says, faults: [{ fault: 3, kind: 'slow' }] };
  const [left, ...more] = await fleet.verify();
  t.regex(left!, /expected the faults \[\] at app-1, found \[\{"fault":3,"kind":"slow"\}\]/);
  t.deepEqual(more, []);
  says = { id: 'app-1', startedAt: 6, faults: [] };
  t.regex((await fleet.verify())[0]!, /app-1 is another process than it was: its own has gone/);
  await fleet.reset(1);
  t.deepEqual(await fleet.verify(), [], 'the next trial begins with the process there is');
  await close();
});

test('a fleet is dismantled once, however often it is stopped', async (t) => {
  let dismantled = 0;
  const fleet = await fleetOf(driver, [], async () => void dismantled++);
  await Promise.all([fleet.stop(), fleet.stop()]);
  t.is(dismantled, 1);
});
