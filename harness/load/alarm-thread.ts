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
  seen = Atomics.load(setting, shared.setting);
  const left = due[shared.due]! - now() - wakeMs;
  // Anything but a timeout means that another time has been set meanwhile.
  if (left > 0 && Atomics.wait(setting, shared.setting, seen, left) !== 'timed-out') continue;
  parentPort!.postMessage(0);
}
