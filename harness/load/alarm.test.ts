import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../clock.ts';
import { Alarm } from './alarm.ts';

test('it rings at the time last set, once, and not before', async (t) => {
  const rung: number[] = [];
  const alarm = await Alarm.create(() => rung.push(now()));
  t.teardown(() => alarm.stop());
  const early: number[] = [];
  for (const ms of [0.3, 2.5, 7.7]) {
    const due = now() + ms;
    alarm.set(ms);
    while (rung.length === 0) await sleep(1);
    early.push(due - rung.pop()!);
  }
  t.true(Math.max(...early) < 0.1, `early by ${early} ms`);
  t.true(Math.min(...early) > -500, `late by ${early} ms`);

  alarm.set(5);
  alarm.set(60_000);
  await sleep(200);
  t.deepEqual(rung, [], 'what was set before no longer counts');
  alarm.set(1);
  await sleep(300);
  t.is(rung.length, 1);
});
