import test from 'ava';
import { defaults } from './conformance.ts';
import prequal, { reuse } from './prequal.ts';
import { Stage } from './stage.ts';
import type { LoadSample, OutcomeKind, Values } from './strategy.ts';

type Options = Partial<Values<typeof prequal.options>>;

/** A stage whose backends answer at once what the table says of them; one that is not in it never answers. */
function staged(ids: readonly string[], loads: Record<string, LoadSample>, options: Options = {}, seed = 1) {
  const stage = new Stage(prequal, options, Object.fromEntries(ids.map((id) => [id, 1])), seed);
  const asked: string[] = [];
  stage.world.telemetry.probe = ({ id }, done) => {
    asked.push(id);
    const load = loads[id];
    if (load !== undefined) done(load);
  };
  return { stage, asked, loads };
}

const load = (inFlight: number, latency: number): LoadSample => ({ inFlight, latency });

/** Keeps every answer that comes, unless told otherwise: what is chosen then follows from the answers alone. */
const keeping: Options = { removals: 0, probes: 9, age: 1e9 };

const rows: {
  sentence: string;
  options?: Options;
  loads: Record<string, LoadSample>;
  tried?: readonly string[];
  gives: string;
}[] = [
  {
    sentence: 'of those not too busy the one with the lowest latency',
    loads: { a: load(1, 30), b: load(1, 20), c: load(1, 40) },
    gives: 'b',
  },
  {
    sentence: 'a faster one that is busier than .84 of them is passed over',
    loads: {
      a: load(1, 30),
      b: load(9, 1),
      c: load(1, 20),
      d: load(1, 40),
      e: load(1, 50),
      f: load(1, 60),
      g: load(1, 70),
    },
    gives: 'c',
  },
  {
    sentence: 'with a quantile of 1 latency alone decides',
    options: { quantile: 1 },
    loads: { a: load(1, 30), b: load(900, 1), c: load(1, 40) },
    gives: 'b',
  },
  {
    sentence: 'with a quantile of 0 requests in flight alone decide',
    options: { quantile: 0 },
    loads: { a: load(2, 1), b: load(1, 900), c: load(3, 1) },
    gives: 'b',
  },
  {
    sentence: 'a retry takes the next best',
    loads: { a: load(1, 10), b: load(1, 20), c: load(1, 40) },
    tried: ['a'],
    gives: 'b',
  },
  {
    sentence: 'one that does not answer is not known, and not chosen while two others are',
    loads: { a: load(1, 900), b: load(1, 800) },
    gives: 'b',
  },
];

for (const { sentence, options, loads, tried = [], gives } of rows) {
  test(`prequal: ${sentence}`, (t) => {
    const { stage } = staged([...new Set([...'abc', ...Object.keys(loads)])], loads, {
      ...keeping,
      ...options,
    });
    stage.pick(); // random, and asks all
    stage.pick('', []); // the answers of the first, raised by what it chose
    t.is(stage.pick('', tried), gives);
  });
}

test('fewer than two answers give a random pick: one answer, however good, draws nothing', (t) => {
  const { stage } = staged([...'abcd'], { a: load(0, 1) }, keeping);
  const counts = stage.counts(4000);
  for (const id of Object.keys(counts)) t.true(Math.abs(counts[id]! - 1000) < 150, `${id} ${counts[id]}`);
});

test('three probes per request, of three different backends, all equally often', (t) => {
  const { stage, asked } = staged([...'abcdefgh'], {});
  for (let i = 0; i < 4000; i++) {
    stage.pick(`${i}`);
    t.is(new Set(asked.slice(-3)).size, 3);
  }
  t.is(asked.length, 12_000);
  for (const id of 'abcdefgh') {
    const times = asked.filter((other) => other === id).length;
    t.true(Math.abs(times - 1500) < 150, `${id} ${times}`);
  }
});

for (const [probes, requests, expected] of [
  [0.25, 100, 25],
  [1.5, 100, 150],
  [0, 100, 0],
  [9, 100, 400],
] as const) {
  test(`${probes} probes per request are ${expected} for ${requests} requests to four backends`, (t) => {
    const { stage, asked } = staged([...'abcd'], {}, { probes });
    stage.counts(requests);
    t.is(asked.length, expected);
  });
}

