import test from 'ava';
import { numberOf } from './fault-metrics.ts';
import { fiveContenders } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { metricsByName } from './metrics.ts';
import type { Failover } from './summary.ts';

const [p2c] = fixtureReport({ contenders: [fiveContenders[2]!] }).summary.contenders;
const [crash] = p2c!.failover as [Failover];
const spike: Failover = {
  ...{ ...crash, fault: 1, kind: 'spike', backends: [], sacrificed: 7, recoverMs: 4_000 },
  ...{ detectMs: null, ejectedMs: null, readmittedMs: null, lastSentMs: null, victimShare: null },
  ...{ overshoot: null, returnedShare: null, fairAgainMs: null },
};
const both = { ...p2c!, failover: [crash, spike] };

test('a fault of the load has no victims: nobody is detected or comes back, and it hides no other fault', (t) => {
  for (const key of [
    'detectMs',
    'ejectedMs',
    'lastSentMs',
    'victimShare',
    'overshoot',
    'fairAgainMs',
  ] as const)
    t.is(numberOf(spike, key), undefined, key);
  t.is(metricsByName.detection.of(both), 330);
  t.is(metricsByName.recovery.of(both), 4_000, 'the worst of both');
  t.is(metricsByName.sacrificed.of(both), crash.sacrificed! + 7, 'what they cost adds up');
});

test('one fault is asked about by its position', (t) => {
  t.is(metricsByName.recovery.of(both, { fault: 1 }), 4_000);
  t.is(metricsByName.sacrificed.of(both, { fault: 0 }), crash.sacrificed!);
  t.is(metricsByName.detection.of(both, { fault: 1 }), undefined);
  t.is(metricsByName.recovery.of(both, { phase: 'during' }), undefined, 'a fault has no phases');
});

test('what did not happen by the end is never; what the recording cannot tell, and a return without a heal, are unknown', (t) => {
  t.is(numberOf({ ...crash, detectMs: null }, 'detectMs'), Number.POSITIVE_INFINITY);
  t.is(numberOf({ ...crash, lastSentMs: null }, 'lastSentMs'), 0, 'nothing sent since it took');
  t.is(numberOf({ ...crash, detectMs: null, readmittedMs: null }, 'readmittedMs'), undefined);
  const unhealed = { ...crash, healedMs: null, fairAgainMs: null, overshoot: null };
  t.is(numberOf(unhealed, 'fairAgainMs'), undefined);
  const folded = { ...crash, sacrificed: null, unknown: { sacrificed: 'too many' } };
  t.is(metricsByName.sacrificed.of({ ...p2c!, failover: [crash, folded] }), undefined);
});
