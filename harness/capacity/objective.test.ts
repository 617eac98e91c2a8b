import test from 'ava';
import { parseObjective } from './objective.ts';

test('several limits, each in the unit of its metric', (t) => {
  t.deepEqual(parseObjective('p99 < 100ms, errorRate<0.1%,goodput > 500/s'), [
    { metric: 'p99', below: 100, text: 'p99 < 100ms' },
    { metric: 'errorRate', below: 0.001, text: 'errorRate < 0.1%' },
    { metric: 'goodput', above: 500, text: 'goodput > 500/s' },
  ]);
});

for (const [text, expected] of [
  ['p99 100ms', /expected METRIC < LIMIT, such as p99 < 100ms, got "p99 100ms"/],
  ['', /expected METRIC < LIMIT/],
  ['p98 < 100ms', /expected a metric .* got p98; did you mean `p9[059]`/],
  ['p99 < 100', /expected a duration with its unit, such as 250ms, as p99 is measured, got 100/],
] as const)
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    const found = parseObjective(text);
    t.true('message' in found);
    t.regex((found as { message: string }).message, expected);
  });
