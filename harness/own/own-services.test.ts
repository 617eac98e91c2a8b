/** A stock service nobody here wrote as the fleet: nginx by command and by address, through faults, every request accounted for. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { backendsOf, scenarioSchema } from '../../scenarios/scenario.ts';
import { eventually, place } from '../cli.test-support.ts';
import { runName } from '../drivers/driver.test-support.ts';
import { probe } from '../drivers/probe.ts';
import { processDriver } from '../drivers/process.ts';
import { labelThisRun } from '../ownership.ts';
import { findClaims } from './claim-file.ts';
import { launchFleet } from './launch.ts';
import { hasNginx, nginxFleet } from './nginx.test-support.ts';

const load = { open: { rate: '200/s' }, warmup: '500ms', duration: '3s' };

/** A scenario as a file: JSON is YAML. */
const asText = (scenario: object) => JSON.stringify(scenario);

function scenarioOf(fleet: object[], faults: object[] = []) {
  const name = 'own';
  return { ...scenarioSchema.parse({ fleet, load, faults }), name, objective: 'p99' as const };
}

const launched = (scenario: ReturnType<typeof scenarioOf>, what: string) =>
  launchFleet(processDriver, scenario, labelThisRun(runName(what)), AbortSignal.timeout(60_000));

interface Summary {
  audit: { passed: boolean; findings: { check: string; ok: boolean | null }[] };
  contenders: {
    name: string;
    requests: { sent: number; ok: number; failed: number; lost: number; inFlightAtEnd: number };
    perBackend: { id: string; share: number }[];
  }[];
}

function accounted({ contenders }: Summary): boolean {
  return contenders.every(({ requests: { sent, ok, failed, lost, inFlightAtEnd } }) => {
    return sent > 0 && sent === ok + failed + lost + inFlightAtEnd;
  });
}

function getText(host: string, port: number, fields: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve) => {
    get({ host, port, agent: false, headers: fields }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response
        .on('end', () => resolve(`${response.statusCode} ${text.trim()}`))
        .on('error', () => resolve('broken'));
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
  });
}

test('nginx by command through a failover: one crashes, the others carry on, and every request is accounted for', async (t) => {
  if (!hasNginx(t)) return;
  const { dir, steelyard } = await place(
    t,
    asText({
      fleet: [nginxFleet('web', 3)],
      load,
      balancer: { health: { interval: '200ms', unhealthy: 2, healthy: 1 } },
      contenders: ['round-robin', 'p2c'],
      faults: [{ at: '1s', until: '2s', on: 'web-2', crash: {} }],
    }),
  );
  const out = join(dir, 'out');
  const { exitCode, stderr, stdout } = await steelyard(
    'run',
    'scenario.yaml',
    '--driver',
    'process',
    '--out',
    out,
    '--json',
    '--quiet',
  );
  t.is(exitCode, 0, stderr);
  const summary = JSON.parse(stdout) as Summary;
  t.true(accounted(summary));
  t.true(summary.audit.passed, JSON.stringify(summary.audit));
  for (const { name, requests, perBackend } of summary.contenders) {
    t.true(requests.ok > 0.9 * requests.sent, name);
    t.true(
      perBackend.every(({ share }) => share > 0),
      `${name} used all: ${JSON.stringify(perBackend)}`,
    );
  }
  const { notes } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as { notes: string[] };
  t.true(
    notes.some((it) => /web-1 … web-3: a service of your own/.test(it)),
    'the report says whose it is',
  );
});

test('nginx by address: its process is nobody’s to crash, and errors are made by a relay before it', async (t) => {
  if (!hasNginx(t)) return;
  const theirs = await launched(scenarioOf([nginxFleet('web', 2)]), 'theirs');
  t.teardown(() => theirs.stop());
  const urls = theirs.backends.map(({ host, port }) => `http://${host}:${port}`);
  const scenario = {
    fleet: [{ id: 'web', urls, ready: { path: '/' } }],
    load,
    contenders: ['round-robin'],
    faults: [{ at: '1s', until: '2s', on: 'web-2', error: { status: 503 } }],
  };
  const { steelyard } = await place(t, asText(scenario));
  const { exitCode, stderr, stdout } = await steelyard(
    'run',
    'scenario.yaml',
    '--driver',
    'process',
    '--json',
    '--quiet',
  );
  t.is(exitCode, 0, stderr);
  const summary = JSON.parse(stdout) as Summary;
  t.true(accounted(summary));
  t.true(summary.audit.passed, JSON.stringify(summary.audit));
  const { requests } = summary.contenders[0]!;
  // A third of the time half of the requests meet it, and a 503 is not tried again.
  t.true(
    requests.failed > 0.05 * requests.sent && requests.failed < 0.35 * requests.sent,
    JSON.stringify(requests),
  );

  const crashed = await place(t, asText({ ...scenario, faults: [{ at: '1s', on: 'web-2', crash: {} }] }));
  const refused = await crashed.steelyard('run', 'scenario.yaml', '--driver', 'process');
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /can be done to web-2 .*its process is not ours.*got crash/);
});

