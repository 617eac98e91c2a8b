/** Certificates change under a balancer that serves. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { selfSigned } from '../proxy/self-signed.ts';
import { exchange, secured } from '../proxy/tls.test-support.ts';
import { type Backend, backendArgs, backendsOf, listenFree, proxyOf } from './proxy.test-support.ts';

const nameOf = (socket: TLSSocket) => socket.getPeerX509Certificate()?.subjectAltName;
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

async function files(t: ExecutionContext) {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-certificates-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const paths = (file: string) => ({ cert: join(dir, `${file}.crt`), key: join(dir, `${file}.key`) });
  const write = async (file: string, name: string) => {
    const { cert, key } = await selfSigned([name]);
    await writeFile(paths(file).cert, cert);
    await writeFile(paths(file).key, key);
  };
  return { paths, write };
}

test.serial(
  'SIGHUP: new connections get the new certificates, also by name; those that stand go on; a bad file keeps all the old',
  async (t) => {
    const [server] = (await backendsOf(t, 's1')) as [Backend];
    const { paths, write } = await files(t);
    await write('own', 'one.test');
    await write('named', 'first.named.test');
    const tls = JSON.stringify({ ...paths('own'), sni: { 'named.test': paths('named') } });
    const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--set', `tls=${tls}`]);
    const { port } = proxy.serving;
    const shown = async (servername?: string) => {
      const socket = await secured(t, port, servername === undefined ? {} : { servername });
      return nameOf(socket);
    };
    let said = 0;
    const hangUp = async (text: RegExp) => {
      proxy.child.kill('SIGHUP');
      said++;
      const heard = () => proxy.told.filter((it) => it.text?.startsWith('SIGHUP'));
      t.true(await proxy.until(() => heard().length === said));
      t.regex(heard().at(-1)!.text!, text);
    };
    const standing = await secured(t, port);
    t.deepEqual([nameOf(standing), await shown('named.test')], ['DNS:one.test', 'DNS:first.named.test']);

    await write('own', 'two.test');
    await write('named', 'second.named.test');
    t.is(await shown(), 'DNS:one.test', 'nobody has told it yet');
    await hangUp(/^SIGHUP: 2 certificates are read again, for new connections$/);
    t.deepEqual([await shown(), await shown('named.test')], ['DNS:two.test', 'DNS:second.named.test']);

    await write('own', 'three.test');
    for (const [file, content, why] of [
      [
        paths('named').key,
        'no key',
        /^SIGHUP: expected PEM .*named\.crt with .*named\.key: .*stay as they were$/,
      ],
      [paths('named').key, (await selfSigned(['other.test'])).key, /named\.key: .*stay as they were$/],
    ] as const) {
      await writeFile(file, content);
      await hangUp(why);
      t.deepEqual([await shown(), await shown('named.test')], ['DNS:two.test', 'DNS:second.named.test']);
    }
    await rm(paths('named').cert);
    await hangUp(/ENOENT.*stay as they were$/);
    await write('named', 'third.named.test');
    await hangUp(/2 certificates/);
    t.deepEqual([await shown(), await shown('named.test')], ['DNS:three.test', 'DNS:third.named.test']);

    t.regex((await exchange(standing, get)).text, /^HTTP\/1\.1 200 OK\r\n/, 'it has been there all the time');
    proxy.child.kill('SIGTERM');
    t.is((await proxy.child).exitCode, 0);
  },
);

test.serial('a session of an earlier certificate is not resumed: its client sees the new one', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  const { paths, write } = await files(t);
  await write('own', 'one.test');
  const tls = JSON.stringify(paths('own'));
  const proxy = await proxyOf(t, [...listenFree, ...backendArgs([server]), '--set', `tls=${tls}`]);
  const again = async (session?: Buffer) => {
    const socket = await secured(t, proxy.serving.port, {
      maxVersion: 'TLSv1.2',
      ...(session && { session }),
    });
    return { resumed: socket.isSessionReused(), session: socket.getSession()! };
  };
  const { session } = await again();
  t.true((await again(session)).resumed);
  await write('own', 'two.test');
  proxy.child.kill('SIGHUP');
  t.true(await proxy.until((it) => it.text === 'SIGHUP: 1 certificate is read again, for new connections'));
  t.false((await again(session)).resumed);
});
