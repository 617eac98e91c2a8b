import test from 'ava';
import fc from 'fast-check';
import { ScenarioError } from '../../scenarios/problem.ts';
import { blamedOnSweep, inWholeNumbers, mostPoints, parseSweep, settingOf } from './sweep-values.ts';

for (const [sentence, text, settings] of [
  [
    'a list, in order and each once',
    'fleet.0.count=50,10,20,10',
    ['fleet.0.count=10', 'fleet.0.count=20', 'fleet.0.count=50'],
  ],
  ['one value alone', 'load.open.utilization=0.9', ['load.open.utilization=0.9']],
  [
    'equal steps without the dust of adding up',
    'x=0.5..0.7:5',
    ['x=0.5', 'x=0.55', 'x=0.6', 'x=0.65', 'x=0.7'],
  ],
  ['equal factors', 'x=10..1000:log5', ['x=10', 'x=31.62', 'x=100', 'x=316.2', 'x=1000']],
  [
    'durations, whatever their units, in ms',
    'balancer.board.every=1ms..1s:log4',
    [
      'balancer.board.every=1ms',
      'balancer.board.every=10ms',
      'balancer.board.every=100ms',
      'balancer.board.every=1000ms',
    ],
  ],
  ['a microsecond is a thousandth', 'x=1us,1.5us', ['x=0.001ms', 'x=0.0015ms']],
  [
    'rates',
    'load.open.rate=1.2k/s..2.4k/s:3',
    ['load.open.rate=1200/s', 'load.open.rate=1800/s', 'load.open.rate=2400/s'],
  ],
  ['a rate by the minute, by the second', 'x=60/m', ['x=1/s']],
  ['per cent', 'x=10%..30%:3', ['x=10%', 'x=20%', 'x=30%']],
  ['blanks do not matter', ' x = 1 .. 3 : 3 ', ['x=1', 'x=2', 'x=3']],
  ['a leading point, an exponent', 'x=.5,1e2', ['x=0.5', 'x=100']],
] as const)
  test(sentence, (t) => {
    const sweep = parseSweep(text);
    t.deepEqual(
      sweep.values.map((value) => settingOf(sweep, value)),
      [...settings],
    );
  });

for (const [sentence, text, expected] of [
  ['no `=`', 'load.open.utilization', /expected path=from\.\.to:count, such as .*, got no `=`/],
  [
    'an odd path',
    'load..open=1',
    /expected keys and indices joined by dots, such as fleet\.0\.count, got ""/,
  ],
  ['a range without a count', 'x=1..5', /expected path=from\.\.to:count, .*got "1\.\.5"/],
  ['one point of two ends', 'x=1..5:1', /expected from 2 to 200 points, got 1$/],
  ['too many points', 'x=1..5:201', /expected from 2 to 200 points, got 201$/],
  ['ends the wrong way', 'x=0.9..0.5:5', /expected the lower end first, got 0\.9 before 0\.5; swap them/],
  ['no distance at all', 'x=5..5:5', /expected the lower end first, got 5 before 5/],
  ['two kinds of value', 'x=1ms..5/s:3', /expected one kind of value, got "1ms" and "5\/s"/],
  ['equal factors from 0', 'x=0..5:log3', /expected ends above 0 for equal factors, got 0; leave out `log`/],
  ['words', 'x=fast,slow', /expected numbers, with their units .*, got "fast"/],
  ['nothing', 'x=', /expected numbers, .*, got ""/],
  ['a list with a hole', 'x=1,,2', /expected numbers, .*, got ""/],
  ['a unit nobody knows', 'x=1ms..5parsec:3', /got "5parsec"/],
] as const)
  test(`refused: ${sentence}`, (t) => {
    const error = t.throws(() => parseSweep(text), { instanceOf: ScenarioError })!;
    t.regex(error.message, expected);
    t.true(error.message.startsWith(`--sweep ${text}: `), error.message);
  });

test('a list too long is refused with its length', (t) => {
  const text = `x=${Array.from({ length: mostPoints + 1 }, (_, i) => i).join(',')}`;
  t.regex(t.throws(() => parseSweep(text))!.message, /expected at most 200 points, got 201$/);
});

test('in whole numbers, what falls together is one point', (t) => {
  t.deepEqual(inWholeNumbers(parseSweep('x=1..50:5')).values, [1, 13, 26, 38, 50]);
  t.deepEqual(inWholeNumbers(parseSweep('x=1..3:5')).values, [1, 2, 3]);
});

test('what is wrong at a point is told of the sweep and of the point; what is wrong in the file stays there', (t) => {
  const sweep = parseSweep('load.open.utilization=5..20:3');
  const error = new ScenarioError([
    { where: '--set load.open.utilization=12.5', path: [], message: 'expected at most 10, got 12.5' },
    { where: 'a.yaml:3:1', path: ['fleet'], message: 'expected a fleet' },
  ]);
  t.is(
    blamedOnSweep(error, sweep, 12.5).message,
    '--sweep load.open.utilization=5..20:3: at 12.5: expected at most 10, got 12.5\na.yaml:3:1 fleet: expected a fleet',
  );
});

test('whatever the ends: as many points as asked, both ends among them, ascending, without an exponent', (t) => {
  const end = fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((it) => Number(it.toPrecision(3)));
  fc.assert(
    fc.property(end, end, fc.integer({ min: 2, max: mostPoints }), fc.boolean(), (a, b, count, log) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(to > from * 10);
      const sweep = parseSweep(`x=${from}..${to}:${log ? 'log' : ''}${count}`);
      t.is(sweep.values[0], from);
      t.is(sweep.values.at(-1), to);
      t.is(sweep.values.length, count);
      t.true(sweep.values.every((value, i) => i === 0 || value > sweep.values[i - 1]!));
      t.true(sweep.values.every((value) => /^x=\d+(\.\d+)?$/.test(settingOf(sweep, value))));
    }),
  );
});
