import test from 'ava';
import { contenderLayerFindings, layerFindings } from './layers.ts';
import { known, load, problemsOf } from './loader.test-support.ts';

for (const [sentence, section, paths] of [
  ['layer 7 takes what there is of it', { key: 'header:x', tryTimeout: '1s' }, []],
  ['layer 4 with what belongs to it', { layer: 4, key: 'client', tcp: { idle: '1m' } }, []],
  ['layer 4 sees no headers', { layer: 4, key: 'header:x' }, ['key']],
  [
    'layer 4 sees no responses',
    { layer: 4, tryTimeout: '1s', passive: { errors: true } },
    ['tryTimeout', 'passive.errors'],
  ],
  [
    'layer 4 tries connections again, not requests',
    { layer: 4, retries: { on: ['timeout'] } },
    ['retries.on'],
  ],
  [
    'layer 4 sees no statuses',
    { layer: 4, retries: { statuses: [503] }, timeout: '1s' },
    ['timeout', 'retries.statuses'],
  ],
  ['what a connection met may be retried', { layer: 4, retries: { on: ['unreachable'], max: 3 } }, []],
  ['layer 4 routes by name', { layer: 4, routes: [{ sni: 'a.test', pool: 'x' }], pools: { x: {} } }, []],
  ['layer 4 routes by nothing else', { layer: 4, routes: [{ sni: 'a', path: '/', pool: 'x' }] }, ['routes']],
  ['layer 4 has no route for everything', { layer: 4, routes: [{ pool: 'x' }] }, ['routes']],
  ['layer 7 routes by host', { routes: [{ path: '/' }, { sni: 'a.test' }] }, ['routes']],
  ['layer 7 has no use for tcp', { tcp: { idle: '1m' } }, ['tcp']],
  ['a section that is none is told by the schema', 'four', []],
] as const)
  test(`layers: ${sentence}`, (t) =>
    t.deepEqual(
      [...layerFindings(section)].map(({ path }) => path.join('.')),
      [...paths],
    ));

test('layers: a contender is told of what it adds, and of what its layer makes of the rest', (t) => {
  const told = (own: object, merged: object) => [...contenderLayerFindings(own, merged)];
  t.deepEqual(told({}, { layer: 4, tryTimeout: '1s' }), [], 'the scenario has been told');
  t.deepEqual(told({ tryTimeout: '1s' }, { layer: 4, tryTimeout: '1s' })[0]?.path, ['tryTimeout']);
  const [finding] = told({ layer: 4 }, { layer: 4, tryTimeout: '1s' });
  t.deepEqual(finding?.path, ['layer']);
  t.regex(finding!.message, /^tryTimeout of the scenario's balancer: expected no tryTimeout at layer 4/);
});

test('layers: the loader tells both, with their places, and lets a contender have a layer of its own', (t) => {
  const yaml = (rest: string) =>
    `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\n${rest}\n`;
  const four = '{ strategy: p2c, balancer: { layer: 4 } }';
  const { contenders } = load(yaml(`contenders: [p2c, ${four.replace('p2c,', 'p2c, name: four,')}]`));
  t.deepEqual(
    contenders.map(({ balancer }) => balancer.layer),
    [7, 4],
  );
  const paths = (rest: string) => problemsOf(yaml(rest)).map(({ path }) => path.join('.'));
  t.deepEqual(paths('balancer: { layer: 4, key: header:x }'), ['balancer.key']);
  t.deepEqual(paths(`balancer: { tryTimeout: 1s }\ncontenders: [${four}]`), ['contenders.0.balancer.layer']);
});

test('layers: routes by name are for the proxy, and a scenario that has some is told, whoever’s they are', (t) => {
  const routes = '{ layer: 4, routes: [{ sni: a.test, pool: app }] }';
  const text = (rest: string) =>
    `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\n${rest}\n`;
  for (const [rest, path] of [
    [`balancer: ${routes}\ncontenders: [p2c]`, 'balancer.routes'],
    [`contenders: [{ strategy: p2c, balancer: ${routes} }]`, 'contenders.0.balancer.routes'],
  ] as const) {
    const [problem, ...more] = problemsOf(text(rest));
    t.is(problem?.path.join('.'), path);
    t.regex(problem!.message, /^expected no routes by `sni` in a scenario/);
    t.deepEqual(more, []);
  }
});

for (const [sentence, section, type] of [
  ['layer 7 asks over HTTP', '{}', 'http'],
  ['layer 4 connects', '{ layer: 4, health: { interval: 1s } }', 'tcp'],
  ['layer 4 asks where it is told what for', '{ layer: 4, health: { path: /up } }', 'http'],
  ['or what to expect', '{ layer: 4, health: { statuses: [204] } }', 'http'],
  ['or that it should', '{ layer: 4, health: { type: http } }', 'http'],
  ['and layer 7 connects where it is told to', '{ health: { type: tcp } }', 'tcp'],
] as const)
  test(`layers: checks: ${sentence}`, (t) => {
    const text = `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\nbalancer: ${section}\ncontenders: [p2c]\n`;
    const health = load(text).contenders[0]?.balancer.health;
    t.is(health === false ? 'none' : health?.type, type);
  });

test('layers: who needs what responses report cannot run where nobody sees one, and `all` leaves them out', (t) => {
  const reporting = {
    strategies: new Map([...known.strategies, ['told', { options: {}, needs: 'reported' }]]),
  };
  const text = (contenders: string, layer: number) =>
    `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\nbalancer: { layer: ${layer} }\ncontenders: ${contenders}\n`;
  const more = { known: reporting };
  const [problem] = problemsOf(text('[told]', 4), more);
  t.is(problem?.path.join('.'), 'contenders.0');
  t.regex(
    problem!.message,
    /expected a strategy that does without backends' reports at layer 4, .* got told/,
  );
  t.deepEqual(problemsOf(text('[told]', 7), more), []);
  const names = (layer: number) => load(text('all', layer), more).contenders.map(({ name }) => name);
  t.true(names(7).includes('told'));
  t.false(names(4).includes('told'));
});
