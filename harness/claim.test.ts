import { fileURLToPath } from 'node:url';
import test from 'ava';
import { execa } from 'execa';
import { type Claim, describe, isMet } from './claim.ts';

const of = (value: number, bounds: { least?: number; most?: number }): Claim => ({
  what: 'p2c, n = 10',
  value,
  unit: 'ns per pick',
  ...bounds,
});

for (const [sentence, claim, met] of [
  ['below its bound', of(52, { most: 150 }), true],
  ['at its bound', of(150, { most: 150 }), true],
  ['above its bound', of(150.1, { most: 150 }), false],
  ['below what it must reach', of(1.4, { least: 1.5 }), false],
  ['between two bounds', of(1, { least: 0.9, most: 1.1 }), true],
  ['outside two bounds', of(0.8, { least: 0.9, most: 1.1 }), false],
  ['that could not be measured', of(Number.NaN, { most: 150 }), false],
] as const)
  test(`a value ${sentence} is ${met ? 'met' : 'missed'}`, (t) => t.is(isMet(claim), met));

test('a claim without a bound claims nothing, and is refused', (t) => {
  t.throws(() => isMet(of(1, {})), { message: /needs a bound/ });
});

test('a claim reads as a sentence', (t) => {
  t.is(describe(of(52.34, { most: 150 })), 'p2c, n = 10: 52.3 ns per pick, at most 150');
  t.is(
    describe({ what: 'events', value: 1_530_400, unit: 'per second', least: 1_500_000 }),
    'events: 1,530,400 per second, at least 1,500,000',
  );
});

for (const [value, code] of [
  [1, 0],
  [3, 1],
] as const)
  test(`a process whose claim is ${code === 0 ? 'met ends with 0' : 'missed ends with 1'}`, async (t) => {
    const file = fileURLToPath(new URL('./claim.ts', import.meta.url));
    const text = `import { claim } from ${JSON.stringify(file)}; claim({ what: 'x', value: ${value}, unit: 'y', most: 2 });`;
    const { exitCode, stdout } = await execa(process.execPath, ['--input-type=module', '-e', text], {
      reject: false,
    });
    t.is(exitCode, code);
    t.is(stdout, `${code === 0 ? 'met   ' : 'MISSED'}  x: ${value} y, at most 2`);
  });
