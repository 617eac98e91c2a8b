/**
 * An incident at a real nginx, imported from its access log and replayed: four backends, one is killed in mid-run and comes back. Needs
 * nginx; skipped where there is none, unless STEELYARD_REQUIRE_NGINX=1.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { loadScenario } from '../../scenarios/loader.ts';
import { place } from '../cli.test-support.ts';
import { now } from '../clock.ts';
import { runName, specsOf } from '../drivers/driver.test-support.ts';
import { processDriver } from '../drivers/process.ts';
import { drive, loadOf } from '../load/drive.test-support.ts';
import { labelThisRun } from '../ownership.ts';
import { outcomes, readRequests, readRun } from '../recording.ts';
import { listStrategies } from '../strategies.ts';
import { damaged, type Logged } from './logged.ts';
import { nginxAvailable, startNginx } from './nginx.test-support.ts';
import { formats } from './recognise.ts';

const onNginx = nginxAvailable || process.env.STEELYARD_REQUIRE_NGINX === '1' ? test : test.skip;

/** One request: when it came, ms from t = 0, how long it took, and who answered it. */
interface Seen {
  readonly at: number;
  readonly took: number;
  readonly backend: string;
}

type Length = { readonly at: number; readonly until: number };

/** Longest stretch in which a backend answered nothing, ms from t = 0. */
function silence(all: readonly Seen[], backend: string): { from: number; to: number } {
  const ends = all.filter((it) => it.backend === backend).map(({ at, took }) => at + took);
  ends.sort((a, b) => a - b);
  let longest = { from: 0, to: 0 };
  for (let i = 1; i < ends.length; i++)
    if (ends[i]! - ends[i - 1]! > longest.to - longest.from) longest = { from: ends[i - 1]!, to: ends[i]! };
  return longest;
}

function p99(all: readonly Seen[], from: number, to: number): number {
  const took = all.filter(({ at }) => at >= from && at < to).map((it) => it.took);
  return took.sort((a, b) => a - b)[Math.floor(0.99 * took.length)]!;
}

onNginx(
  'what a real nginx logged of an outage, replayed: the same window, and the same p99 before, during and after',
  async (t) => {
    t.timeout(90_000);
    const dir = await mkdtemp(join(tmpdir(), 'steelyard-nginx-'));
    t.teardown(() => rm(dir, { recursive: true, force: true }));
    const specs = specsOf([
      { id: 'app', count: 4, workers: 64, service: { uniform: { min: '20ms', max: '400ms' } } },
    ]);
    const fleet = await processDriver.launch(
      specs,
      labelThisRun(runName('nginx')),
      AbortSignal.timeout(80_000),
    );
    t.teardown(() => fleet.stop());
    const nginx = await startNginx(
      t,
      dir,
      fleet.backends.map(({ port }) => port),
    );
    const load = loadOf({ open: { rate: '300/s' }, warmup: '200ms', duration: '12s', timeout: '5s' });
    let killed = 0;
    let revived = 0;
    const { measured, zero } = await drive(nginx.port, load, async (_, start) => {
      await sleep(start + 4000 - now());
      killed = (await fleet.inflict('crash', 'app-2', {}, 0)).at - start;
      await sleep(start + 8000 - now());
      revived = (await fleet.heal('app-2', 0)).at - start;
    });
    t.true(measured.length > 3000 && zero > 0);
    await nginx.stop();

    const { steelyard, dir: work } = await place(t);
    const imported = await steelyard('import', nginx.log, '--json', '--keep-addresses');
    t.is(imported.exitCode, 0, imported.stderr);
    const { lines, damaged: bad, faults } = JSON.parse(imported.stdout);
    t.is(bad, 0);
    t.true(lines >= measured.length, `${lines} lines`);
    const log: Seen[] = [];
    let origin = Number.POSITIVE_INFINITY;
    const read = (await readFile(nginx.log, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((it) => formats.get('nginx')!.line(it));
    const requests = read.filter((it): it is Logged => !damaged(it));
    for (const { at } of requests) origin = Math.min(origin, at);
    for (const { at, took, attempts } of requests)
      log.push({ at: at - origin, took: took!, backend: attempts!.at(-1)!.backend });
    const victim = `127.0.0.1:${fleet.backends[1]!.port}`;
    const outage = silence(log, victim);
    t.true(
      Math.abs(outage.to - outage.from - (revived - killed)) < 500,
      'the log shows the outage as it was',
    );

    // A busy machine may show more than was done to it.
    const crashes = faults.filter(({ kind }: { kind: string }) => kind === 'crash');
    const crash = crashes.sort((a: Length, b: Length) => b.until - b.at - (a.until - a.at))[0];
    t.truthy(crash, JSON.stringify(faults));
    t.true(
      Math.abs(crash.at - outage.from) < 250 && Math.abs(crash.until - outage.to) < 250,
      JSON.stringify([crash, outage]),
    );
    const file = join(work, 'access/access.yaml');
    const { scenario, text } = loadScenario({ file, known: { strategies: await listStrategies() } });
    t.true(text.includes(`# ${crash.on} (${victim})`), 'it is the backend that was killed');
    t.deepEqual(scenario.fleet.length, 4);

    const simulated = await steelyard(
      'simulate',
      file,
      '--contenders',
      'round-robin',
      '--out',
      'run',
      '--quiet',
      '--no-regret',
    );
    t.is(simulated.exitCode, 0, simulated.stderr);
    const run = await readRun(join(work, 'run'));
    const rows = await readRequests(join(work, 'run'), run, run.trials[0]!.id);
    const replayed = Array.from(
      rows.intended,
      (micros, i): Seen => ({
        at: micros / 1000,
        took: rows.latency[i]! / 1000,
        backend: run.backends[rows.backend[i]!]?.id ?? '',
      }),
    ).filter((_, i) => outcomes[rows.outcome[i]!] === 'ok');
    t.true(replayed.length > 0.99 * log.length, `${replayed.length} of ${log.length} ok`);
    const again = silence(replayed, crash.on);
    t.true(
      Math.abs(again.from - outage.from) < 500 && Math.abs(again.to - outage.to) < 500,
      `silent from ${outage.from} to ${outage.to}, replayed from ${again.from} to ${again.to}`,
    );
    for (const [phase, from, to] of [
      ['before', 0, outage.from],
      ['during', outage.from, outage.to],
      ['after', outage.to, Number.POSITIVE_INFINITY],
    ] as const) {
      const [then, now] = [p99(log, from, to), p99(replayed, from, to)];
      t.log(`p99 ${phase}: ${then.toFixed(1)} ms logged, ${now.toFixed(1)} ms replayed`);
      t.true(Math.abs(now / then - 1) < 0.2, `p99 ${phase}: ${then} ms logged, ${now} ms replayed`);
    }
  },
);
