/** How `steelyard proxy` begins and ends, and what it leaves on disk. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  ask,
  type Backend,
  backendArgs,
  backendsOf,
  eventually,
  listenFree,
  proxyCommand,
  proxyOf,
} from './proxy.test-support.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-life-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** For what ends before a backend is asked anything. */
const least = ['--listen', '127.0.0.1:0', '--backend', 'http://127.0.0.1:1'];

const started = (server: Backend, requests = 1) => eventually(() => server.served.length === requests);

test.serial('SIGTERM: nothing new is taken, what is in flight finishes, exit 0', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  server.delayMs = 700;
  const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server])]);
  const underWay = proxy.get('/slow');
  t.true(await started(server));
  proxy.child.kill('SIGTERM');
  t.true(await proxy.until((it) => it.text?.startsWith('draining') === true));
  t.is((await fetch(`${proxy.serving.admin!.url}/health`)).status, 503, 'its own health says so');
  t.is((await proxy.get('/late')).status, 0, 'refused');
  t.like(await underWay, { status: 200, id: 's1' });
  t.like(await proxy.child, { exitCode: 0 });
  t.deepEqual(server.served, ['/slow']);
});

test.serial('what takes longer than --drain is cut off, and the exit code says so', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  server.delayMs = 60_000;
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--drain', '200ms']);
    const seen = server.served.length;
    const underWay = proxy.get('/slow');
    t.true(await started(server, seen + 1));
    proxy.child.kill(signal);
    t.is((await underWay).status, 0);
    t.is((await proxy.child).exitCode, code, signal);
    t.true(proxy.told.some(({ text }) => text?.startsWith('1 connection') === true));
  }
});

test.serial('a second signal is the end at once', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  server.delayMs = 60_000;
  const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--drain', '1h']);
  void proxy.get('/slow');
  t.true(await started(server));
  proxy.child.kill('SIGTERM');
  t.true(await proxy.until((it) => it.text?.startsWith('draining') === true));
  proxy.child.kill('SIGTERM');
  t.is((await proxy.child).exitCode, 143);
});

test.serial(
  'the access log has a line for each request, and SIGHUP begins it anew where it was moved away',
  async (t) => {
    const [server] = (await backendsOf(t, 's1')) as [Backend];
    const file = join(await folder(t), 'access.log');
    const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--access-log', file]);
    await proxy.several(5, '/before?a=1');
    await rename(file, `${file}.1`);
    proxy.child.kill('SIGHUP');
    t.true(await proxy.until((it) => it.text?.startsWith('SIGHUP') === true));
    await proxy.several(7, '/after');
    proxy.child.kill('SIGTERM');
    t.is((await proxy.child).exitCode, 0);
    const lines = async (path: string) =>
      (await readFile(path, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { target: string; status: number; backend: string });
    const all = [...(await lines(`${file}.1`)), ...(await lines(file))];
    t.is(all.length, 12);
    t.deepEqual(
      all.map(({ target }) => target),
      [...Array(5).fill('/before?a=1'), ...Array(7).fill('/after')],
    );
    t.true((await lines(file)).length >= 7, 'those after it are in the new file');
    t.true(all.every(({ status, backend }) => status === 200 && backend === 's1'));
  },
);

test.serial('on standard output the access log follows the line that says it serves', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--access-log', '-']);
  await proxy.several(3, '/x');
  proxy.child.kill('SIGTERM');
  const { stdout } = await proxy.child;
  const [first, ...lines] = stdout.split('\n').map((line) => JSON.parse(line));
  t.is(first.type, 'serving');
  t.deepEqual(
    lines.map(({ target }) => target),
    ['/x', '/x', '/x'],
  );
});

test.serial('43: an address in use is told in a sentence, before anything is started', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  let connections = 0;
  const backend = createServer(() => connections++);
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  t.teardown(() => backend.close());
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  for (const [option, args] of [
    ['--listen', ['--listen', address]],
    ['--admin', ['--listen', '127.0.0.1:0', '--admin', address]],
  ] as const) {
    const { exitCode, stdout, stderr } = await proxyCommand(...args, '--backend', url);
    t.is(exitCode, 1);
    t.is(stdout, '');
    t.is(
      stderr.trim(),
      `${option}: expected an address to listen on, got ${address}, which is in use; stop what listens there, or give another ${option}`,
    );
  }
  t.is(connections, 0, 'no backend was asked for its health');
});

test.serial('mistakes are all told, exit 2, nothing started; --check says what would be done', async (t) => {
  const bad = await proxyCommand('--listen', '127.0.0.1', '--backend', 'https://h', '--strategy', 'p2d');
  t.is(bad.exitCode, 2);
  t.is(bad.stdout, '');
  for (const words of [/^--listen 127\.0\.0\.1: /m, /^--backend https:\/\/h: /m, /^--strategy p2d: .*`p2c`/m])
    t.regex(bad.stderr, words);

  const good = await proxyCommand('--listen', ':80', '--backend', 'http://h:81,id=a', '--check', '--json');
  t.is(good.exitCode, 0, good.stderr);
  t.like(JSON.parse(good.stdout), { sound: true, listen: { port: 80 }, strategy: { name: 'p2c' } });
  t.regex((await proxyCommand('--help')).stdout, /SIGTERM and SIGINT drain/);
});

