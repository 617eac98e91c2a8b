import test from 'ava';
import fc from 'fast-check';
import { loadHeader } from '../../docker/load-header.ts';
import { readLoad } from './load-report.ts';

const nothing = { utilization: 0, inFlight: 7, serviceTime: 0, rate: 0, errors: 0, at: 5 };

const read: [sentence: string, value: string, expected: Partial<typeof nothing>][] = [
  [
    "text, as ORCA's design has it, with what means nothing here",
    'TEXT cpu_utilization=0.3, mem_utilization=0.8, rps_fractional=10.0, eps=1,named_metrics.custom=0.4',
    { utilization: 0.3, rate: 10, errors: 1 },
  ],
  ["text, as Envoy's parser has it", 'TEXT cpu_utilization:0.3,eps:1', { utilization: 0.3, errors: 1 }],
  [
    'our own metrics',
    'TEXT named_metrics.in_flight=3,named_metrics.service_ms=9.8',
    { inFlight: 3, serviceTime: 9.8 },
  ],
  [
    'the form in lower case, spaces about',
    'text  eps = 2 , , rps_fractional= 1e2 ',
    { errors: 2, rate: 100 },
  ],
  ['no number of requests inside: our own', 'TEXT eps=0', { inFlight: 7 }],
  [
    'the application knows better than the CPU',
    'TEXT application_utilization=1.4,cpu_utilization=0.3',
    { utilization: 1.4 },
  ],
  [
    'an application that says 0 does not know',
    'TEXT application_utilization=0,cpu_utilization=0.3',
    { utilization: 0.3 },
  ],
  ['the old name of the rate', 'TEXT rps=12', { rate: 12 }],
  ['the new name wins', 'TEXT rps_fractional=12.5,rps=12', { rate: 12.5 }],
  ['a metric named like ours elsewhere is not ours', 'TEXT utilization.in_flight=3,eps=0', {}],
  [
    'JSON by the names of the message',
    'JSON {"cpu_utilization": 0.3, "named_metrics": {"in_flight": 3}}',
    { utilization: 0.3, inFlight: 3 },
  ],
  [
    'JSON as protobuf prefers it',
    'JSON {"cpuUtilization":0.3,"rps":"12","namedMetrics":{"service_ms":4}}',
    { utilization: 0.3, rate: 12, serviceTime: 4 },
  ],
];
for (const [sentence, value, expected] of read)
  test(`reads: ${sentence}`, (t) => t.deepEqual(readLoad(value, 7, 5), { ...nothing, ...expected }));

const ignored: [sentence: string, value: string][] = [
  ['nothing', ''],
  ['a form alone', 'TEXT '],
  ['no form', 'cpu_utilization=0.3'],
  ['a form not spoken here', 'BIN CZqZmZmZmbk/'],
  ['a form without its space', 'TEXT,cpu_utilization=0.3'],
  ['words for a number', 'TEXT cpu_utilization=high'],
  ['no number', 'TEXT cpu_utilization='],
  ['a number below 0', 'TEXT cpu_utilization=0.3,eps=-1'],
  ['infinity', 'TEXT cpu_utilization=Infinity'],
  ['not a number, by name', 'TEXT cpu_utilization=NaN'],
  ['no metric of ours', 'TEXT named_metrics.kv_cache_usage_perc=0.4'],
  ['names that every object has', 'TEXT constructor=1,__proto__=2'],
  ['half of JSON', 'JSON {"cpu_utilization": 0.3'],
  ['JSON that is no object', 'JSON null'],
  ['JSON with something else for a number', 'JSON {"cpu_utilization": {"a": 1}}'],
  ['JSON with null for a number', 'JSON {"eps": true, "cpu_utilization": 0.3}'],
];
for (const [sentence, value] of ignored)
  test(`passes over: ${sentence}`, (t) => t.is(readLoad(value, 7, 5), undefined));

test('whatever stands there, the outcome is a report of finite numbers or none', (t) => {
  const name = fc.constantFrom('cpu_utilization', 'eps', ' rps', 'named_metrics.in_flight', '__proto__', '');
  const figure = fc.oneof(fc.double().map(String), fc.constantFrom('', '-0', ' 7 ', '1e400', '0x10', '1_0'));
  const entry = fc.tuple(name, fc.constantFrom('=', ':', '', '=='), figure).map((it) => it.join(''));
  const text = fc.oneof(
    fc.string(),
    fc.array(entry, { maxLength: 6 }).map((it) => `TEXT ${it.join(',')}`),
    fc.tuple(name, fc.json()).map(([key, value]) => `JSON {${JSON.stringify(key.trim())}: ${value}}`),
  );
  let reports = 0;
  fc.assert(
    fc.property(text, (value) => {
      const report = readLoad(value, 7, 5);
      if (report === undefined) return;
      reports++;
      t.true(
        Object.values(report).every((it) => Number.isFinite(it) && it >= 0),
        value,
      );
    }),
    { seed: 1, numRuns: 2_000 },
  );
  t.true(reports > 100 && reports < 1_900, `${reports} of 2000 are reports: neither side is tried enough`);
});

test('what our own backend writes is read as it was meant', (t) => {
  const figure = fc.integer({ min: 0, max: 1e7 }).map((it) => it / 1000);
  fc.assert(
    fc.property(
      figure,
      figure,
      figure,
      figure,
      fc.nat(),
      (utilization, rate, errors, serviceTime, inFlight) => {
        const load = { utilization, rate, errors, serviceTime, inFlight, at: 9 };
        t.deepEqual(readLoad(loadHeader(load), 7, 9), load);
      },
    ),
    { seed: 1 },
  );
});
