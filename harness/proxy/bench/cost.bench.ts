/**
 * What a proxied request costs, ours beside the others, in one run: the same load (wrk, 32 kept connections, GET, 128 bytes
 * of JSON back), the same three backends, rounds interleaved, medians. CPU of a proxy's own processes per request is what
 * counts: requests/s and latencies depend on how many cores wrk, proxy and backends share, and on who else uses them.
 *
 * Ours runs as a trial starts it, with its defaults: heads parsed and checked, fields rewritten, timeouts, health checks,
 * retries and statistics on. `node harness/proxy/bench/cost.bench.ts [rounds] [seconds]`. Needs Linux, wrk, HAProxy, nginx.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim } from '../../claim.ts';
import { Contestant, table } from './contestant.ts';
import { haproxyHttp, haproxyTcp } from './haproxy.ts';
import { nginxHttp, nginxStream, startBackends } from './nginx.ts';
import { fastifyHttpProxy, httpProxy3 } from './node-proxies.ts';
import { layer4, layer7, recorded } from './ours.ts';
import type { Serving, Subject } from './subject.ts';

const [rounds = 5, seconds = 4] = process.argv.slice(2).map(Number);
const connections = 32;
const warmUpSeconds = 3;

const subjects = [
  haproxyHttp,
  nginxHttp,
  layer7,
  recorded,
  fastifyHttpProxy,
  httpProxy3,
  haproxyTcp,
  nginxStream,
  layer4,
];

const dir = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
const started: Serving[] = [];
try {
  const fleet = await startBackends(dir);
  started.push(fleet);
  const all: Contestant[] = [];
  for (const subject of subjects) {
    const own = join(dir, String(all.length));
    await mkdir(own);
    const serving = await subject.start({ backends: fleet.ports, dir: own });
    started.push(serving);
    all.push(new Contestant(subject, serving));
  }
  // Its CPU is the backends': none of what is measured may wait for them.
  all.push(new Contestant({ name: 'direct, the backends', layer: 7 }, fleet));
  for (const it of all) await it.run(connections, warmUpSeconds);
  for (let round = 0; round < rounds; round++)
    for (const it of all) it.rounds.push(await it.run(connections, seconds));

  const of = ({ name }: Subject) => all.find((it) => it.name === name)!;
  console.log(`${table(all, ({ layer }) => of(layer === 7 ? haproxyHttp : haproxyTcp))}\n`);

  const ours = of(layer7);
  const haproxy = of(haproxyHttp);
  const toHaproxy = ours.ratioTo(haproxy);
  console.log(`the goal, layer 7 at 1.6 times HAProxy: ${toHaproxy <= 1.6 ? 'reached' : 'not reached'}`);
  claim({
    what: 'CPU per request at layer 7, ours ÷ HAProxy http',
    value: toHaproxy,
    unit: 'times',
    most: 2,
    detail: `rounds in µs ${ours.each} to ${haproxy.each}`,
  });
  const others = [of(httpProxy3), of(fastifyHttpProxy)];
  const best = others.reduce((a, b) => (b.ratioTo(a) < 1 ? b : a));
  claim({
    what: `CPU per request at layer 7, ours ÷ the best other for Node, ${best.name}`,
    value: ours.ratioTo(best),
    unit: 'times',
    most: 0.6,
    detail: `rounds in µs ${ours.each} to ${best.each}`,
  });
  claim({
    what: 'CPU per request at layer 4, ours ÷ HAProxy tcp',
    value: of(layer4).ratioTo(of(haproxyTcp)),
    unit: 'times',
    most: 1.6,
    detail: `rounds in µs ${of(layer4).each} to ${of(haproxyTcp).each}`,
  });
} finally {
  for (const it of started.reverse()) await it.stop();
  await rm(dir, { recursive: true, force: true });
}
