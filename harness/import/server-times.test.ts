/** What queues made of service times is undone: the backend model serves, and its services come back. */
import test from 'ava';
import { ServerTimes } from './server-times.ts';

for (const workers of [1, 3])
  test(`of sojourns at ${workers} workers, first come, first served, the services come back`, (t) => {
    const free = new Array<number>(workers).fill(0);
    const servers = new ServerTimes(workers);
    let at = 0;
    let waited = 0;
    for (let i = 0; i < 2000; i++) {
      at += ((i * 7919) % 100) / 10;
      const service = (workers * (2 + ((i * 104_729) % 700))) / 100;
      const worker = free.indexOf(Math.min(...free));
      const start = Math.max(at, free[worker]!);
      if (start > at) waited++;
      free[worker] = start + service;
      t.true(Math.abs(servers.service(at, start + service - at) - service) < 1e-6);
    }
    t.true(waited > 200 && waited < 1900, `${waited} waited`);
  });

test('where nobody knows how many workers there are, all of it is service', (t) => {
  const servers = new ServerTimes(undefined);
  t.deepEqual([servers.service(0, 10), servers.service(1, 10)], [10, 10]);
});
