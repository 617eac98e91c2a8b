import test from 'ava';
import fc from 'fast-check';
import { Health, type HealthStatus } from './health.ts';

const limits = { healthy: 2, unhealthy: 3 };

/** Runs checks a ms apart: `+` passed, `-` failed, `x` marked down by real traffic. Returns the status after each. */
function run(from: HealthStatus, script: string): { health: Health; path: string } {
  const health = new Health(from, limits);
  let path = '';
  for (const [i, step] of [...script].entries()) {
    if (step === 'x') health.markDown('reset', i);
    else
      health.checked(
        { passed: step === '+', startedAt: i, responseTime: 1, error: step === '+' ? '' : 'HTTP 500' },
        i,
      );
    path += health.status === 'healthy' ? 'h' : health.status === 'unhealthy' ? 'u' : '?';
  }
  return { health, path };
}

for (const [sentence, from, script, expected] of [
  ['two passed checks in a row make it healthy', 'unknown', '++', '?h'],
  ['a failure between them starts the count anew', 'unknown', '+-++', '???h'],
  ['three failed checks in a row make it unhealthy', 'unknown', '---', '??u'],
  ['two failures do not take a healthy one out', 'healthy', '--+--+', 'hhhhhh'],
  ['the third in a row does', 'healthy', '+---', 'hhhu'],
  ['one lucky check does not bring it back', 'unhealthy', '+-+-', 'uuuu'],
  ['flapping within the thresholds moves nothing', 'healthy', '-+-+-+-+', 'hhhhhhhh'],
  ['real traffic takes it out at once', 'healthy', 'x', 'u'],
  ['marked down, it needs as many passed checks as any other', 'healthy', '+x++', 'huuh'],
  ['passed checks from before it was marked down do not count', 'unhealthy', '+x+', 'uuu'],
] as const) {
  test(`health: ${sentence}`, (t) => t.is(run(from, script).path, expected));
}

test("the article's ServerHealthInfo is kept with each check", (t) => {
  const { health } = run('healthy', '+--');
  t.like(health, { consecutiveSuccesses: 0, consecutiveFailures: 2, lastCheck: 2, errorMessage: 'HTTP 500' });
  t.is(health.lastResponseTime, 1);
  t.is(run('healthy', '-+').health.errorMessage, '');
});

test('a check that began before it was marked down does not help to bring it back', (t) => {
  const health = new Health('healthy', { healthy: 1, unhealthy: 1 });
  health.markDown('reset', 10);
  const passed = { passed: true, responseTime: 5, error: '' };
  t.false(health.checked({ ...passed, startedAt: 8 }, 13));
  t.is(health.errorMessage, 'reset');
  t.true(health.checked({ ...passed, startedAt: 14 }, 15));
});

test('it changes exactly when the last checks are all alike and as many as the threshold', (t) => {
  const script = fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(script, (checks) => {
      let expected = '?';
      for (let i = 1; i <= checks.length; i++) {
        if (checks.slice(0, i).endsWith('++')) expected = 'h';
        if (checks.slice(0, i).endsWith('---')) expected = 'u';
        t.is(run('unknown', checks).path[i - 1], expected);
      }
    }),
  );
});
