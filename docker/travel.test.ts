/** The way to a backend, as a balancer meets it: how long it takes, for whom, and what of the backend it leaves alone. */
import { Agent, get } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { hostLeg, Network } from '../scenarios/distances.ts';
import { type Started, startBackend } from './start.test-support.ts';

const network = { client: 0, backend: 100, jitter: 0, connect: 0, latencies: { eu: { us: 300 } } };
const inEurope = { zone: 'eu' };

interface Seen {
  readonly ms: number;
  readonly status: number;
}

/** Asks on connections that stay. */
function asking(t: ExecutionContext, { port }: Started) {
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  return (fields: Record<string, string> = {}, path = '/') =>
    new Promise<Seen>((resolve, reject) => {
      const begun = performance.now();
      get({ port, host: '127.0.0.1', path, agent, headers: fields }, (res) => {
        const { statusCode: status = 0 } = res;
        res.resume().on('end', () => resolve({ ms: performance.now() - begun, status }));
      }).on('error', reject);
    });
}

/** A machine adds to it, and takes nothing away; it is told from the next longer way by `room`. */
function took(t: ExecutionContext, { ms }: Seen, expected: number, room = 190) {
  t.true(ms > expected - 3 && ms < expected + room, `expected ${expected} ms, took ${ms.toFixed(1)}`);
}

test.serial('two trips each, and a handshake for the first on a connection', async (t) => {
  const ask = asking(t, await startBackend(t, inEurope, { network }));
  took(t, await ask(), 401);
  took(t, await ask(), 201);
  for (const [region, trip] of [
    ['eu', 100],
    ['us', 300],
    ['mars', 100],
  ] as const) {
    const from = { 'steelyard-region': region };
    took(t, await ask(from), 4 * trip + 1);
    took(t, await ask(from), 2 * trip + 1);
  }
});

test.serial('each place has connections of its own, as many as it needed at once', async (t) => {
  const ask = asking(t, await startBackend(t, inEurope, { network }));
  const from = { 'steelyard-region': 'eu' };
  for (const seen of await Promise.all([ask(from), ask(from)])) took(t, seen, 401);
  const [first, second, third] = (await Promise.all([ask(from), ask(from), ask(from)])).sort(
    (a, b) => a.ms - b.ms,
  );
  took(t, first!, 201);
  took(t, second!, 201);
  took(t, third!, 401);
  for (const seen of await Promise.all([ask(from), ask(from), ask(from)])) took(t, seen, 201);
});

test.serial('a connection that has closed is missed', async (t) => {
  const ask = asking(t, await startBackend(t, inEurope, { network }));
  took(t, await ask({ connection: 'close' }), 401);
  took(t, await ask(), 401);
  took(t, await ask(), 201);
});

test.serial('what opening a connection costs beyond its round trip', async (t) => {
  const ask = asking(t, await startBackend(t, {}, { network: { ...network, backend: 0, connect: 300 } }));
  took(t, await ask(), 301);
  took(t, await ask(), 1);
});

test.serial('a balancer with a place is as far away as that, whoever its clients are', async (t) => {
  const backend = await startBackend(t, inEurope, { network });
  const ask = asking(t, backend);
  await backend.control('POST /reset', { seed: 1, from: 'us' });
  await ask();
  took(t, await ask({ 'steelyard-region': 'eu' }), 601);
  await backend.control('POST /trial', { seed: 1, from: 'eu' });
  await ask();
  took(t, await ask({ 'steelyard-region': 'us' }), 201);
  t.is((await backend.control('GET /state')).says.served, 4, 'and nothing was forgotten');
  t.is((await backend.control('POST /trial', { seed: 1, from: 7 })).status, 400);
});

test.serial(
  'a health check makes its connection; probes keep theirs; the harness stands beside',
  async (t) => {
    const ask = asking(t, await startBackend(t, {}, { network }));
    took(t, await ask({}, '/health'), 400);
    took(t, await ask({}, '/load'), 200);
    took(t, await ask({ 'steelyard-beside': '1' }, '/health'), 0);
  },
);

test.serial('no worker is held on the way: one serves what arrives, back to back', async (t) => {
  const service = { kind: 'constant', options: { mean: 50 } };
  const backend = await startBackend(t, { workers: 1, service }, { network: { ...network, backend: 400 } });
  const ask = asking(t, backend);
  const all = await Promise.all([ask(), ask(), ask(), ask()]);
  for (const [i, seen] of all.sort((a, b) => a.ms - b.ms).entries()) took(t, seen, 1600 + 50 * (i + 1));
});

test.serial('faults come as they are, from as far away', async (t) => {
  const backend = await startBackend(t, {}, { network });
  const ask = asking(t, backend);
  await ask();
  await backend.setFault('error', { status: 500 });
  const failed = await ask();
  t.is(failed.status, 500);
  took(t, failed, 200);
  await backend.control('DELETE /faults/0');
  await backend.setFault('reset', {}, 1);
  const begun = performance.now();
  const error = await t.throwsAsync(ask());
  t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  took(t, { ms: performance.now() - begun, status: 0 }, 200);
});

test.serial('a client that leaves is missed a trip later, and only by who had heard of it', async (t) => {
  const service = { kind: 'constant', options: { mean: 5_000 } };
  const far = { ...network, backend: 250 };
  const backend = await startBackend(t, { workers: 1, cancelAbandoned: true, service }, { network: far });
  const leaveAfter = (ms: number) => t.throwsAsync(fetch(backend.url, { signal: AbortSignal.timeout(ms) }));
  await leaveAfter(200); // in the handshake
  await backend.until(({ abandoned }) => abandoned === 1);
  t.is((await backend.control('GET /state')).says.busy, 0);
  await leaveAfter(600); // on its way
  await backend.until(({ busy }) => busy === 1);
  await backend.until(({ abandoned, busy }) => abandoned === 2 && busy === 0);
});

test.serial('a stop lets what is on its way arrive, and come back', async (t) => {
  const backend = await startBackend(t, {}, { network: { ...network, backend: 300 } });
  const ask = asking(t, backend);
  const asked = ask();
  await backend.until(({ received }) => received === 1);
  backend.child.kill('SIGTERM');
  t.is((await asked).status, 200);
});

test.serial('jitter is the simulator’s: the same draw for a request and a backend', async (t) => {
  const trembling = { ...network, jitter: 1 };
  const ask = asking(t, await startBackend(t, { index: 3 }, { network: trembling }));
  await ask();
  const drawn = new Network(trembling, 1);
  const longest = [...Array(200).keys()].reduce((a, b) =>
    drawn.trip(100, b, hostLeg(3)) > drawn.trip(100, a, hostLeg(3)) ? b : a,
  );
  const trip = drawn.trip(100, longest, hostLeg(3));
  t.true(trip > 250);
  took(t, await ask({ 'steelyard-request': String(longest) }), 2 * trip + 1);
});
