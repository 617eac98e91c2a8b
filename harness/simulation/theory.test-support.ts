/** One point of `scenarios/theory.yaml`, simulated as a user's `steelyard simulate theory --set …` does, without a recording. */
import { loadScenario } from '../../scenarios/loader.ts';
import { outcomes } from '../recording.ts';
import { chooseStrategy, listStrategies } from '../strategies.ts';
import { Simulation } from './simulation.ts';

export interface Point {
  strategy: string;
  options?: Record<string, unknown>;
  n: number;
  load: number;
  /** Workers of each backend; 1 unless given. */
  workers?: number;
  /** Measured ones, after the warm-up. */
  requests: number;
  /** In service times, of 10 ms. */
  warmup: number;
  seed?: number;
  /** As `--set` takes it, beyond these. */
  sets?: readonly string[];
}

export interface Sojourn {
  /** In service times. */
  mean: number;
  /** Standard error of the mean, by batch means: what follows on one another is alike, what is far apart is not. */
  error: number;
  /** Of the attempts that began after the warm-up, the share on the first backend. */
  firstShare: number;
  requests: number;
}

const service = 10;
const batches = 25;
const ok = outcomes.indexOf('ok');
const known = { strategies: new Map(await listStrategies()), simulated: true };

export async function sojournAt(point: Point): Promise<Sojourn> {
  const { strategy, options = {}, n, load, workers = 1, requests, warmup, seed = 1, sets = [] } = point;
  const { scenario, contenders } = loadScenario({
    file: 'theory',
    sets: [
      ...[`fleet.0.count=${n}`, `load.open.utilization=${load}`, `fleet.0.workers=${workers}`],
      ...[`load.requests=${requests}`, `load.warmup=${Math.ceil(warmup * service)}ms`, ...sets],
    ],
    contenders: [strategy],
    known,
  });
  const sums = new Float64Array(batches);
  const counts = new Float64Array(batches);
  const windowMs = (requests / (load * n * workers)) * service;
  let first = 0;
  let all = 0;
  const simulation = new Simulation({
    scenario,
    strategy: await chooseStrategy(strategy, options),
    settings: contenders[0]!.balancer,
    seed,
    recorder: {
      request: (_index, intended, _sent, _firstByte, latency, outcome) => {
        if (intended < 0 || outcome !== ok) return;
        const batch = Math.min(batches - 1, Math.floor((intended / 1000 / windowMs) * batches));
        sums[batch]! += latency;
        counts[batch]!++;
      },
      attempt: (_request, picked, _ended, backend) => {
        if (picked < 0) return;
        all++;
        if (backend === 0) first++;
      },
      event: () => undefined,
      window: () => undefined,
    },
    onEvent: () => undefined,
  });
  while (simulation.advance(1_000_000));
  const answered = counts.reduce((a, b) => a + b, 0);
  const mean = sums.reduce((a, b) => a + b, 0) / answered / 1000 / service;
  const spread = [...sums].reduce((sum, it, i) => sum + (it / counts[i]! / 1000 / service - mean) ** 2, 0);
  const error = Math.sqrt(spread / (batches - 1) / batches);
  return { mean, error, firstShare: first / all, requests: answered };
}
