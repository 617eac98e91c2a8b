import test from 'ava';
import { Watchdog } from './watchdog.ts';

const limits = { balancer: 100, generator: 200, load: 300 };

test('nobody hangs who answers, says something and moves', (t) => {
  const dog = new Watchdog(limits, 0);
  for (let now = 0; now < 5_000; now += 50) {
    t.is(dog.verdict(now), undefined);
    dog.balancerAnswered(now);
    dog.generatorSaid(now, now);
  }
});

for (const [who, expected, at] of [
  ['balancer', /balancer no longer answers/, 101],
  ['generator', /generator has not been heard of/, 201],
  ['load', /neither sent a request nor seen one end/, 302],
] as const)
  test(`silence of the ${who} is noticed when its limit is passed, not before`, (t) => {
    const dog = new Watchdog(limits, 0);
    for (let now = 1; now <= at; now++) {
      if (who !== 'balancer') dog.balancerAnswered(now);
      if (who === 'balancer') dog.generatorSaid(now, now);
      if (who === 'load') dog.generatorSaid(7, Math.max(1, now));
      const verdict = dog.verdict(now);
      if (now < at) t.is(verdict, undefined, `at ${now}`);
      else t.regex(verdict ?? '', expected);
    }
  });
