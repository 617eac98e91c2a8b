import test from 'ava';
import { load, problemsOf } from './loader.test-support.ts';
import { isIn, poolsOf, selects } from './pools.ts';

const yaml = (balancer: string, contenders = '[p2c]') => `
fleet:
  - { id: app, count: 2, zone: a }
  - { id: db, zone: b }
load: { open: { rate: 10/s }, duration: 1s }
balancer: ${balancer}
contenders: ${contenders}
`;

test('a selector is an id, what an entry makes, a zone, or all', (t) => {
  const backends = [
    { id: 'app-1', zone: 'a' },
    { id: 'app-10', zone: 'b' },
    { id: 'app-x' },
    { id: 'app', zone: 'b' },
    { id: 'apps-1' },
  ];
  const chosen = (selector: string) => backends.filter((it) => selects(selector, it)).map(({ id }) => id);
  t.deepEqual(chosen('app'), ['app-1', 'app-10', 'app']);
  t.deepEqual(chosen('app-1'), ['app-1']);
  t.deepEqual(chosen('zone:b'), ['app-10', 'app']);
  t.is(chosen('all').length, 5);
  t.deepEqual(chosen('zone:c'), []);
});

test('pools are those defined and those that routes make, each once', (t) => {
  const { scenario } = load(
    yaml(
      '{ pools: { fast: { backends: [app-1, zone:b], strategy: p2c, options: { choices: 3 } } }, routes: [{ path: /a, pool: fast }, { path: /b, pool: zone:b }, { pool: zone:b }, {}] }',
    ),
  );
  const specs = poolsOf(scenario.balancer);
  t.deepEqual(
    specs.map(({ name, strategy }) => [name, strategy?.name]),
    [
      ['fast', 'p2c'],
      ['zone:b', undefined],
    ],
  );
  t.true(isIn(specs[0]!, { id: 'x', zone: 'b' }));
});

test('options of a pool with a strategy of its own are checked, and filled in', (t) => {
  const text = yaml('{ pools: { fast: { backends: [app], strategy: p2c, options: { choices: 3 } } } }');
  const [contender] = load(text).contenders;
  t.deepEqual(contender!.balancer.pools.fast!.options, { choices: 3, ties: 'first' });
});

const refused: [sentence: string, balancer: string, where: RegExp, message: RegExp][] = [
  [
    'a pool of nobody',
    '{ routes: [{ pool: ap }] }',
    /routes\.0\.pool/,
    /backends that exist .*did you mean `app`/,
  ],
  ['a zone there is not', '{ pools: { x: { backends: [zone:c] } } }', /pools\.x\.backends\.0/, /zone:b/],
  [
    'a strategy there is not',
    '{ pools: { x: { backends: [app], strategy: pc2 } } }',
    /pools\.x\.strategy/,
    /did you mean/,
  ],
  [
    'one that needs the simulator',
    '{ pools: { x: { backends: [app], strategy: oracle } } }',
    /x\.strategy/,
    /by itself/,
  ],
  [
    'options of nobody',
    '{ pools: { x: { backends: [app], options: { a: 1 } } } }',
    /x\.options/,
    /expected a `strategy`/,
  ],
  [
    'wrong options',
    '{ pools: { x: { backends: [app], strategy: p2c, options: { choices: 1 } } } }',
    /options\.choices/,
    /at least 2/,
  ],
  ['a pool of all backends', '{ pools: { all: { backends: [app] } } }', /pools\.all/, /other than `all`/],
  [
    'a board beside routes',
    '{ board: { every: 1s }, routes: [{ pool: app }] }',
    /board/,
    /no board beside routes/,
  ],
  [
    'fields that tell requests apart',
    '{ routes: [{ header: { steelyard-key: a } }] }',
    /header/,
    /kinds of requests/,
  ],
];
for (const [sentence, balancer, where, message] of refused)
  test(`refused, once however many contend: ${sentence}`, (t) => {
    const problems = problemsOf(yaml(balancer, '[p2c, random]'));
    t.is(problems.length, 1, JSON.stringify(problems));
    t.regex(problems[0]!.path.join('.'), where);
    t.regex(problems[0]!.message, message);
  });

test("a contender's own routes are checked where they stand", (t) => {
  const [problem] = problemsOf(yaml('{}', '[{ strategy: p2c, balancer: { routes: [{ pool: nope }] } }]'));
  t.regex(problem!.path.join('.'), /contenders\.0\.balancer\.routes\.0\.pool/);
});
