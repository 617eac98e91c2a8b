/** A Docker daemon that restarts under a run: one of this test's own, beside the machine's, so that nobody else's containers die with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Dockerode from 'dockerode';
import type { Summary } from '../reports/summary.ts';
import { eventually, place, shortScenario } from './cli.test-support.ts';

/** Who is not root cannot start one; who is, must, where Docker is required. */
const root = process.getuid!() === 0;
const installed = ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'].find((it) =>
  existsSync(it),
);
const able = root && (installed !== undefined || process.env.STEELYARD_REQUIRE_DOCKER === '1');

/** A daemon without bridge or iptables rules of its own: the harness makes the network it needs, and reaches it directly. */
async function ownDaemon(t: ExecutionContext) {
  const dir = await mkdtemp('/tmp/steelyard-daemon-'); // short: a socket's path must be
  const socket = join(dir, 'docker.sock');
  const docker = new Dockerode({ socketPath: socket });
  const log = openSync(join(dir, 'log'), 'a');
  const options = [
    ...['-H', `unix://${socket}`, '--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec')],
    ...['--pidfile', join(dir, 'pid'), '--bridge', 'none', '--iptables=false', '--ip6tables=false'],
    ...['--default-address-pool', 'base=10.213.0.0/16,size=24'],
  ];
  let process_: ReturnType<typeof spawn>;
  const start = async () => {
    process_ = spawn(installed!, options, {
      stdio: ['ignore', log, log],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    const up = await eventually(
      () =>
        docker.ping().then(
          () => true,
          () => false,
        ),
      30_000,
    );
    if (!up)
      throw new Error(`dockerd did not start:\n${(await readFile(join(dir, 'log'), 'utf8')).slice(-2000)}`);
  };
  const stop = async () => {
    const ended = once(process_, 'exit');
    if (process_.exitCode === null && process_.kill('SIGTERM')) await ended;
  };
  t.teardown(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });
  await start();
  return { socket, docker, start, stop };
}

(able ? test.serial : test.skip)(
  '39: a daemon that restarts in mid-run makes the run invalid, and what was started is gone once it is back',
  async (t) => {
    t.truthy(installed, 'a daemon of its own is started here, so dockerd must be installed');
    const daemon = await ownDaemon(t);
    const { dir, steelyard } = await place(
      t,
      shortScenario.replace('2500ms', '60s').replace('until: 1s', 'until: 2s'),
    );
    const run = steelyard('run', 'scenario.yaml', '--driver', 'docker', {
      DOCKER_HOST: `unix://${daemon.socket}`,
    });
    let said = '';
    for (const stream of [run.stdout, run.stderr])
      stream.on('data', (data) => {
        said += data;
      });
    t.true(await eventually(() => /[3-9]\.[0-9] s .*req\/s/.test(said), 90_000), said);
    await daemon.stop();
    await daemon.start();
    const { exitCode } = await run;
    t.is(exitCode, 3, said);
    t.regex(said, /The Docker daemon stopped or restarted in mid-run/);
    t.regex(said, /SKIPPED: the run has stopped/, 'nothing more was tried');
    const summary = JSON.parse(await readFile(join(dir, 'results/latest/summary.json'), 'utf8')) as Summary;
    t.is(summary.status, 'invalid');
    t.regex(summary.audit.findings.find(({ ok }) => ok === false)!.detail, /daemon stopped or restarted/);
    t.true(summary.contenders[0]!.rounds[0]!.requests.ok > 100, 'what was measured before is kept');
    t.deepEqual(await daemon.docker.listContainers({ all: true }), []);
    const networks = await daemon.docker.listNetworks();
    t.deepEqual(
      networks.map(({ Name }) => Name).filter((name) => name.startsWith('steelyard')),
      [],
    );
  },
);
