import test from 'ava';
import type { AttemptRow, RequestRow } from '../harness/recording.ts';
import { Deadline } from './deadline.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';
import { sacrificedTo } from './sacrificed.ts';

const never = Number.POSITIVE_INFINITY;
const crash = { victims: new Set([1]), onset: 1_000, detected: 1_500, healed: 2_000 };
const failed = (ms: number, more: Partial<RequestRow> = {}): Partial<RequestRow> => ({
  ...{ index: 0, intended: ms * 1000, outcome: 'failed', cause: 'status', status: 502, latency: 1_000 },
  ...more,
});
const on = (backend: number, picked: number, ended: number): Partial<AttemptRow> => ({
  ...{ request: 0, backend },
  ...{ picked: picked * 1000, ended: ended * 1000 },
});

const cases: [string, Partial<RequestRow>[], Partial<AttemptRow>[], Partial<typeof crash>, number][] = [
  ['failed on the victim, long after its detection', [failed(1_800)], [on(1, 1_800, 1_801)], {}, 1],
  ['was on the victim at the onset', [failed(990, { latency: 700_000 })], [on(1, 990, 1_690)], {}, 1],
  ['ended on the victim before the fault', [failed(900)], [on(1, 900, 901)], {}, 0],
  ['failed on the victim after the heal', [failed(2_100)], [on(1, 2_100, 2_101)], {}, 0],
  ['failed elsewhere, while nobody knew', [failed(1_200)], [on(0, 1_200, 1_201)], {}, 1],
  ['failed elsewhere, after the detection', [failed(1_700)], [on(0, 1_700, 1_701)], {}, 0],
  [
    'failed elsewhere, and it was never detected',
    [failed(1_700)],
    [on(0, 1_700, 1_701)],
    { detected: never },
    1,
  ],
  [
    'was answered by another after a try on the victim',
    [{ index: 0, intended: 1_200_000 }],
    [on(1, 1_200, 1_201)],
    {},
    0,
  ],
  [
    'was answered, but late',
    [{ index: 0, intended: 1_200_000, latency: 1_200_000 }],
    [on(1, 1_200, 2_400)],
    {},
    1,
  ],
  [
    'hangs on the victim to the end',
    [{ index: 0, intended: 1_200_000, outcome: 'in-flight' }],
    [on(1, 1_200, Number.NaN)],
    {},
    1,
  ],
  ['failed in the warm-up', [failed(-5)], [on(1, -5, -4)], { onset: -10 }, 0],
  [
    'tried the victim twice: counted once',
    [failed(1_200)],
    [on(1, 1_200, 1_201), on(1, 1_202, 1_203)],
    {},
    1,
  ],
];

for (const [why, rows, attempts, fault, expected] of cases)
  test(`${expected === 1 ? 'sacrificed' : 'not sacrificed'}: a request that ${why}`, (t) => {
    const columns = requestsOf(rows);
    const deadline = new Deadline(columns, { deadline: 1_000, timeout: 10_000 }, 4_000);
    t.is(sacrificedTo(columns, attemptsOf(attempts), deadline, { ...crash, ...fault }), expected);
  });
