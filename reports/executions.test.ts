import test from 'ava';
import type { AttemptRow, ExecutionsKept } from '../harness/recording.ts';
import { executionsOf, repeatedAmong } from './executions.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';

const backends = ['app-1', 'app-2'];

/** `executed`: request and backend, each time one was executed. */
function joined(
  attempts: Partial<AttemptRow>[],
  executed: [request: number, backend: number][],
  kept: Partial<ExecutionsKept> = {},
) {
  return executionsOf({
    rows: requestsOf([{ index: 0, intended: -5_000 }, ...[1, 2, 3].map((index) => ({ index }))]),
    served: attemptsOf(attempts),
    kept: { rows: 'all', unknown: [], ...kept },
    executed: {
      length: executed.length,
      request: Float64Array.from(executed, ([request]) => request),
      backend: Int32Array.from(executed, ([, backend]) => backend),
    },
    backends,
  });
}

const once: Partial<AttemptRow>[] = [1, 2, 3].map((request) => ({ request, backend: request % 2 }));
const timedOut: Partial<AttemptRow> = { request: 1, backend: 0, kind: 'timeout', status: 0 };
const lists = ({ duplicated, perhaps, unexplained }: ReturnType<typeof joined>) => ({
  ...{ duplicated: [...duplicated], perhaps: [...perhaps], unexplained },
});

for (const [why, attempts, executed, kept, expected] of [
  [
    'each once',
    once,
    [
      [1, 1],
      [2, 0],
      [3, 1],
    ],
    {},
    { duplicated: [], perhaps: [], unexplained: 0 },
  ],
  [
    'tried again elsewhere, and executed by both',
    [timedOut, ...once],
    [
      [1, 0],
      [1, 1],
      [2, 0],
      [3, 1],
    ],
    {},
    { duplicated: [1], perhaps: [], unexplained: 0 },
  ],
  [
    'twice by the same',
    [{ ...timedOut, backend: 1 }, ...once],
    [
      [1, 1],
      [1, 1],
      [2, 0],
      [3, 1],
    ],
    {},
    { duplicated: [1], perhaps: [], unexplained: 0 },
  ],
  [
    'executed twice, and the client got neither',
    [timedOut, { ...timedOut, backend: 1 }],
    [
      [1, 0],
      [1, 1],
    ],
    {},
    { duplicated: [1], perhaps: [], unexplained: 0 },
  ],
  [
    'only what no answer tells of has a row',
    [timedOut, ...once],
    [[1, 0]],
    { rows: 'unanswered' },
    { duplicated: [1], perhaps: [], unexplained: 0 },
  ],
  [
    'answered, and nobody says to have executed it',
    once,
    [
      [1, 1],
      [3, 1],
    ],
    {},
    { duplicated: [], perhaps: [], unexplained: 1 },
  ],
  [
    'a killed process: what it answered was executed, and of what it did not answer nobody knows',
    [
      timedOut,
      { request: 2, backend: 0 },
      { request: 3, backend: 0, kind: 'unreachable' },
      { ...once[0]! },
      { ...once[2]! },
    ],
    [
      [1, 1],
      [3, 1],
    ],
    { unknown: [{ backend: 'app-1', before: 500 }] },
    { duplicated: [], perhaps: [1], unexplained: 0 },
  ],
  [
    'after it is back, it knows again',
    [{ ...timedOut, picked: 600_000 }, ...once],
    [
      [1, 1],
      [2, 0],
      [3, 1],
    ],
    { unknown: [{ backend: 'app-1', before: 500 }] },
    { duplicated: [], perhaps: [], unexplained: 0 },
  ],
  [
    'of the warm-up nothing counts, nor of a request without a number',
    [...once, { request: 0, backend: 0 }, { request: -1, backend: 0 }],
    [
      [0, 0],
      [0, 1],
      [1, 1],
      [2, 0],
      [3, 1],
    ],
    {},
    { duplicated: [], perhaps: [], unexplained: 0 },
  ],
] as [string, Partial<AttemptRow>[], [number, number][], Partial<ExecutionsKept>, object][])
  test(`executed: ${why}`, (t) => t.deepEqual(lists(joined(attempts, executed, kept)), expected));

test('of some requests', (t) => {
  const executions = { duplicated: new Set([1, 2, 5]), perhaps: new Set([3, 4]) };
  t.deepEqual(
    repeatedAmong(executions, (request) => request > 2),
    { known: 1, perhaps: 2 },
  );
});
