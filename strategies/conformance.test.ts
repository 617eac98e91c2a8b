/** Every strategy in the folder keeps the laws, and conformance notices those that do not. */
import test from 'ava';
import { loadFolder } from '../scenarios/registry.ts';
import { conform, shrink } from './conformance.ts';
import { type Law, withoutAmbient } from './conformance-play.ts';
import { type Backend, define, type Strategy, type StrategyDefinition } from './strategy.ts';

const strategies = await loadFolder<StrategyDefinition>(new URL('./', import.meta.url));

test('the folder holds the strategies of the catalogue, and no helper passes for one', (t) => {
  const expected = [
    'aperture',
    'bounded-load-hash',
    'c3',
    'consistent-hash',
    'first-available',
    'geographic',
    'ip-hash',
    'join-idle-queue',
    'least-connections',
    'least-response-time',
    'least-time',
    'maglev',
    'oracle',
    'p2c',
    'p2c-peak-ewma',
    'prequal',
    'random',
    'rendezvous',
    'round-robin',
    'sticky-session',
    'utilization-weighted',
    'weighted-least-request',
    'weighted-random',
    'weighted-round-robin',
  ];
  for (const name of expected) t.true(strategies.has(name), name);
  for (const [name, { about, create }] of strategies) {
    t.is(typeof create, 'function', name);
    t.regex(about, /\w{3}/, name);
  }
});

for (const [name, definition] of strategies) {
  test(`${name} keeps every law, with each of its options`, (t) => {
    t.deepEqual(conform(definition, 1), []);
    t.deepEqual(conform(definition, 20_261_123, { sequences: 10, length: 500 }), []);
  });
}

const bad = (create: (random: () => number, now: () => number) => Strategy): StrategyDefinition =>
  define({ about: 'breaks a law', options: {}, create: (env) => create(env.random, env.now) });

const firstOf = (available: readonly Backend[], tried: readonly Backend[]) =>
  available.find((backend) => !tried.includes(backend)) ?? available[0];

let shared = 0;
const stale: { available: readonly Backend[] } = { available: [] };