test('probes answer for later requests: the one that sends them does not wait', (t) => {
  const firsts = Array.from(
    { length: 40 },
    (_, seed) => staged([...'abcd'], { a: load(0, 1), b: load(0, 9) }, keeping, seed).stage.pick()!,
  );
  t.true(new Set(firsts).size > 1);
});

test('an answer is good for a second, and not for a moment longer', (t) => {
  const { stage, loads } = staged([...'ab'], { a: load(0, 1), b: load(0, 9) }, { removals: 0, quantile: 1 });
  stage.pick();
  delete loads.a;
  delete loads.b;
  stage.world.time += 1000;
  t.is(stage.picks(4), 'aaaa');
  stage.world.time += 0.5;
  t.is(new Set(stage.picks(10)).size, 2, 'random');
});

/** A stage where every backend has been asked once and the test gives the answers, in its order; later probes are lost. */
function answered(answers: readonly [string, LoadSample][], options: Options) {
  const { stage } = staged(
    answers.map(([id]) => id),
    {},
    { age: 1e9, probes: 9, ...options },
  );
  const waiting = new Map<string, (sample: LoadSample) => void>();
  stage.world.telemetry.probe = ({ id }, done) => void waiting.set(id, done);
  stage.pick();
  stage.world.telemetry.probe = () => undefined;
  for (const [id, sample] of answers) waiting.get(id)!(sample);
  return { stage, waiting };
}

test('each use raises the count in flight: the cold turn hot, fastest first, then the fewest go first, the newest answer of equals', (t) => {
  const { stage } = answered(
    [
      ['a', load(1, 1)],
      ['b', load(1, 2)],
      ['c', load(1, 3)],
    ],
    { removals: 0 },
  );
  t.is(stage.picks(9), 'abccbacba');
});

test('the oldest and the worst are removed in turn, one per request', (t) => {
  const { stage } = answered(
    [
      ['a', load(0, 10)],
      ['b', load(0, 20)],
      ['c', load(0, 40)],
      ['d', load(0, 30)],
    ],
    { removals: 1, quantile: 1 },
  );
  // a, then it goes as the oldest; b, then c goes as the worst; b, then it goes. Always the oldest would give a b d.
  t.is(stage.picks(3), 'abb');
});

const reuses: [sentence: string, given: Parameters<typeof reuse>, gives: number][] = [
  ['the baseline with 100 backends: 2 ÷ (.84·3 − 1)', [16, 100, 3, 1, 1], 2 / 1.52],
  ['with very many backends, 2 ÷ (3 − 1)', [16, 1e9, 3, 1, 1], 1],
  ['never below one', [16, 1e9, 10, 1, 1], 1],
  ['more is removed than heard of anew: the pool size', [16, 20, 3, 1, 1], 16],
  ['no more backends than answers are kept: the pool size', [16, 16, 3, 1, 1], 16],
  ['one backend', [16, 1, 3, 1, 1], 16],
  ['no backends', [16, 0, 3, 1, 1], 16],
  ['just above the pole, no more than the pool size', [16, 25, 3, 1, 1], 16],
];
for (const [sentence, given, gives] of reuses) {
  test(`reuse of an answer: ${sentence}`, (t) => {
    t.true(Math.abs(reuse(...given) - gives) < 1e-6, `${reuse(...given)}`);
  });
}

/** How many requests in a row go by one answer, the best of three, when its backend does not answer again. */
function served(options: Options, ids: readonly string[], seed: number): number {
  const loads: Record<string, LoadSample> = { b: load(0, 9), c: load(0, 99) };
  const { stage } = staged(ids, loads, { quantile: 1, age: 1e9, ...options, removals: 0 }, seed);
  const ask = stage.world.telemetry.probe;
  stage.world.telemetry.probe = (backend, done) => {
    ask(backend, done);
    if (backend.id === 'a') delete loads.a;
  };
  for (let i = 0; i < 20; i++) stage.pick(); // b and c are in, and stay
  loads.a = load(0, 1);
  while (loads.a !== undefined) stage.pick();
  let times = 0;
  while (times < 1000 && stage.pick() === 'a') times++;
  return times;
}

test('an answer serves as many requests as the formula says and no more: the pool size, where it has no meaning', (t) => {
  for (const pool of [4, 16]) t.is(served({ pool, probes: 9 }, [...'abc'], 1), pool);
});

