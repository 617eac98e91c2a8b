import test from 'ava';
import fc from 'fast-check';
import { countEjections } from './ejections.ts';
import { attemptsOf } from './fixture-rows.test-support.ts';
import { addAttempts, countAttempts, jain, sharesOf } from './shares.ts';

const backends = [
  { id: 'a', weight: 3 },
  { id: 'b', weight: 1 },
];

const none = countEjections([], backends, [], 1_000);

test('shares are of the attempts picked in the window, beside the fair share by weight', (t) => {
  const counts = countAttempts(
    attemptsOf([
      { backend: 0, picked: -1 },
      { backend: 0, picked: 0 },
      { backend: 0, picked: 1_500_000 },
      { backend: 1, picked: 1_600_000, kind: 'reset' },
      { backend: 0, picked: 1_700_000, attempt: 2 },
      { backend: 1, picked: 4_000_000 },
    ]),
    2,
    [{ from: 1_000, to: 2_000 }],
    4_000,
  );
  const [a, b] = sharesOf(counts, backends, none);
  t.like(a, { attempts: 3, share: 0.75, fairShare: 0.75, shareOverFair: 1, errors: 0 });
  t.like(b, { attempts: 1, share: 0.25, fairShare: 0.25, errors: 1 });
  t.deepEqual(a!.phases, { before: 1, during: 2 / 3 });
  t.is(counts.retries, 1);
});

test('rounds add up', (t) => {
  const one = countAttempts(attemptsOf([{ backend: 1 }]), 2, [], 1_000);
  t.deepEqual([...addAttempts([one, one, one], 2).picks], [0, 3]);
});

test('nothing picked: no share, no index', (t) => {
  const [a] = sharesOf(countAttempts(attemptsOf([]), 2, [], 1_000), backends, none);
  t.is(a!.share, null);
  t.is(a!.shareOverFair, null);
  t.is(jain([0, 0], [1, 1]), null);
});

for (const [attempts, weights, expected, why] of [
  [[5, 5, 5, 5], [1, 1, 1, 1], 1, 'all even'],
  [[20, 0, 0, 0], [1, 1, 1, 1], 0.25, 'one has everything: 1/n'],
  [[30, 10], [3, 1], 1, 'even by weight'],
  [[3, 1], [1, 1], 0.8, '(3+1)² ÷ (2·(9+1))'],
] as const)
  test(`Jain’s index of ${attempts}: ${why}`, (t) => t.is(jain(attempts, weights), expected));

test('property: the index lies between 1/n and 1', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20, size: 'max' }),
      (attempts) => {
        const index = jain(
          attempts,
          attempts.map(() => 1),
        );
        return index === null || (index >= 1 / attempts.length - 1e-9 && index <= 1 + 1e-9);
      },
    ),
  );
  t.pass();
});
