import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { now } from '../clock.ts';
import { shared } from './alarm.ts';

test('a notice that comes when the thread is already asleep until its time does not make it miss that time', async (t) => {
  const memory = new SharedArrayBuffer(shared.bytes);
  const setting = new Int32Array(memory);
  const due = new Float64Array(memory);
  const thread = new Worker(new URL('./alarm-thread.ts', import.meta.url), { workerData: memory });
  t.teardown(() => thread.terminate());
  let rung = 0;
  thread.on('message', () => rung++);
  await new Promise((resolve) => thread.once('online', resolve));
  for (let round = 1; round <= 3; round++) {
    due[shared.due] = now() + 300;
    Atomics.add(setting, shared.setting, 1);
    Atomics.notify(setting, shared.setting);
    for (let late = 0; late < 3; late++) {
      await sleep(40);
      Atomics.notify(setting, shared.setting);
    }
    t.is(rung, round - 1, 'not before its time');
    for (let waited = 0; rung < round && waited < 500; waited++) await sleep(10);
    t.is(rung, round, 'and then once');
  }
});
