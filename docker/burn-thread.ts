/** One of the burner's threads: told a number of milliseconds, it spends them in CPU time, then says so. */
import { parentPort, workerData } from 'node:worker_threads';

const wanted = workerData as Int32Array;

parentPort!.on('message', (ms: number) => {
  const from = process.threadCpuUsage();
  let spent = 0;
  while (spent < ms * 1000 && Atomics.load(wanted, 0) === 1) {
    for (let i = 0, x = 1; i < 2000; i++) x = Math.imul(x, 48_271) + i;
    const { user, system } = process.threadCpuUsage(from);
    spent = user + system;
  }
  parentPort!.postMessage(0);
});
