/** The second thread of `alarm.ts`: sleeps until the time that was set, says so, and sleeps until another is set. */
import { parentPort, workerData } from 'node:worker_threads';
import { now } from '../clock.ts';
import { shared } from './alarm.ts';

/** A sleeping thread wakes this much late, ms: the kernel's timer slack of 50 µs and a switch of threads. */
const wakeMs = 0.06;

const setting = new Int32Array(workerData as SharedArrayBuffer);
const due = new Float64Array(workerData as SharedArrayBuffer);

for (let seen = 0; ; ) {
  Atomics.wait(setting, shared.setting, seen);
  let left: number;
  do {
    seen = Atomics.load(setting, shared.setting);
    left = due[shared.due]! - now() - wakeMs;
    // Woken before its time: another time has been set, or the notice of this one came late. Either way it looks again;
    // to wait for the next setting instead would sleep through this one.
  } while (left > 0 && Atomics.wait(setting, shared.setting, seen, left) !== 'timed-out');
  parentPort!.postMessage(0);
}