test.serial(
  'a strategy of the user’s own serves; when it throws, its file and line are the last words, exit 1',
  async (t) => {
    const [server] = (await backendsOf(t, 's1')) as [Backend];
    const file = join(await folder(t), 'mine.mts');
    await writeFile(
      file,
      `export default { about: '', options: { limit: { type: 'integer', default: 9, about: '' } }, create: (_, { limit }) => ({
      pick({ available }) {
        if (--limit < 0) throw new RangeError('enough');
        return available[0];
      } }) };`,
    );
    const proxy = await proxyOf(t, [
      ...listenFree,
      ...backendArgs([server]),
      '--strategy',
      file,
      '--option',
      'limit=2',
    ]);
    t.deepEqual(await proxy.several(2), ['s1', 's1']);
    t.is((await proxy.get()).status, 0);
    t.is((await proxy.child).exitCode, 1);
    t.true(
      proxy.told.at(-1)!.text!.includes(`strategy mine (${file}:3): pick threw: enough`),
      JSON.stringify(proxy.told.at(-1)),
    );
  },
);

test.serial('the token comes from the environment or a file, and is not printed then', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  const token = 'a-token-of-the-operator';
  const file = join(await folder(t), 'token');
  await writeFile(file, `${token}\n`);
  for (const [args, env] of [
    [[], { STEELYARD_ADMIN_TOKEN: token }],
    [['--admin-token-file', file], {}],
  ] as const) {
    const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), ...args], env);
    const { url, ...rest } = proxy.serving.admin!;
    t.deepEqual(rest, {});
    const statusOf = async (bearer: string) =>
      (await fetch(`${url}/backends`, { headers: { authorization: `Bearer ${bearer}` } })).status;
    t.is(await statusOf(token), 200);
    t.is(await statusOf(`${token}s`), 401);
  }
});

test.serial(
  'at layer 4 connections are balanced, whatever they speak, and each is a line of the access log',
  async (t) => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    t.teardown(() => echo.close());
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const proxy = await proxyOf(t, [
      ...listenFree,
      ...['--layer', '4', '--backend', `${url},id=echo`, '--set', 'health=false', '--access-log', '-'],
    ]);
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(proxy.serving.port, '127.0.0.1');
      let text = '';
      socket
        .on('data', (chunk) => (text += chunk))
        .on('end', () => resolve(text))
        .on('error', reject);
      socket.end('not HTTP at all');
    });
    t.is(said, 'not HTTP at all');
    t.is((await ask(`${proxy.serving.admin!.url}/health`)).status, 200);
    t.is((await proxy.admin('PATCH', '/backends/echo', { drain: true })).status, 200);
    const refused = connect(proxy.serving.port, '127.0.0.1');
    await new Promise((resolve) => refused.on('error', resolve).on('close', resolve));
    proxy.child.kill('SIGTERM');
    const { stdout, exitCode } = await proxy.child;
    t.is(exitCode, 0);
    const [, first, second] = stdout.split('\n').map((line) => JSON.parse(line));
    t.like(first, {
      client: '127.0.0.1',
      method: null,
      status: null,
      backend: 'echo',
      attempts: 1,
      outcome: 'ok',
    });
    t.like(first, { bytesIn: said.length, bytesOut: said.length, pool: 'all', request: null });
    t.true(first.firstByteMs >= 0 && first.durationMs >= first.firstByteMs);
    t.like(second, { backend: null, attempts: 0, outcome: 'unavailable', bytesIn: 0, firstByteMs: null });
  },
);

test.serial('a certificate that is none is bad input, also to --check', async (t) => {
  const pem = join(await folder(t), 'bad.pem');
  await writeFile(pem, 'no certificate');
  for (const more of [[], ['--check']]) {
    const tls = `tls={ cert: ${pem}, key: ${pem} }`;
    const { exitCode, stderr, stdout } = await proxyCommand(...least, '--set', tls, ...more);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, /^tls: expected a PEM certificate and its private key, got: .*\n?$/);
  }
});

test.serial('a strategy that cannot begin leaves nothing running, and says where', async (t) => {
  const mine = join(await folder(t), 'mine.mts');
  await writeFile(
    mine,
    `export default { about: '', options: {}, create() { throw new Error('not today'); } };`,
  );
  const { exitCode, stderr } = await proxyCommand(...least, '--strategy', mine);
  t.is(exitCode, 1);
  t.regex(stderr, /strategy mine \(.*mine\.mts:1\): create threw: not today/);
});
