/**
 * faults.md, rows 36 to 48, the harness under its own chaos: every one of them is some test's, of the real command line on real
 * processes, whose name begins with its number. Those that stand nowhere else stand here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { Summary } from '../reports/summary.ts';
import { eventually, type Place, place, processesOf, shortScenario } from './cli.test-support.ts';

const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));

test('every row from 36 to 48 has a test that is named after it', (t) => {
  const root = new URL('../', import.meta.url);
  const found = new Set<number>();
  for (const room of ['harness', 'reports', 'scenarios'])
    for (const file of readdirSync(new URL(room, root), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.test.ts')) continue;
      const text = readFileSync(new URL(`${room}/${file}`, root), 'utf8');
      for (const [, numbers] of text.matchAll(/['"`]((?:3[6-9]|4[0-8])(?:, \d{2})*): /g))
        for (const number of numbers!.split(', ')) found.add(Number(number));
    }
  const rows = Array.from({ length: 13 }, (_, i) => i + 36);
  t.deepEqual(
    rows.filter((row) => !found.has(row)),
    [],
  );
});

const summaryOf = async (dir: string) =>
  JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')) as Summary;

/** Starts a run of a minute and waits until it has sent load for a while; `said` is what it has printed. */
async function underWay(t: ExecutionContext, { steelyard }: Place, ...args: string[]) {
  const run = steelyard('run', 'scenario.yaml', '--driver', 'process', ...args);
  let said = '';
  for (const stream of [run.stdout, run.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  t.true(await eventually(() => /[1-9][0-9.]* s .*req\/s/.test(said), 40_000), said);
  return { run, said: () => said };
}

const longer = shortScenario.replace('2500ms', '60s').replace('until: 1s', 'until: 50s');

test.serial('36: a second Ctrl-C waits for nothing, and still leaves nothing behind', async (t) => {
  const here = await place(t, longer.replace('crash', 'freeze'));
  const { run, said } = await underWay(t, here);
  run.kill('SIGINT');
  t.true(await eventually(() => said().includes('Again to force')), said());
  run.kill('SIGINT');
  const { exitCode } = await run;
  t.is(exitCode, 130);
  t.true(await eventually(async () => (await processesOf(run.pid!)).length === 0));
});

test.serial(
  '38: a full disk ends the run with a sentence; what stood there before reads as before',
  async (t) => {
    const { dir, steelyard } = await place(t, shortScenario.replace('2500ms', '20s'));
    await mkdir(join(dir, 'disk'));
    await mkdir(join(dir, 'kept'));
    const earlier = await steelyard(
      'simulate',
      'scenario.yaml',
      '--contenders',
      'p2c',
      '--out',
      'earlier',
      '--no-regret',
    );
    t.is(earlier.exitCode, 0, earlier.stderr);
    // A disk of its own in a namespace of its own: it is gone with the last process in it.
    const script = `
    mount -t tmpfs -o size=$(($(du -sk earlier | cut -f1) + 400))k tmpfs disk && cp -r earlier disk/earlier
    "$0" "$1" run scenario.yaml --driver process --out disk/full
    code=$?
    df disk >&2; cp -r disk/. kept; exit $code`;
    const mine = process.getuid!() === 0 ? ['-m'] : ['-m', '-r', '-U'];
    const { exitCode, stderr, stdout } = await execa(
      'unshare',
      [...mine, 'sh', '-c', script, process.execPath, cli],
      {
        ...{ cwd: dir, reject: false, stdin: 'ignore', timeout: 120_000, env: { NO_COLOR: '1' } },
      },
    );
    const said = `${stdout}\n${stderr}`;
    t.is(exitCode, 1, said);
    t.regex(stderr, /No space is left where .*disk\/full is written, so the run stopped\./);
    t.regex(stderr, /100%/, 'the disk was full');
    t.notRegex(stderr, /\n {4}at /, 'no stack');
    t.regex(said, /SKIPPED: the run has stopped/, 'no second contender was tried');
    const files = await readdir(join(dir, 'kept'), { recursive: true });
    t.deepEqual(
      files.filter((file) => file.endsWith('.part')),
      [],
      'nothing half written',
    );
    for (const file of ['run.json', 'summary.json', 'report.html'])
      t.deepEqual(
        await readFile(join(dir, 'kept/earlier', file)),
        await readFile(join(dir, 'earlier', file)),
        file,
      );
    // On a disk with room, what there is can be read.
    await cp(join(dir, 'kept/full'), join(dir, 'rescued'), { recursive: true });
    const report = await steelyard('report', 'rescued', '--json');
    t.is(report.exitCode, 0, report.stderr);
    const rescued = JSON.parse(report.stdout) as Summary;
    t.is(rescued.status, 'interrupted');
    t.true(rescued.contenders[0]!.rounds[0]!.requests.ok > 100, 'requests from before the disk was full');
  },
);

test.serial('40: the wall clock jumps to and fro by hours: no duration notices', async (t) => {
  const { dir, steelyard } = await place(t, shortScenario.replace('[round-robin, p2c]', '[p2c]'));
  await writeFile(
    join(dir, 'jumps.mjs'),
    `const real = Date.now;
     let shift = 0;
     setInterval(() => { shift = (Math.random() - 0.5) * 36e5 * 48; }, 50).unref();
     globalThis.Date = class extends Date {
       constructor(...args) { args.length === 0 ? super(real() + shift) : super(...args); }
       static now() { return real() + shift; }
     };`,
  );
  const preload = { NODE_OPTIONS: `--import=${new URL('jumps.mjs', `file://${dir}/`).href}` };
  const run = await steelyard('run', 'scenario.yaml', '--driver', 'process', '--json', preload);
  t.is(run.exitCode, 0, run.stderr);
  const [p2c] = (JSON.parse(run.stdout) as Summary).contenders;
  const { latencyMs, failover, requests } = p2c!;
  t.true(requests.ok > 100);
  t.true(latencyMs.max! >= 5 && latencyMs.max! < 10_000, `a request took ${latencyMs.max} ms`);
  t.true(failover[0]!.takenMs >= 500 && failover[0]!.takenMs < 5_000);
  t.true(failover[0]!.detectMs! >= 0 && failover[0]!.detectMs! < 5_000);
  t.truthy((await steelyard('list', 'scenarios')).stdout);
});

for (const [who, file] of [
  ['balancer', 'proxy/main.ts'],
  ['load generator', 'load/autocannon.ts'],
] as const)
  test.serial(`45: a ${who} that is killed in mid-run fails its contender alone`, async (t) => {
    const here = await place(t, shortScenario.replace('2500ms', '6s'));
    const { run, said } = await underWay(t, here, '--contenders', 'p2c,round-robin');
    const [victim] = (await processesOf(run.pid!)).filter((it) => it.includes(file));
    process.kill(Number.parseInt(victim!, 10), 'SIGKILL');
    t.is((await run).exitCode, 1, said());
    const summary = await summaryOf(join(here.dir, 'results/latest'));
    const failed = summary.contenders.filter(({ status }) => status === 'failed');
    t.is(failed.length, 1);
    t.is(failed[0]!.error, `the ${who} died in mid-run (SIGKILL): it said nothing`);
    t.is(summary.contenders.filter(({ status }) => status === 'complete').length, 1);
    t.true(await eventually(async () => (await processesOf(run.pid!)).length === 0));
  });

test.serial('46: without Docker, auto falls back to processes and says so where it is read', async (t) => {
  const { dir, steelyard } = await place(t, shortScenario.replace('[round-robin, p2c]', '[p2c]'));
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const auto = await steelyard('run', 'scenario.yaml', '--out', 'auto', env);
  t.is(auto.exitCode, 0, auto.stderr);
  t.regex(auto.stderr, /run as plain processes, not in containers: .*no socket at DOCKER_HOST/);
  t.is((await summaryOf(join(dir, 'auto'))).driver, 'process');
  t.regex(await readFile(join(dir, 'auto/report.html'), 'utf8'), /no socket at DOCKER_HOST/);
  const asked = await steelyard('run', 'scenario.yaml', '--driver', 'docker', env);
  t.is(asked.exitCode, 1, asked.stderr);
  t.regex(
    asked.stderr,
    /no socket at DOCKER_HOST=unix:\/\/\/nowhere\/docker\.sock; correct or unset it, or use --driver process/,
  );
});