test('a fraction is drawn: one answer in half serves twice where reuse is 1.5', (t) => {
  // n = 12, m = 3, no removals: all asked: growth is .75·12 = 9 per request, δ = 12.5 makes the reuse 1.5.
  const ids = [...'abcdefghijkl'];
  const options = { pool: 3, probes: 12, delta: 12.5 };
  t.true(Math.abs(reuse(3, 12, 12, 0, 12.5) - 1.5) < 1e-9);
  const times = Array.from({ length: 400 }, (_, seed) => served(options, ids, seed));
  t.true(times.every((each) => each === 1 || each === 2));
  const twice = times.filter((each) => each >= 2).length / times.length;
  t.true(Math.abs(twice - 0.5) < 0.12, `${twice}`);
});

for (const kind of ['error', 'unreachable', 'reset', 'timeout'] satisfies OutcomeKind[]) {
  test(`a backend that fails at once (${kind}) and answers probes as the idlest is no black hole`, (t) => {
    const loads = { a: load(20, 50), b: load(20, 50), c: load(0, 0.1), d: load(20, 50) };
    for (const [aversion, least, most] of [
      [5000, 10, 40],
      [0, 2000, 6000],
    ] as const) {
      const { stage } = staged([...'abcd'], loads, { aversion });
      let tries = 0;
      for (let i = 0; i < 6000; i++) {
        stage.world.time += 10;
        const id = stage.pick()!;
        if (id === 'c') tries++;
        stage.serve(id, id === 'c' ? 0.3 : 1, id === 'c' ? kind : 'ok');
      }
      // 100, 200, … 3200 ms, then every 5 s; without outcomes it is the trap.
      t.true(tries >= least && tries <= most, `${tries} with an aversion of ${aversion} ms`);
    }
  });
}

test('a request that the client cancelled says nothing', (t) => {
  const { stage } = answered(
    [
      ['a', load(0, 10)],
      ['b', load(0, 20)],
    ],
    { removals: 0, quantile: 1 },
  );
  stage.serve('a', 1, 'cancelled');
  t.is(stage.pick(), 'a');
});

test('one early slow answer does not starve: the next answer takes its place', (t) => {
  const loads = { a: load(0, 1000), b: load(0, 10), c: load(0, 10) };
  const { stage } = staged([...'abc'], loads, { ...keeping, quantile: 1 });
  stage.counts(20);
  t.is(stage.counts(20).a, 0);
  loads.a = load(0, 1);
  stage.pick();
  t.is(stage.picks(5), 'aaaaa');
});

test('a revived backend is filled to the level of the others, and not flooded', (t) => {
  const { stage } = staged([...'abcd'], {});
  stage.world.telemetry.probe = ({ inFlight }, done) => done(load(inFlight, 10 * (inFlight + 1)));
  stage.down('c');
  for (const id of 'abd') stage.start(id, 5);
  for (let i = 0; i < 20; i++) stage.pick();
  stage.up('c');
  let most = 0;
  for (let i = 0; i < 25; i++) {
    stage.start(stage.pick()!);
    most = Math.max(most, stage.backend('c').inFlight - stage.backend('a').inFlight);
  }
  const all = [...'abcd'].map((id) => stage.backend(id).inFlight); // 40 in all
  t.true(most <= 2 && Math.min(...all) >= 7 && Math.max(...all) <= 13, `${all}, at most ${most} more than a`);
});

test("an answer that comes after its backend has left is nobody's, not even of the one that has its index now", (t) => {
  const { stage, waiting } = answered(
    [
      ['a', load(0, 10)],
      ['b', load(0, 20)],
      ['c', load(0, 30)],
    ],
    { removals: 0, quantile: 1 },
  );
  const { index } = stage.backend('c');
  stage.leave('c').join('d');
  t.is(stage.backend('d').index, index);
  waiting.get('c')!(load(0, 1));
  t.is(stage.picks(3), 'aaa');
});

test('without probes it is not created, and the error says why', (t) => {
  const { now, random } = new Stage(prequal, {}, { a: 1 }).world.env;
  t.throws(
    () => prequal.create({ now, random }, defaults(prequal.options) as Values<typeof prequal.options>),
    {
      message: /expected a driver that can probe backends \(env\.probe\), got none/,
    },
  );
});