const breakers: { sentence: string; law: Law; steps: number; definition: StrategyDefinition }[] = [
  {
    sentence: 'sorting the pool in place changes the input',
    law: 'reads-only',
    steps: 3,
    definition: bad(() => ({
      pick: ({ available }, { tried }) =>
        firstOf(
          (available as Backend[]).sort((a, b) => a.inFlight - b.inFlight),
          tried,
        ),
    })),
  },
  {
    sentence: 'a score written on a backend changes the input, even where the error is caught',
    law: 'reads-only',
    steps: 2,
    definition: bad(() => ({
      pick({ available }, { tried }) {
        try {
          for (const backend of available) Object.assign(backend, { score: 1 });
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
        return firstOf(available, tried);
      },
    })),
  },
  {
    sentence: 'choosing among members picks one that is down',
    law: 'available',
    steps: 4,
    definition: bad(() => ({
      pick: ({ members, available }, { tried }) =>
        available.length === 0 ? undefined : firstOf(members, tried),
    })),
  },
  {
    sentence: 'a pool remembered across a change gives somebody who has left',
    law: 'available',
    steps: 5,
    definition: bad(() => {
      let remembered: readonly Backend[] = [];
      return {
        pick({ available }, { tried }) {
          if (remembered.length === 0) remembered = available;
          return available.length === 0 ? undefined : firstOf(remembered, tried);
        },
      };
    }),
  },
  {
    sentence: 'an answer to a probe, that came after its backend had left, is taken for a backend',
    law: 'available',
    steps: 8,
    definition: {
      about: 'breaks a law',
      options: {},
      create({ probe }) {
        let answered: Backend | undefined;
        return {
          pick({ available }, { tried }) {
            for (const backend of available)
              probe?.(backend, () => {
                answered = backend;
              });
            return available.length === 0 || tried.length > 0
              ? firstOf(available, tried)
              : (answered ?? available[0]);
          },
        };
      },
    },
  },
  {
    sentence: 'a report that is corrected in place changes the input',
    law: 'reads-only',
    steps: 4,
    definition: bad(() => ({
      pick: ({ available }, { tried }) => firstOf(available, tried),
      ended({ reported }) {
        if (reported !== undefined) Object.assign(reported, { errors: 0 });
      },
    })),
  },
  {
    sentence: 'a pick from an empty pool is a stranger',
    law: 'empty',
    steps: 3,
    definition: bad(() => ({
      poolChanged({ available }) {
        if (available.length > 0) stale.available = available;
      },
      pick: ({ available }, { tried }) =>
        available.length === 0 ? stale.available[0] : firstOf(available, tried),
    })),
  },
  {
    sentence: 'giving up on a retry leaves a pool that is not empty without a pick',
    law: 'empty',
    steps: 2,
    definition: bad(() => ({
      pick: ({ available }, { tried }) => available.find((backend) => !tried.includes(backend)),
    })),
  },
  {
    sentence: 'Math.random is luck that no seed repeats',
    law: 'own-clock-and-luck',
    steps: 2,
    definition: bad(() => ({
      pick: ({ available }) => available[Math.floor(Math.random() * available.length)],
    })),
  },
  {
    sentence: 'Date.now is a clock that the simulator does not turn',
    law: 'own-clock-and-luck',
    steps: 1,
    definition: bad(() => ({
      pick: ({ available }, { tried }) => (Date.now() > 0 ? firstOf(available, tried) : undefined),
    })),
  },
  {
    sentence: 'always the first repeats a backend that was tried',
    law: 'untried',
    steps: 3,
    definition: bad(() => ({ pick: ({ available }) => available[0] })),
  },
  {
    sentence: 'a cursor in the module is shared by all balancers of a process',
    law: 'repeatable',
    steps: 3,
    definition: bad(() => ({
      pick({ available }, { tried }) {
        const turn = available[shared++ % (available.length || 1)];
        return turn === undefined || tried.includes(turn) ? firstOf(available, tried) : turn;
      },
    })),
  },
  {
    sentence: 'counting ends without looking for their start goes negative and throws',
    law: 'survives',
    steps: 2,
    definition: bad(() => {
      let open = 0;
      return {
        pick: ({ available }, { tried }) => firstOf(available, tried),
        started: () => {
          open++;
        },
        ended() {
          if (--open < 0) throw new RangeError('more ends than starts');
        },
      };
    }),
  },
];

for (const { sentence, law, steps, definition } of breakers) {
  test(`conformance catches a bad strategy: ${sentence}`, (t) => {
    const violations = conform(definition, 7);
    const violation = violations.find((candidate) => candidate.law === law);
    t.truthy(violation, JSON.stringify(violations.map((found) => found.law)));
    if (violation === undefined) return;
    t.true(violation.sequence.length <= steps, violation.sequence.join('; '));
    t.true(violation.sequence.length >= 1);
    const again = conform(definition, violation.seed, { sequences: 1 });
    t.true(
      again.some((found) => found.law === law),
      'the seed it names shows it again',
    );
  });
}

test('conformance catches a strategy that promises an even spread and always takes the first', (t) => {
  const definition = define({
    about: 'breaks its promise',
    options: {},
    spread: { by: 'equal', within: 0.01 },
    create: () => ({ pick: ({ available }, { tried }) => firstOf(available, tried) }),
  });
  t.deepEqual(
    conform(definition, 1, { sequences: 2 }).map(({ law }) => law),
    ['spread'],
  );
});

const promise = async ({ available }: { available: readonly Backend[] }) => available[0];
const copy = ({ available }: { available: readonly Backend[] }) => available[0] && { ...available[0] };
const nothing = ({ available }: { available: readonly Backend[] }) =>
  available.length > 0 ? null : undefined;

test('a throw that comes only after thousands of requests is a breach as well', (t) => {
  const late = new RangeError('worn out');
  const definition = define({
    about: 'breaks after a while',
    options: {},
    spread: { by: 'equal', within: 1 },
    create: () => {
      let picks = 0;
      return {
        pick({ available }, { tried }) {
          if (++picks > 5_000) throw late;
          return firstOf(available, tried);
        },
      };
    },
  });
  const [violation] = conform(definition, 1, { sequences: 2 });
  t.like(violation, { law: 'survives', sequence: [], thrown: late });
});

test('what a strange pick is, is said in words', (t) => {
  const details = ([promise, copy, nothing] as const).map(
    (pick) =>
      conform(
        bad(() => ({ pick: pick as never })),
        1,
        { sequences: 3 },
      )[0]!.detail,
  );
  t.regex(details[0]!, /^it picked a promise with b/);
  t.regex(details[1]!, /^it picked a copy of b\d+ with b/);
  t.regex(details[2]!, /^it picked something of type null with b/);
});

test('whoever watches is told what is about to be played: each sequence, then the spread', (t) => {
  const told: string[] = [];
  const definition = strategies.get('p2c')!;
  conform(definition, 5, {
    sequences: 2,
    playing: ({ seed, options, law }) => told.push(`${seed} ${options.choices} ${law ?? 'sequence'}`),
  });
  t.deepEqual(told.slice(0, 2), ['5 2 sequence', '6 2 sequence']);
  t.true(told.includes('5 1 sequence') || told.length > 4, 'other options too');
  t.is(told.at(-1), '5 2 spread');
});

test('clocks and randomness are back after a strategy was played, also when it threw', (t) => {
  const before = [Date, Math.random, performance, setTimeout];
  t.throws(() =>
    withoutAmbient(
      () => undefined,
      () => Math.random(),
    ),
  );
  t.deepEqual([Date, Math.random, performance, setTimeout], before);
  t.true(Math.random() < 1 && Date.now() > 0);
});

test('shrinking keeps just the steps that are needed', (t) => {
  const steps = Array.from({ length: 100 }, (_, ms) => ({ do: 'wait', ms }) as const);
  const needs = (kept: readonly unknown[]) =>
    [17, 58, 59].every((ms) => kept.some((step) => (step as { ms: number }).ms === ms));
  t.deepEqual(shrink(steps, needs), [
    { do: 'wait', ms: 17 },
    { do: 'wait', ms: 58 },
    { do: 'wait', ms: 59 },
  ]);
});
