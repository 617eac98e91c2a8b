import test from 'ava';
import { readOpenMetrics } from './open-metrics.test-support.ts';
import { bucketEnds, type Family, Histogram, metricsText } from './open-metrics.ts';

const awkward = 'a"b\\c\nd},{e=1';

const families: Family[] = [
  {
    name: 'x_requests',
    type: 'counter',
    help: `All of "them",\nand \\ more.`,
    samples: [
      { suffix: '_total', labels: { who: awkward }, value: 3 },
      { suffix: '_total', labels: { who: 'b' }, value: 1e21 },
    ],
  },
  { name: 'x_bytes', type: 'gauge', unit: 'bytes', help: '', samples: [{ value: -0.5 }] },
  { name: 'x_none', type: 'gauge', help: 'left out', samples: [] },
  { name: 'x', type: 'info', help: 'v', samples: [{ suffix: '_info', labels: { version: '1' }, value: 1 }] },
  {
    name: 'x_state',
    type: 'stateset',
    help: 's',
    samples: ['on', 'off'].map((it) => ({ labels: { x_state: it }, value: it === 'on' ? 1 : 0 })),
  },
];

test('what is written is read back by a strict reader, whatever stands in labels and help', (t) => {
  const read = readOpenMetrics(metricsText(families, true));
  t.deepEqual([...read.keys()], ['x_requests', 'x_bytes', 'x', 'x_state']);
  t.deepEqual(read.get('x_requests')!.samples, [
    { name: 'x_requests_total', labels: { who: awkward }, value: 3 },
    { name: 'x_requests_total', labels: { who: 'b' }, value: 1e21 },
  ]);
  t.is(read.get('x_bytes')!.unit, 'bytes');
});

test('a histogram is cumulative, ends in +Inf, and counts what is on an end below it', (t) => {
  const histogram = new Histogram();
  for (const seconds of [0, 0.001, 0.0011, 0.3, 10, 10.5, 3600]) histogram.add(seconds);
  const family: Family = {
    name: 'x_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'h',
    samples: [...histogram.samples({ backend: 'a' }), ...new Histogram().samples({ backend: 'b' })],
  };
  const { samples } = readOpenMetrics(metricsText([family], true)).get('x_seconds')!;
  const of = (backend: string) => samples.filter(({ labels }) => labels.backend === backend);
  const buckets = of('a').filter(({ name }) => name.endsWith('_bucket'));
  t.is(buckets.length, bucketEnds.length + 1);
  const upTo = (le: string) => buckets.find(({ labels }) => labels.le === le)?.value;
  t.deepEqual([upTo('0.001'), upTo('0.0025'), upTo('0.5'), upTo('10.0'), upTo('+Inf')], [2, 3, 4, 5, 7]);
  t.is(of('a').find(({ name }) => name.endsWith('_sum'))!.value, 0.001 + 0.0011 + 0.3 + 10 + 10.5 + 3600);
  t.is(of('b').at(-2)!.value, 0);
});

test('the format before names counters in full and says neither units nor an end', (t) => {
  const text = metricsText(families, false);
  t.regex(text, /^# TYPE x_requests_total counter$/m);
  t.regex(text, /^# TYPE x_info gauge$/m);
  t.regex(text, /^# TYPE x_state gauge$/m);
  t.notRegex(text, /UNIT|EOF/);
});

for (const [what, text] of [
  ['no end', '# TYPE a gauge\na 1\n'],
  ['an empty line', '# TYPE a gauge\n\na 1\n# EOF\n'],
  ['a sample of no family', 'a 1\n# EOF\n'],
  ['a counter without its suffix', '# TYPE a counter\na 1\n# EOF\n'],
  ['a unit that is not in the name', '# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n'],
  ['a label that is not closed', '# TYPE a gauge\na{b="c} 1\n# EOF\n'],
  ['a bare line feed in a label', '# TYPE a gauge\na{b="c\nd"} 1\n# EOF\n'],
  ['a family that is interrupted', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# HELP a x\n# EOF\n'],
  ['a sample twice', '# TYPE a gauge\na 1\na 2\n# EOF\n'],
  ['a histogram without its end', '# TYPE a histogram\na_bucket{le="1.0"} 1\na_count 1\na_sum 1\n# EOF\n'],
] as const)
  test(`the reader is strict: ${what}`, (t) => {
    t.throws(() => readOpenMetrics(text));
  });
