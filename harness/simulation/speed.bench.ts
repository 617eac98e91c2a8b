/**
 * How many requests a second the simulator simulates on one core, recording on: each case in a process of its own, the
 * cases interleaved over three rounds, medians. P2C, λ = .9, one worker a backend, from the first request to the last and
 * to the closed recording; starting the process and making Parquet of the spools are not in it. Last, one hundred million
 * requests at ten thousand backends: what counts there is the memory.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from '../../scenarios/loader.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { claim } from '../claim.ts';
import { Recorder } from '../recorder.ts';
import { chooseStrategy, listStrategies } from '../strategies.ts';
import { Simulation } from './simulation.ts';

interface Case {
  readonly n: number;
  readonly requests: number;
  /** Health checks, passive marking, retries and short timeouts. */
  readonly resilience?: boolean;
}

interface Measured {
  readonly perSecond: number;
  readonly maxRssMB: number;
  readonly rows: string;
}

const cases = {
  hundred: { n: 100, requests: 3_000_000 },
  thousand: { n: 1_000, requests: 3_000_000 },
  'ten thousand': { n: 10_000, requests: 3_000_000 },
  resilience: { n: 1_000, requests: 3_000_000, resilience: true },
  'hundred million': { n: 10_000, requests: 100_000_000 },
} satisfies Record<string, Case>;
type Name = keyof typeof cases;

const rounds = 3;

async function simulate({ n, requests, resilience = false }: Case): Promise<Measured> {
  const strategies = new Map(await listStrategies());
  const { scenario, contenders } = loadScenario({
    file: 'theory',
    sets: [
      `fleet.0.count=${n}`,
      `load.requests=${requests}`,
      'load.warmup=500ms',
      ...(resilience
        ? [
            'balancer.health.interval=500ms',
            'balancer.passive.failures=3',
            'balancer.retries.max=2',
            'balancer.tryTimeout=2s',
            'load.timeout=5s',
          ]
        : []),
    ],
    known: { strategies, simulated: true },
    contenders: ['p2c'],
  });
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-speed-'));
  try {
    const recorder = new Recorder({
      dir,
      backends: backendsOf(scenario).map(({ id }) => id),
      planned: requests * 1.1,
      deadline: scenario.load.deadline,
      timeout: scenario.load.timeout,
    });
    const simulation = new Simulation({
      scenario,
      strategy: await chooseStrategy('p2c'),
      settings: contenders[0]!.balancer,
      seed: 1,
      recorder,
      onEvent: () => undefined,
    });
    const began = performance.now();
    while (simulation.advance(1_000_000));
    const rows = recorder.close();
    const seconds = (performance.now() - began) / 1000;
    return {
      perSecond: simulation.ended / seconds,
      maxRssMB: process.resourceUsage().maxRSS / 1024,
      rows,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function inOwnProcess(name: Name): Promise<Measured> {
  const child = fork(import.meta.filename, [name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [measured] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the simulation of ${name} ended with ${code}`);
    }),
  ])) as [Measured];
  return measured;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function main(): Promise<void> {
  const names = ['hundred', 'thousand', 'ten thousand', 'resilience'] as const;
  const speeds = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) speeds.get(name)!.push((await inOwnProcess(name)).perSecond);
  const million = (name: Name) => median(speeds.get(name)!) / 1e6;
  const each = (name: Name) =>
    speeds
      .get(name)!
      .map((it) => (it / 1e6).toFixed(2))
      .join(', ');

  const unit = 'million requests a second';
  claim({ what: 'p2c, n = 1,000', value: million('thousand'), unit, least: 1.5, detail: each('thousand') });
  claim({
    what: 'p2c, n = 1,000, with health checks, timeouts and retries',
    value: million('resilience'),
    unit,
    least: 0.5,
    detail: each('resilience'),
  });
  claim({
    what: 'cost of a request, n = 10,000 ÷ n = 100',
    value: million('hundred') / million('ten thousand'),
    unit: 'times',
    most: 2,
    detail: `${each('hundred')} and ${each('ten thousand')} ${unit}`,
  });
  const long = await inOwnProcess('hundred million');
  claim({
    what: '100 million requests, n = 10,000',
    value: long.maxRssMB,
    unit: 'MB at most',
    most: 512,
    detail: `${(long.perSecond / 1e6).toFixed(2)} ${unit}, recording ${long.rows}`,
  });
}

const asked = process.argv[2] as Name | undefined;
if (asked !== undefined && asked in cases && process.send !== undefined)
  process.send(await simulate(cases[asked]));
else await main();
