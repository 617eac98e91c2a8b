import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { listScenarios } from './library.ts';
import { problemsOf } from './loader.test-support.ts';

const texts = listScenarios().map(({ file }) => readFileSync(file, 'utf8'));
const tokens = [
  '-',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '*a',
  '&a ',
  '#',
  '|',
  '"',
  "'",
  '\n',
  '  ',
  '\t',
  '%',
  '!x ',
  '<<: ',
  '? ',
  'null',
  '1e999',
  '.inf',
  '-1',
  '0',
  '800/s',
  '10ms',
  '10%',
  'all',
  '__proto__: ',
  '\ud800',
  '\0',
  'fleet: ',
  '&a [*a]',
];

/** A change at a place (a share of the length): replace so many characters by that. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(30),
  put: fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 8, unit: 'binary' })),
});
const mutated = fc
  .record({ text: fc.constantFrom(...texts), edits: fc.array(edit, { minLength: 1, maxLength: 6 }) })
  .map(({ text, edits }) =>
    edits.reduce((it, { at, cut, put }) => {
      const place = Math.floor(at * it.length);
      return it.slice(0, place) + put + it.slice(place + cut);
    }, text),
  );
const path = fc.array(
  fc.constantFrom(
    'fleet',
    'load',
    'open',
    'closed',
    'rate',
    'requests',
    'service',
    'faults',
    'contenders',
    'balancer',
    'health',
    'expect',
    '0',
    '1',
    'constructor',
    'toString',
    'rounds',
    'length',
  ),
  { minLength: 1, maxLength: 5 },
);
const sets = fc.array(fc.tuple(path, fc.oneof(fc.constantFrom(...tokens), fc.json({ maxDepth: 2 }))), {
  maxLength: 4,
});

/** Most CPU time that a file of a few kilobytes may take, ms. Of this thread alone: other work shares the machine. */
const patience = 1000;
const cpu = () => process.threadCpuUsage().user / 1000;

function told(text: string, options: string[], t: { true(value: boolean, message?: string): void }): void {
  const began = cpu();
  for (const { where, message } of problemsOf(text, { sets: options })) {
    t.true(/^test\.yaml:\d+:\d+$/.test(where) || where.startsWith('--set '), where);
    t.true(/^\S*:? ?expected /.test(message) || message.includes(': expected '), message);
    t.true(!message.includes('Invalid input') && !message.includes('undefined'), message);
  }
  t.true(cpu() - began < patience);
}

test('whatever a file holds, the loader loads it or tells its problems, each with its place, and soon', (t) => {
  fc.assert(
    fc.property(mutated, (text) => told(text, [], t)),
    { numRuns: 400 },
  );
});

test('whatever is set on the command line too', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...texts), sets, (text, given) =>
      told(
        text,
        given.map(([steps, value]) => `${steps.join('.')}=${value}`),
        t,
      ),
    ),
    { numRuns: 400 },
  );
});

test('text that was never YAML', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400, size: 'max', unit: 'binary' }), (text) => told(text, [], t)),
    { numRuns: 300 },
  );
});

for (const [what, text] of Object.entries({
  brackets: '['.repeat(999_999),
  'pairs of brackets': '[]'.repeat(499_000),
  'keys, all different': Array.from({ length: 36_000 }, (_, i) => `a${i}: 1`).join('\n'),
  aliases: `a: &a 1\nb:\n${'- *a\n'.repeat(60_000)}`,
  'backends without number': `fleet:\n${'- {id: app, count: 10000}\n'.repeat(15_000)}load: {closed: {connections: 3}, duration: 5s}\n`,
  'faults on nobody': `fleet: [{id: app, count: 10000}]\nload: {closed: {connections: 3}, duration: 5s}\nfaults:\n${'- {at: 1s, on: ape, crash: {}}\n'.repeat(10_000)}`,
  documents: '---\n'.repeat(240_000),
  'unknown keys': `fleet:\n${'- {id: app, cuont: 1}\n'.repeat(18_000)}load: {closed: {connections: 3}, duration: 5s}\n`,
}))
  test(`a file as large as allowed, full of ${what}, is refused in a few seconds`, (t) => {
    const began = cpu();
    t.true(problemsOf(text).length > 0);
    t.true(cpu() - began < 5000, `${cpu() - began} ms`);
  });
