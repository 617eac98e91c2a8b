import { readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import { listStrategies } from '../harness/strategies.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { findScenario, listScenarios } from './library.ts';
import { isAble, loadScenario } from './loader.ts';
import { planOf } from './plan.ts';

const scenarios = listScenarios();
const known = { strategies: await listStrategies() };

/** A driver that can do every fault, so that only size and network stand in its way. */
const docker = {
  name: 'docker',
  can: new Set(['crash', 'vanish', 'freeze', 'throttle', 'stop', 'out-of-memory', 'partition']),
};
const simulated = new Set(['first-pick-bias', 'hyperscale', 'local-views', 'regions', 'stale-board']);
/** Whose story it is that for a while all of the fleet together is too little. */
const overloaded = new Set(['retry-storm', 'spike', 'zone-loss-overload']);
/** Their lengths are given by what they reproduce. */
const long = new Set(['theory', 'linkerd']);

test('the library lists its scenarios, sorted, each with its story', (t) => {
  t.deepEqual(
    scenarios.map(({ name }) => name),
    [...scenarios.map(({ name }) => name)].sort(),
  );
  for (const name of [
    'failover',
    'gray-failure',
    'heterogeneous',
    'linkerd',
    'steady',
    'theory',
    'throughput',
  ])
    t.true(
      scenarios.some((it) => it.name === name),
      name,
    );
  for (const { name, about } of scenarios) t.true(about.length > 20, name);
});

for (const { name, file } of scenarios) {
  test(`${name} loads, expects something, and notes nothing`, (t) => {
    const { scenario, notes } = loadScenario({ file, known });
    t.true(scenario.expect.length > 0);
    t.deepEqual(notes, []);
  });

  test(`${name} runs where it says, fits a machine of two cores there, and no phase overloads the whole fleet`, (t) => {
    const loaded = loadScenario({ file, known });
    t.is(isAble(loaded, docker), !simulated.has(name));
    const plan = planOf(loaded.scenario, loaded.contenders.length);
    t.is(
      plan.phases.some(({ utilization }) => (utilization ?? 0) >= 1),
      overloaded.has(name),
    );
    if (simulated.has(name)) return;
    t.true((plan.rate ?? 0) <= 2000);
    if (!long.has(name)) t.true(plan.runMs <= 150_000, `${plan.runMs} ms`);
  });

  test(`${name} is what the JSON Schema describes`, (t) => {
    // zod reads `required` beside no `type` as anything at all, so that `oneOf` would always match twice.
    const schema = JSON.parse(JSON.stringify(scenarioJsonSchema()), (key, value) =>
      key === 'oneOf' ? undefined : value,
    );
    const validator = z.fromJSONSchema(schema);
    const raw = parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    t.deepEqual(validator.safeParse(raw).error?.issues, undefined);
    t.false(validator.safeParse({ ...raw, sede: 1 }).success, 'unknown keys are refused');
    t.false(
      validator.safeParse({ ...raw, load: { closed: { connections: 1 }, duration: '5' } }).success,
      'units are asked for',
    );
  });
}

test('the main job takes less than two minutes', (t) => {
  const { scenario, contenders } = loadScenario({ file: 'failover', known });
  t.is(contenders.length, 5);
  t.true(planOf(scenario, 5).runMs <= 60_000);
});

test('the short tier takes less than three minutes of load on real backends', (t) => {
  const short = scenarios.filter(({ tier }) => tier === 'short');
  const plans = short.map(({ file }) => {
    const loaded = loadScenario({ file, known });
    t.true(isAble(loaded, docker), file);
    return planOf(loaded.scenario, loaded.contenders.length);
  });
  t.true(plans.length >= 3);
  t.true(plans.reduce((sum, { runMs }) => sum + runMs, 0) <= 150_000);
});

test('theory takes any size and any load', (t) => {
  const { scenario } = loadScenario({
    file: 'theory',
    known,
    sets: ['fleet.0.count=100', 'load.open.utilization=0.95'],
  });
  const plan = planOf(scenario, 1);
  t.is(plan.backends, 100);
  t.is(Math.round(plan.rate!), 9500);
  t.is(scenario.balancer.health, false);
  t.is(scenario.fleet[0]!.queue, 'unlimited');
});

test('the JSON Schema says what each variant is', (t) => {
  const schema = scenarioJsonSchema() as {
    title: string;
    properties: Record<string, { items?: { oneOf?: object[] } }>;
  };
  t.is(schema.title, 'Steelyard scenario');
  t.true(
    schema.properties.faults!.items!.oneOf!.some((it) => JSON.stringify(it) === '{"required":["crash"]}'),
  );
});

test('a path that exists is that file; a name of the library is its scenario; else the nearest is named', (t) => {
  t.is(findScenario('package.json').file, 'package.json');
  t.regex(findScenario('steady').file, /scenarios\/steady\.yaml$/);
  t.regex(findScenario('my/stedy.yaml').missing, /did you mean `steady`\?/);
});
