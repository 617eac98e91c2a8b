import test from 'ava';
import { draw } from '../../scenarios/random.ts';
import { normalQuantile } from '../../scenarios/service-times/normal.ts';
import { type Look, type SearchOptions, searchCapacity } from './search.ts';

const options: SearchOptions = { guess: 100, precision: 0.02, confirm: 3, looks: 60 };

/** Met up to `truth`, give or take noise that differs from look to look. */
const noisy =
  (truth: number, noise: number, seed: number) =>
  async ({ rate, again }: Look) =>
    rate * Math.exp(noise * normalQuantile(draw(seed, 1, Math.round(rate * 1000), again))) <= truth;

for (const truth of [0.9, 37, 100, 733, 40_000])
  test(`without noise: ${truth} is found within 2%, by few looks`, async (t) => {
    const { rate, above, ended, looks } = await searchCapacity(options, noisy(truth, 0, 1));
    t.is(ended, 'confirmed');
    t.true(rate <= truth && above > truth && above / rate <= 1.02, `${rate} to ${above}`);
    t.true(looks.length <= 30, `${looks.length} looks`);
  });

test('with 3% noise a look, nine in ten searches end within 5%, and none far off', async (t) => {
  const errors: number[] = [];
  for (let seed = 1; seed <= 200; seed++) {
    const { rate } = await searchCapacity(options, noisy(500, 0.03, seed));
    errors.push(Math.abs(Math.log(rate / 500)));
  }
  errors.sort((a, b) => a - b);
  t.true(errors[179]! < 0.05, `${errors[179]}`);
  t.true(errors[199]! < 0.1, `${errors[199]}`);
});

test('a single lucky look far above does not settle it', async (t) => {
  const lucky = async ({ rate, again }: Look) => rate <= 100 || (rate > 1500 && rate < 1700 && again === 0);
  const { rate } = await searchCapacity({ ...options, guess: 100 }, lucky);
  t.true(rate >= 98 && rate <= 102, `${rate}`);
});

test('what is answered was met by most looks at it, and what is above was not', async (t) => {
  for (let seed = 1; seed <= 50; seed++) {
    const { rate, above, ended, looks } = await searchCapacity(options, noisy(500, 0.05, seed));
    if (ended !== 'confirmed') continue;
    for (const [at, wanted] of [
      [rate, true],
      [above, false],
    ] as const) {
      const votes = looks.filter((it) => it.rate === at);
      t.true(votes.length >= 3);
      t.is(2 * votes.filter((it) => it.met).length > votes.length, wanted);
    }
  }
});

test('it ends: never met, met up to the most that may be asked, and looks that run out', async (t) => {
  const never = await searchCapacity(options, async () => false);
  t.like(never, { ended: 'never', rate: 0 });
  const most = await searchCapacity({ ...options, most: 1000 }, async () => true);
  t.like(most, { ended: 'most', rate: 1000, above: Number.POSITIVE_INFINITY });
  const short = await searchCapacity({ ...options, looks: 4 }, noisy(37, 0, 1));
  t.is(short.ended, 'looks');
  t.is(short.looks.length, 4);
});
