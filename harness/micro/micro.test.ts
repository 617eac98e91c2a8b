/** What is measured is what is said to be measured; how fast it is belongs to `pick.bench.ts`. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Backend, Strategy, StrategyDefinition } from '../../strategies/strategy.ts';
import { place } from '../cli.test-support.ts';
import type { ChosenStrategy } from '../strategies.ts';
import { DispatcherState } from './dispatcher-state.ts';
import { measurePicks, type PickCost } from './measure.ts';
import { SteadyState } from './steady-state.ts';
import { SteadyWorld } from './steady-world.ts';

const chosen = (strategy: Strategy): ChosenStrategy => ({
  ...{ name: 'mine', file: '/mine.ts', values: {} },
  definition: { about: '', options: {}, create: () => strategy } as StrategyDefinition,
});

for (const n of [1, 3, 100])
  test(`among ${n}, every pick is started, as many end, and 0.9 n stay in flight`, (t) => {
    const seen = { picks: 0, started: 0, ended: 0 };
    const state = new SteadyState(
      chosen({
        pick: ({ available }) => available[seen.picks++ % available.length],
        started: () => void seen.started++,
        ended: () => void seen.ended++,
      }),
      n,
    );
    const before = { ...seen };
    state.run(1_000);
    t.is(seen.picks - before.picks, 1_000);
    t.is(seen.started - before.started, 1_000);
    t.is(seen.ended - before.ended, 1_000);
    const inFlight = state.world.members.reduce((sum, it) => sum + it.inFlight, 0);
    t.is(inFlight, Math.max(1, Math.round(0.9 * n)));
    t.true(state.world.members.every((it) => it.inFlight >= 0));
  });

test('requests end in shuffled order: neither the oldest first nor the newest', (t) => {
  const order: number[] = [];
  let turn = 0;
  const state = new SteadyState(
    chosen({
      pick: ({ available }) => available[turn++ % available.length],
      ended: ({ index }) => void order.push(index),
    }),
    100,
  );
  order.length = 0;
  state.run(5_000);
  const steps = new Set(order.slice(1).map((index, i) => index - order[i]!));
  t.true(steps.size > 100, `${steps.size} different steps`);
});

test('keys vary, draws are uniform and follow the request, and the clock moves with the rate', (t) => {
  const world = new SteadyWorld(90);
  const keys = new Set<string>();
  let sum = 0;
  for (let i = 0; i < 20_000; i++) {
    keys.add(world.next(i).key);
    sum += world.env.random();
  }
  t.is(keys.size, 16_384);
  t.true(Math.abs(sum / 20_000 - 0.5) < 0.01);
  // 90 backends, 10 ms, 0.9 of them busy: 8,100 requests a second.
  t.true(Math.abs(world.env.now() - (20_000 / 8_100) * 1_000) < 1);
  world.next(7);
  const first = world.env.random();
  world.next(8);
  world.next(7);
  t.is(world.env.random(), first);
});

test('confined, draws and keys reach as many backends as they are given', (t) => {
  const world = new SteadyWorld(1_000, 10);
  const keys = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    keys.add(world.next(i).key);
    t.true(world.env.random() < 0.01);
  }
  t.is(keys.size, 16);
});

test('a probe is answered before the next pick, with the load there is', (t) => {
  const world = new SteadyWorld(3);
  const answers: number[] = [];
  world.members[1]!.inFlight = 4;
  world.env.probe!(world.members[1]!, ({ inFlight }) => answers.push(inFlight));
  t.deepEqual(answers, []);
  world.next(1);
  t.deepEqual(answers, [4]);
});

for (const [sentence, strategy, message] of [
  ['picks nobody', { pick: () => undefined }, /pick returned undefined with backends available/],
  [
    'picks a stranger',
    { pick: () => ({ id: 'x', index: 0, inFlight: 0 }) as Backend },
    /pick returned a stranger/,
  ],
  [
    'throws',
    {
      pick: () => {
        throw new Error('boom');
      },
    },
    /threw: boom/,
  ],
] as [string, Strategy, RegExp][])
  test(`a strategy that ${sentence} is told of with its file`, (t) => {
    t.throws(() => new SteadyState(chosen(strategy), 3), { name: 'StrategyError', message });
    t.throws(() => new SteadyState(chosen(strategy), 3), { message: /\/mine\.ts/ });
  });

test('through the dispatcher, as many stay in flight', (t) => {
  let turn = 0;
  let ended = 0;
  const state = new DispatcherState(
    chosen({ pick: ({ available }) => available[turn++ % available.length], ended: () => void ended++ }),
    50,
  );
  state.run(500);
  t.is(ended, 500);
  t.is(turn, 545);
});

async function own(t: ExecutionContext, text: string): Promise<ChosenStrategy> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-micro-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'own.mts');
  await writeFile(file, text);
  return { ...chosen({ pick: () => undefined }), name: 'own', file };
}

const short = { ns: [3], rounds: 1, heapPicks: 0, warmMs: 10, timeMs: 10 };
const first = 'pick: ({ available }) => available[0]';

test('one that never returns is ended, named with its line, and the others are measured', async (t) => {
  const stuck = await own(
    t,
    'let n = 0;\nexport default { about: "", options: {}, create: () => ({\n  pick: ({ available }) => {\n    while (n >= 0) n = n < 9 ? n + 1 : 0;\n    return available[0];\n  } }) };',
  );
  const sound = await own(t, `export default { about: '', options: {}, create: () => ({ ${first} }) };`);
  const { rows, failures } = await measurePicks({
    ...short,
    contenders: [{ ...stuck, name: 'stuck' }, sound],
    limitMs: 3_000,
  });
  t.deepEqual(
    rows.map(({ strategy }) => strategy),
    ['own'],
  );
  t.is(failures.length, 1);
  t.regex(failures[0]!.message, /stuck .*own\.mts:4\).*never returns/);
});

test('a strategy that allocates is found out, and one that keeps what it allocates too', async (t) => {
  const text = (body: string) =>
    `let kept = []; export default { about: '', options: {}, create: () => ({ pick({ available }) { ${body}; return available[0]; } }) };`;
  const measured = async (body: string) => {
    const contender = await own(t, text(body));
    const { rows } = await measurePicks({ ...short, contenders: [contender], heapPicks: 1_000_000 });
    return rows[0]!;
  };
  const wasteful = await measured('globalThis.last = { a: 1, b: 2 }');
  const hoarding = await measured('kept = { a: 1, b: 2, kept }');
  const thrifty = await measured('');
  t.true(wasteful.bytesPerPick! >= 20, `${wasteful.bytesPerPick} bytes`);
  t.true(wasteful.keptBytesPerPick! < 5, `${wasteful.keptBytesPerPick} bytes kept`);
  t.true(hoarding.keptBytesPerPick! >= 20, `${hoarding.keptBytesPerPick} bytes kept`);
  t.true(thrifty.bytesPerPick! < 5, `${thrifty.bytesPerPick} bytes`);
});

test.serial(
  'the command: options as in a scenario, JSON alone on stdout, a failing file fails alone',
  async (t) => {
    const { dir, steelyard } = await place(t);
    const source = (body: string) =>
      `export default { about: 'own', options: {}, create: () => ({ ${body} }) };\n`;
    await writeFile(join(dir, 'mine.mts'), source(first));
    await writeFile(join(dir, 'bad.mts'), source('\n  pick() { throw new Error("boom"); }'));
    const quick = ['--n', '3,10', '--rounds', '1', '--heap-picks', '100000'];
    const contenders = '[{strategy: p2c, options: {choices: 3}, name: p3c}, ./mine.mts, ./bad.mts]';
    const { exitCode, stdout, stderr } = await steelyard(
      ...['micro', '--contenders', contenders, '--dispatcher', '--json', '--out', 'out', ...quick],
    );
    t.is(exitCode, 1, stderr);
    t.regex(stderr, /strategy bad \(.*bad\.mts:2\): pick.* threw: boom/);
    const rows = JSON.parse(stdout) as PickCost[];
    t.deepEqual(
      rows.map(({ strategy, n }) => [strategy, n]),
      [
        ['p3c', 3],
        ['p3c', 10],
        ['mine', 3],
        ['mine', 10],
      ],
    );
    for (const { nsPerPick, floorNs, dispatcherNs, samples, p75Ns } of rows) {
      t.true(nsPerPick > 0.5 && nsPerPick < 1e6 && floorNs > 0.5 && dispatcherNs! > 0.5);
      t.true(samples >= 10 && p75Ns >= nsPerPick);
    }
    t.deepEqual(JSON.parse(await readFile(join(dir, 'out/micro.json'), 'utf8')), rows);
    t.regex(await readFile(join(dir, 'out/pick-cost.svg'), 'utf8'), />p3c</);
    t.regex(await readFile(join(dir, 'out/report.html'), 'utf8'), /What a pick costs/);
  },
);

for (const [sentence, args, message] of [
  ['a misspelt strategy', ['--contenders', 'p2d'], /--contenders p2d.*`?p2c`?/s],
  ['a strange option', ['--contenders', '[{strategy: p2c, options: {choice: 3}}]'], /choices/],
  ['no number of backends', ['--n', '3,x'], /expected a whole number from 1 to 100000, got x/],
] as const)
  test.serial(`the command: ${sentence} is bad input`, async (t) => {
    const { steelyard } = await place(t);
    const { exitCode, stdout, stderr } = await steelyard('micro', ...args);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, message);
    t.is(stdout, '');
  });
