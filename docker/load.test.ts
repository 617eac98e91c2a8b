/** What the server says of its load: with every response, and to probes. */
import { Agent, get } from 'node:http';
import test from 'ava';
import { loadHeader } from './load-header.ts';
import { startBackend } from './start.test-support.ts';

interface Sample {
  inFlight: number;
  latency: number;
}

/** The header's figures by name. */
function figures(value: string | null): Record<string, number> {
  const [form, rest] = [value?.slice(0, 5), value?.slice(5)];
  if (form !== 'TEXT ' || rest === undefined) throw new Error(`no load in ${value}`);
  return Object.fromEntries(
    rest.split(',').map((it) => {
      const [name, figure] = it.split('=');
      return [name!, Number(figure)];
    }),
  );
}
const loadOf = async (url: string) => figures((await fetch(url)).headers.get('endpoint-load-metrics'));
const probe = async (url: string) => (await (await fetch(`${url}/load`)).json()) as Sample;

test('the header is ORCA text, in short numbers', (t) => {
  const load = { utilization: 0.30412, inFlight: 3, serviceTime: 9.8, rate: 98.5, errors: 1 / 3, at: 0 };
  t.is(
    loadHeader(load),
    'TEXT cpu_utilization=0.304,rps_fractional=98.5,eps=0.333,named_metrics.in_flight=3,named_metrics.service_ms=9.8',
  );
});

test.serial(
  'a response says how busy the backend was, what it served, and who is still inside',
  async (t) => {
    const { url } = await startBackend(t, {
      workers: 2,
      service: { kind: 'constant', options: { mean: 50 } },
    });
    const until = performance.now() + 1_300;
    const client = async () => {
      while (performance.now() < until) await (await fetch(url)).text();
    };
    await Promise.all([client(), client(), client(), client()]);
    const load = await loadOf(url);
    t.true(load.cpu_utilization! > 0.7 && load.cpu_utilization! <= 1.001, `${load.cpu_utilization}`);
    t.true(load.rps_fractional! > 20 && load.rps_fractional! <= 44, `${load.rps_fractional}`);
    t.is(load.eps, 0);
    t.true(Math.abs(load['named_metrics.service_ms']! - 50) < 5, `${load['named_metrics.service_ms']}`);
    t.is(load['named_metrics.in_flight'], 0);
  },
);

test.serial('refusals and errors carry it too, and are counted there', async (t) => {
  const { url, until, setFault } = await startBackend(t, {
    workers: 1,
    queue: 0,
    service: { kind: 'constant', options: { mean: 3_000 } },
  });
  const pending = fetch(url);
  await until((state) => state.busy > 0);
  const full = await loadOf(url);
  t.is(full['named_metrics.in_flight'], 1);
  t.true(full.eps! > 0 && full.cpu_utilization! > 0);
  await setFault('lie', { status: 500 });
  t.true((await loadOf(url)).eps! > full.eps! / 4);
  t.is((await pending).status, 200);
});

test.serial(
  'a probe is answered while every worker is busy, is no request, and knows what one would take',
  async (t) => {
    const { url, control, until } = await startBackend(t, {
      workers: 1,
      service: { kind: 'constant', options: { mean: 300 } },
    });
    t.deepEqual(await probe(url), { inFlight: 0, latency: 0 });
    const answers = [fetch(url), fetch(url), fetch(url)];
    await until((state) => state.inFlight === 3);
    const begun = performance.now();
    t.is((await probe(url)).inFlight, 3);
    t.true(performance.now() - begun < 300, 'it did not wait for a worker');
    for (const answer of answers) await (await answer).text();
    const { inFlight, latency } = await probe(url);
    t.is(inFlight, 0);
    t.true(latency >= 550 && latency < 900, `of 300, 600 and 900 ms the median, got ${latency}`);
    t.like((await control('GET /state')).says, { probes: 3, received: 3, healthChecks: 0, served: 3 });
  },
);

test.serial('probes meet what health checks meet: faults, pauses, the drain, and the freeze', async (t) => {
  const hung = await startBackend(t);
  const ask = 'GET /load?x HTTP/1.1\r\nhost: a\r\n\r\n';
  t.regex((await hung.raw(ask)).text, /\{"inFlight":0,"latency":0\}$/);
  await hung.setFault('hang');
  t.is((await hung.raw(ask, 300)).text, '');
  await hung.control('DELETE /faults/0');
  await hung.setFault('hang', { health: false });
  const stuck = fetch(hung.url).catch(() => undefined);
  await hung.until((state) => state.received === 1);
  t.is((await probe(hung.url)).inFlight, 1, 'what hangs is inside');
  hung.child.kill('SIGSTOP');
  t.is((await hung.raw(ask, 300)).text, '');
  hung.child.kill('SIGCONT');
  hung.child.kill('SIGKILL');
  await stuck;

  const paused = await startBackend(t, { pauses: { every: 1, length: 300 } });
  const begun = performance.now();
  for (let i = 0; i < 4; i++) await probe(paused.url);
  t.true(performance.now() - begun > 500);

  const draining = await startBackend(t, { service: { kind: 'constant', options: { mean: 2_000 } } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const status = () =>
    new Promise<number>((resolve, reject) => {
      const { port } = draining;
      get({ host: '127.0.0.1', port, path: '/load', agent }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode!));
      }).on('error', reject);
    });
  t.is(await status(), 200);
  const last = fetch(draining.url);
  await draining.until((state) => state.busy > 0);
  draining.child.kill('SIGTERM');
  await draining.until((state) => state.draining);
  t.is(await status(), 503);
  t.is((await last).status, 200);
});
