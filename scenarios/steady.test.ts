/** What counts as steady, in a table: limits, and the chance that they leave room for. */
import test from 'ava';
import { type Look, type SteadySettings, steadySettings, unsteady } from './steady.ts';

const defaults = steadySettings.parse({}) as SteadySettings;
const at = (t: number, counts: Partial<Look> = {}): Look => ({
  ...{ t, sent: 0, ok: 0, failed: 0, lost: 0, notSent: 0 },
  ...counts,
});
const half = at(1000, { sent: 1000, ok: 990 });
const well = at(2000, { sent: 2000, ok: 1990 });

for (const [says, now, why, settings, down] of [
  ['all is well', well, undefined],
  ['nothing was sent yet', at(0), undefined],
  ['errors up to the limit, and chance on top', { ...well, ok: 1965, failed: 25 }, undefined],
  [
    'errors beyond both',
    { ...well, ok: 1945, failed: 45 },
    /^2\.3% of 1990 requests had failed.* 1% may; lower the load, or raise steady\.errorRate$/,
  ],
  ['the same, allowed', { ...well, ok: 1945, failed: 45 }, undefined, { errorRate: 0.05 }],
  ['one error, none allowed', { ...well, ok: 1989, failed: 1 }, /0\.05% of 1990 .* 0% may/, { errorRate: 0 }],
  ['a single error of few', at(200, { sent: 10, ok: 8, failed: 1 }), undefined],
  ['requests that found no connection', { ...well, notSent: 60 }, /found no connection/],
  [
    'lost ones have a limit of their own',
    { ...well, ok: 1965, lost: 25 },
    /1\.3% of 1990 requests had been lost, and 0\.5% may/,
  ],
  [
    'a queue that grows',
    { ...well, ok: 1500 },
    /of 1000 sent since 1000 ms, 490 more are under way than then, and 10% may be/,
  ],
  ['a queue that wanders', { ...well, ok: 1780 }, undefined],
  ['a queue that grows, allowed', { ...well, ok: 1500 }, undefined, { growth: 0.5 }],
  ['a backend out of service', well, /^app-2 was out of service; .*steady\.healthy=false$/, {}, ['app-2']],
  [
    'many out of service',
    well,
    /^a, b, c, d, e and 2 more were out of service/,
    {},
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  ],
  ['a backend out of service, allowed', well, undefined, { healthy: false }, ['app-2']],
] as [string, Look, RegExp | undefined, Partial<SteadySettings>?, string[]?][])
  test(says, (t) => {
    const found = unsteady({ ...defaults, ...settings }, half, now, down ?? []);
    if (why === undefined) t.is(found, undefined);
    else t.regex(found ?? 'steady', why);
  });
