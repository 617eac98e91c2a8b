/** Ours, as the harness starts it and as `steelyard proxy` builds it, with the defaults of a scenario's `balancer`. */
import { loadScenario } from '../../../scenarios/loader.ts';
import { launch } from '../../role.ts';
import { listStrategies } from '../../strategies.ts';
import type { ProxyReady, ProxySettings } from '../settings.ts';
import type { Serving, Subject, World } from './subject.ts';

const strategy = 'round-robin';
const { scenario, contenders } = loadScenario({
  file: 'bench.yaml',
  text: `
fleet: [{ id: app, count: 3, service: { constant: { mean: 1ms } } }]
load: { closed: { connections: 32 }, duration: 1s }
contenders: [${strategy}]
`,
  known: { strategies: await listStrategies() },
});

interface Variant {
  layer?: 4 | 7;
  recording?: boolean;
  execArgv?: string[];
  env?: Record<string, string>;
}

/** Starts it; `layer` is the balancer's own setting, `recording` writes every attempt down as a trial does, `execArgv` and `env` are for its Node. */
export async function startOurs(
  { backends, dir }: World,
  { layer = 7, recording = false, execArgv = [], env = {} }: Variant = {},
): Promise<Serving> {
  const settings: ProxySettings = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    strategy: { name: strategy, values: contenders[0]!.options as ProxySettings['strategy']['values'] },
    balancer: { ...scenario.balancer, layer },
    backends: backends.map((port, index) => ({
      id: `app-${index + 1}`,
      index,
      host: '127.0.0.1',
      port,
      weight: 1,
    })),
    seed: 1,
    ...(recording ? { record: { attempts: `${dir}/attempts`, events: `${dir}/events` } } : {}),
  };
  const { pid, ready, stop } = await launch(new URL('../main.ts', import.meta.url), settings, {
    execArgv,
    env,
  });
  return { port: (ready as ProxyReady).port, pid, stop };
}

export const layer7: Subject = {
  name: 'ours, layer 7',
  layer: 7,
  start: (world) => startOurs(world),
};

export const recorded: Subject = {
  name: 'ours, layer 7, recording',
  layer: 7,
  start: (world) => startOurs(world, { recording: true }),
};

export const layer4: Subject = {
  name: 'ours, layer 4',
  layer: 4,
  start: (world) => startOurs(world, { layer: 4 }),
};
