/** What a strategy is given beyond the basic contract, and that its own errors and draws in a probe's answer are kept apart. */
import test from 'ava';
import { loadFolder } from '../scenarios/registry.ts';
import type { Backend, Env, LoadSample, StrategyDefinition } from '../strategies/strategy.ts';
import { bench, firstUntried, request, unanswered } from './dispatcher.test-support.ts';
import { StrategyError } from './strategy-guard.ts';

type Probe = { backend: Backend; done: (sample: LoadSample) => void };
const sample = { inFlight: 3, latency: 12 };

/** A dispatcher whose strategy does `act` at every pick, and a driver that keeps the probes it is asked for. */
function probing(act: (env: Env, backend: Backend) => void, { seed = 1, sync = false } = {}) {
  const probes: Probe[] = [];
  const definition = {
    about: '',
    options: {},
    create: (env: Env) => ({
      ...firstUntried,
      pick: (pool: never, one: never) => {
        const backend = firstUntried.pick(pool, one)!;
        act(env, backend);
        return backend;
      },
    }),
  };
  const probe = (backend: Backend, done: Probe['done']) =>
    sync ? done(sample) : void probes.push({ backend, done });
  return { ...bench({ strategy: definition, seed, env: { probe } }), probes };
}

test('what the driver cannot do is absent, and what it can is there', (t) => {
  const seen: Env[] = [];
  const definition = {
    about: '',
    options: {},
    create: (env: Env) => {
      seen.push(env);
      return firstUntried;
    },
  };
  const latency = () => 4;
  const sojourn = () => 7;
  bench({ strategy: definition });
  bench({ strategy: definition, env: { balancers: { index: 1, count: 3 }, latency, sojourn } });
  t.deepEqual(Object.keys(seen[0]!).sort(), ['now', 'random']);
  t.deepEqual(seen[1]!.balancers, { index: 1, count: 3 });
  t.is(seen[1]!.latency, latency);
  t.is(seen[1]!.sojourn, sojourn);
  t.false('probe' in seen[1]!);
});

test('a probe goes to the backend asked about, and its answer to who asked', (t) => {
  const answers: LoadSample[] = [];
  const { dispatcher, probes, pool } = probing((env, backend) =>
    env.probe!(backend, (it) => answers.push(it)),
  );
  dispatcher.pick(dispatcher.open(request()));
  t.is(probes[0]!.backend, pool.members[0]!);
  t.deepEqual(answers, []);
  probes[0]!.done(sample);
  t.deepEqual(answers, [sample]);
});

test('draws in an answer go by the number of the probe, whatever the order of the answers', (t) => {
  const drawsBy = (order: readonly number[], seed = 1) => {
    const drawn: number[][] = [];
    let asked = 0;
    const it = probing(
      (env, backend) => {
        const mine = asked++;
        env.probe!(backend, () => {
          drawn[mine] = [env.random(), env.random()];
        });
      },
      { seed },
    );
    for (let number = 0; number < 3; number++) it.dispatcher.pick(it.dispatcher.open(request(number)));
    for (const number of order) it.probes[number]!.done(sample);
    return drawn;
  };
  const forwards = drawsBy([0, 1, 2]);
  t.deepEqual(drawsBy([2, 0, 1]), forwards);
  t.is(new Set(forwards.flat()).size, 6, 'three answers of two draws: all different');
  t.notDeepEqual(drawsBy([0, 1, 2], 2), forwards);
});

test('an answer that comes inside the pick leaves the draws of the pick be', (t) => {
  const drawsWith = (asking: boolean) => {
    const drawn: number[] = [];
    const { dispatcher } = probing(
      (env, backend) => {
        drawn.push(env.random());
        if (asking) env.probe!(backend, () => [1, 2, 3].map(() => env.random()));
        drawn.push(env.random());
      },
      { sync: true },
    );
    const one = dispatcher.open(request(5));
    dispatcher.pick(one);
    dispatcher.end(one, 'ok', unanswered);
    return drawn;
  };
  t.deepEqual(drawsWith(true), drawsWith(false));
});

test('what it throws at an answer, or a probe of a stranger, is an error that names its file', (t) => {
  const throwing = probing((env, backend) =>
    env.probe!(backend, () => {
      throw new RangeError('bad luck');
    }),
  );
  throwing.dispatcher.pick(throwing.dispatcher.open(request()));
  t.throws(() => throwing.probes[0]!.done(sample), {
    instanceOf: StrategyError,
    message: /^strategy mine \(\/mine\.ts\): done of a probe threw: bad luck$/,
  });

  const astray = probing((env) => env.probe!({ id: 'a' } as never, () => undefined));
  t.throws(() => astray.dispatcher.pick(astray.dispatcher.open(request())), {
    instanceOf: StrategyError,
    message: /env\.probe was given a stranger/,
  });
});

/** By key, by client, or by the order of the pool: there the balancers of a fleet are to agree. */
const agreeing = new Set([
  'bounded-load-hash',
  'consistent-hash',
  'first-available',
  'ip-hash',
  'maglev',
  'rendezvous',
  'sticky-session',
]);

for (const [name, definition] of await loadFolder<StrategyDefinition>(
  new URL('../strategies/', import.meta.url),
)) {
  const apart = !agreeing.has(name);
  test(`${name}: balancers of one seed ${apart ? 'do not start' : 'agree, by intent, and start'} on the same backend`, (t) => {
    const firstPicks = (places: readonly number[], numbered: boolean) =>
      places.map((index) => {
        const { dispatcher } = bench({
          strategy: definition,
          values: Object.fromEntries(
            Object.entries(definition.options).map(([key, it]) => [key, it.default]),
          ),
          backends: 16,
          env: { balancers: { index, count: 16 }, probe: () => undefined, sojourn: () => 1 },
        });
        return dispatcher.pick(dispatcher.open(request(numbered ? 7 : -1)))!.id;
      });
    const sixteen = Array.from({ length: 16 }, (_, index) => index);
    for (const numbered of [false, true]) {
      // Sixteen draws among sixteen meet 10.3 of them in the mean, and fewer than 6 once in 30,000 times.
      const met = new Set(firstPicks(sixteen, numbered)).size;
      if (apart) t.true(met >= 6, `${met} of 16`);
      else t.is(met, 1);
      t.is(new Set(firstPicks([3, 3, 3], numbered)).size, 1, 'the same place, the same pick');
    }
  });
}
