import test from 'ava';
import { attemptKinds, type Run, requestColumns } from '../harness/recording.ts';
import { ofConnections, servedRequests } from './served.ts';

test('answered requests are attempts on whoever answered; what nobody answered is nobody’s', (t) => {
  const rows = requestColumns(3);
  const put = (
    row: number,
    index: number,
    sent: number,
    latency: number,
    status: number,
    backend: number,
  ) => {
    rows.index[row] = index;
    rows.sent[row] = sent;
    rows.latency[row] = latency;
    rows.status[row] = status;
    rows.backend[row] = backend;
  };
  put(0, 7, 1_000, 500, 200, 1);
  put(1, 8, 2_000, 10_000, 0, -1);
  put(2, 9, 3_000, 20, 503, 0);
  const served = servedRequests(rows);
  t.is(served.length, 2);
  t.deepEqual([...served.request], [7, 9]);
  t.deepEqual([...served.backend], [1, 0]);
  t.deepEqual([...served.picked], [1_000, 3_000]);
  t.deepEqual([...served.ended], [1_500, 3_020]);
  t.deepEqual(
    [...served.kind].map((it) => attemptKinds[it]),
    ['ok', 'error'],
  );
});

test('only a contender at layer 4 picked for connections', (t) => {
  const contender = { strategy: 'p2c', options: {} };
  const run: Pick<Run, 'contenders'> = {
    contenders: [
      { ...contender, name: 'a' },
      { ...contender, name: 'b', layer: 4 },
    ],
  };
  t.deepEqual(
    ['a', 'b', 'c'].map((it) => ofConnections(run, { contender: it })),
    [false, true, false],
  );
});
