/** faults.md row 19: a proxy that is really out of file descriptors sheds, does not spin, and serves again afterwards. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { execa } from 'execa';
import { eventually } from './proxy.test-support.ts';
import { ok, RawBackend } from './raw-backend.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';

const script = fileURLToPath(new URL('./few-descriptors.test-support.ts', import.meta.url));
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** CPU time of a process so far, user and system, in ticks of 10 ms; 0 where there is no /proc to ask. */
function ticks(pid: number): number {
  if (process.platform !== 'linux') return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(stat[11]) + Number(stat[12]);
}

test('19: out of descriptors: 503 or a closed connection for the surplus, no spinning, and service again', async (t) => {
  const backend = await RawBackend.start((_, socket) => {
    setTimeout(() => socket.write(ok()), 50);
    return undefined;
  });
  const proxy = execa(
    'sh',
    ['-c', 'ulimit -n 60; exec "$0" "$@"', process.execPath, script, `${backend.port}`],
    {
      reject: false,
    },
  );
  const clients: RawClient[] = [];
  t.teardown(async () => {
    proxy.kill('SIGKILL');
    for (const client of clients) client.destroy();
    await Promise.all([proxy, backend.stop()]);
  });
  let port = 0;
  proxy.stdout.on('data', (text) => {
    port = Number(text);
  });
  await eventually('it serves', () => port > 0, 15_000);

  const outcome = async () => {
    try {
      const client = await RawClient.connect(port, get);
      clients.push(client);
      return `${(await client.response()).status}`;
    } catch (error) {
      // libuv accepts what it has no descriptor for on a spare one, and closes it.
      return /connection ended/.test(String(error)) ? 'closed' : String(error);
    }
  };
  t.is(await outcome(), '200');
  const outcomes = await Promise.all(Array.from({ length: 100 }, outcome));
  t.deepEqual(
    outcomes.filter((it) => !['200', '503', 'closed'].includes(it)),
    [],
  );
  t.true(
    outcomes.some((it) => it !== '200'),
    'or there was no shortage',
  );

  const before = ticks(proxy.pid!);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.true(ticks(proxy.pid!) - before < 50, 'it waits, it does not spin');
  for (const client of clients) client.destroy();
  await eventually('its connections to the backend are gone', () => backend.sockets.size === 0);
  t.is(await outcome(), '200');
});