test('ours and theirs in one fleet: host-level faults show at either’s socket, and are healed', async (t) => {
  if (!hasNginx(t)) return;
  const scenario = scenarioOf([
    { id: 'ours' },
    nginxFleet('web', 1),
    { id: 'bare', command: ['node', '-e', server] },
  ]);
  const fleet = await launched(scenario, 'mixed');
  try {
    t.deepEqual(
      fleet.backends.map(({ id }) => id),
      backendsOf(scenario).map(({ id }) => id),
    );
    for (const { id, host, port } of fleet.backends) {
      t.is(await probe(host, port, 2_000), 'answered', id);
      for (const [kind, met] of [
        ['crash', 'refused'],
        ['freeze', 'accepted'],
        ['stop', 'refused'],
      ] as const) {
        await fleet.inflict(kind, id, {}, 0);
        t.is(await probe(host, port, 500), met, `${kind} ${id}`);
        await fleet.heal(id, 0);
        t.is(await probe(host, port, 2_000), 'answered', `${id} after ${kind}`);
      }
    }
    await t.throwsAsync(fleet.inflict('vanish', 'web-1', {}, 0), { message: /cannot do vanish/ });
  } finally {
    await fleet.stop();
  }
  for (const { id, host, port } of fleet.backends) t.is(await probe(host, port, 500), 'refused', id);
});

/** Answers with what its environment and its place in the fleet say. */
const server = `require('node:http').createServer((_, res) => res.end('{id}')).listen({port}, '{host}')`;

test('a relay makes of answers what the faults say, and refuses where the service does', async (t) => {
  const fleet = await launched(
    scenarioOf([{ id: 'one', command: ['node', '-e', server] }], [{ at: 0, on: 'one', error: {} }]),
    'relayed',
  );
  t.teardown(() => fleet.stop());
  const { host, port } = fleet.backends[0]!;
  const numbered = { 'steelyard-request': '1' };
  const ask = () => getText(host, port, numbered);
  t.is(await ask(), '200 one');
  for (const [kind, options, expected] of [
    ['error', { status: 503, share: 1, after: 0 }, '503 {"error":"as the scenario asks"}'],
    ['reset', { share: 1, sent: 0, health: true }, 'ECONNRESET'],
    ['truncate', { share: 1, sent: 0.5, health: true }, 'broken'],
    ['drip', { share: 1, every: 1, health: true }, '200 one'],
  ] as const) {
    await fleet.setFault('one', 0, kind, options);
    t.is(await ask(), expected, kind);
    await fleet.clearFault('one', 0);
    t.is(await ask(), '200 one', `after ${kind}`);
  }
  await fleet.setFault('one', 0, 'sick', { status: 503, share: 1 });
  t.is(await ask(), '200 one', 'requests are served');
  t.regex(await getText(host, port), /^503/, 'what carries no number is a check');
  await fleet.clearFault('one', 0);

  await fleet.setFault('one', 0, 'slow', { factor: 1, added: 150, ramp: 0 });
  const begun = performance.now();
  t.is(await ask(), '200 one');
  t.true(performance.now() - begun >= 149);
  await fleet.reset(1);

  await fleet.inflict('crash', 'one', {}, 0);
  t.is(await probe(host, port, 500), 'refused');
  await fleet.heal('one', 0);
  t.is(await ask(), '200 one');
});

test('a command that does not serve says why, with its last words, and leaves nothing', async (t) => {
  for (const [command, within, message] of [
    ['echo no such thing >&2; exit 3', '30s', /one ended instead of serving \(with 3\): no such thing/],
    ['exit 0', '30s', /one ended instead of serving \(with 0: a command must stay in the foreground\)/],
    [['/no/such/program'], '30s', /one ended instead of serving \(it could not be started\): .*ENOENT/],
    [
      'sleep 60',
      '300ms',
      /one does not serve at 127\.0\.0\.1:\d+ after 300 ms: expected a connection, got ECONNREFUSED/,
    ],
  ] as const)
    await t.throwsAsync(launched(scenarioOf([{ id: 'one', command, ready: { within } }]), 'broken'), {
      message,
    });
  t.deepEqual(
    findClaims().filter(({ run }) => run.runId.startsWith(`test-broken-${process.pid}`)),
    [],
  );
});

test('kill -9 of the harness leaves a service that wiped its environment, and clean reaps it', async (t) => {
  if (!hasNginx(t)) return;
  const { dir, steelyard } = await place(
    t,
    asText({ fleet: [nginxFleet('web', 2)], load: { ...load, duration: '1m' }, contenders: ['random'] }),
  );
  const run = steelyard('run', 'scenario.yaml', '--driver', 'process', '--quiet');
  const own = () => findClaims().find((it) => it.run.pid === run.pid);
  const lives = () => own()?.groups.length === 2 && nginxes(own()!.folder) > 0;
  t.true(await eventually(lives, 60_000), 'it is up');
  const { folder } = own()!;
  const ended = once(run.nodeChildProcess, 'exit');
  run.nodeChildProcess.kill('SIGKILL');
  await ended;
  // Any other run that begins meanwhile reaps it, too.
  t.is((await steelyard('clean')).exitCode, 0);
  t.true(await eventually(() => nginxes(folder) === 0), `in ${dir}`);
  t.is(own(), undefined);
});

/** Processes whose command line names the folder, running ones. */
function nginxes(folder: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false; // it has just ended
    }
  }).length;
}
