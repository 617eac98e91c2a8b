/** HTTPS in, HTTP out: what is spoken, what is refused, and that nothing a client does in a handshake harms anybody else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { eventually, inFlight, type ProxyOptions, setUp } from './proxy.test-support.ts';
import { fieldOf, ok, type RawBackendOptions } from './raw-backend.test-support.ts';
import { selfSigned } from './self-signed.ts';
import { exchange, handshake, secured } from './tls.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const stand = (
  t: ExecutionContext,
  respond: RawBackendOptions | RawBackendOptions['respond'] = () => ok(),
  { tls = {}, ...balancer }: Record<string, unknown> = {},
  limits: ProxyOptions['limits'] = {},
) => setUp(t, respond, { balancer: { tls: { selfSigned: true, ...(tls as object) }, ...balancer }, limits });

test('HTTPS in, HTTP out: the backend is told, whatever the client says', async (t) => {
  const { backend, port } = await stand(t, ({ body }) => ok(`got ${body.length}`));
  const body = 'x'.repeat(200_000);
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-For': '10.0.0.1' };
    const options = {
      host: '127.0.0.1',
      port,
      method: 'PUT',
      rejectUnauthorized: false,
      agent: false,
      headers,
    };
    request(options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    })
      .on('error', reject)
      .end(body);
  });
  t.is(answer, '200 got 200000');
  const { fields } = backend.seen[0]!;
  t.is(fieldOf(fields, 'x-forwarded-proto'), 'https');
  t.is(fields.filter(([name]) => name.toLowerCase() === 'x-forwarded-proto').length, 1);
  t.is(fieldOf(fields, 'x-forwarded-for'), '127.0.0.1');
});

test('in clear, nobody may claim to have come over TLS', async (t) => {
  const { backend, connect } = await setUp(t, () => ok());
  const client = await connect('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n\r\n');
  t.is((await client.response()).status, 200);
  t.is(fieldOf(backend.seen[0]!.fields, 'x-forwarded-proto'), undefined);
});

test('keep-alive and pipelining over TLS are as in clear', async (t) => {
  const { backend, port } = await stand(t, ({ target }) => ok(target));
  const socket = await secured(t, port);
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const { text } = await exchange(socket, one('/a') + one('/b') + get.replace('/', '/c'));
  t.deepEqual(text.match(/\/[abc]$|\/[ab](?=HTTP)/g), ['/a', '/b', '/c']);
  t.is(backend.seen.length, 3);
});

const old = { ciphers: 'ALL@SECLEVEL=0' };
const refusedVersion = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
for (const [version, expected] of [
  ['TLSv1', refusedVersion],
  ['TLSv1.1', refusedVersion],
  ['TLSv1.2', 'TLSv1.2'],
  ['TLSv1.3', 'TLSv1.3'],
] as const)
  test(`${version} is ${expected === version ? 'spoken' : 'refused'}`, async (t) => {
    const { port } = await stand(t);
    t.is(await handshake(t, port, { minVersion: version, maxVersion: version, ...old }), expected);
  });

test('minVersion: TLSv1.3 refuses 1.2', async (t) => {
  const { port } = await stand(t, undefined, { tls: { minVersion: 'TLSv1.3' } });
  t.is(await handshake(t, port, { maxVersion: 'TLSv1.2' }), refusedVersion);
  t.is(await handshake(t, port, {}), 'TLSv1.3');
});

for (const [why, ciphers] of [
  ['CBC', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA'],
  ['no forward secrecy', 'AES128-GCM-SHA256:AES256-SHA'],
  ['nobody proves who they are', 'AECDH-AES128-SHA:ADH-AES128-GCM-SHA256'],
  ['nothing is secret', 'ECDHE-ECDSA-NULL-SHA:NULL-SHA256'],
] as const)
  test(`weak ciphers are refused: ${why}`, async (t) => {
    const { port } = await stand(t);
    const options = { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` } as const;
    t.regex(await handshake(t, port, options), /HANDSHAKE_FAILURE/);
  });

test('among the ciphers of both, the order is ours', async (t) => {
  const { port } = await stand(t);
  const ciphers = 'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256';
  const socket = await secured(t, port, { maxVersion: 'TLSv1.2', ciphers });
  t.is(socket.getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256');
});

test('no renegotiation, and no harm in asking', async (t) => {
  const { port } = await stand(t);
  const socket = await secured(t, port, { maxVersion: 'TLSv1.2' });
  const refused = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : String(error)));
  });
  t.regex(await refused, /NO_RENEGOTIATION/);
  t.is(await handshake(t, port, {}), 'TLSv1.3');
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`a session is resumed over ${version}`, async (t) => {
    const { port } = await stand(t);
    const first = await secured(t, port, { maxVersion: version });
    // 1.3 sends tickets after the handshake, 1.2 in it.
    const later = new Promise<Buffer>((resolve) => first.once('session', resolve));
    const ticket = version === 'TLSv1.2' ? first.getSession() : later;
    await exchange(first, get);
    t.false(first.isSessionReused());
    const second = await secured(t, port, { maxVersion: version, session: await ticket! });
    t.true(second.isSessionReused());
    t.regex((await exchange(second, get)).text, /200 OK/);
  });

test('ALPN: http/1.1 is agreed on where it is offered; who can do no more than h2 is refused', async (t) => {
  const { port } = await stand(t);
  const socket = await secured(t, port, { ALPNProtocols: ['h2', 'http/1.1'] });
  t.is(socket.alpnProtocol, 'http/1.1');
  t.regex(await handshake(t, port, { ALPNProtocols: ['h2'] }), /NO_APPLICATION_PROTOCOL/);
});

test('23: a handshake that does not come is closed on time, at any point of it', async (t) => {
  const { port, proxy } = await stand(t, undefined, { tls: { handshakeTimeout: '200ms' } });
  for (const bytes of ['', '\x16\x03\x01\x02\x00\x01\x00\x01']) {
    const since = performance.now();
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1')).resume();
    await new Promise((resolve) => socket.on('close', resolve).on('error', resolve));
    const took = performance.now() - since;
    t.true(took > 100 && took < 5_000, `${took} ms`);
  }
  t.is(proxy.connections.clients, 0);
});

test('HTTP in clear, and whatever else is no handshake, is closed, and the next client is served', async (t) => {
  const { port } = await stand(t);
  for (const bytes of [
    get,
    '\x00'.repeat(100),
    '\x16\x03\x01\x00\x05hello',
    'SSH-2.0-x\r\n',
    '\x80\x2e\x01',
  ]) {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await new Promise((resolve) => socket.on('close', resolve).on('error', resolve));
    t.notRegex(text, /HTTP/);
  }
  t.regex((await exchange(await secured(t, port), get)).text, /200 OK/);
});

test('a client that breaks off in mid-handshake, or right after, leaves nothing behind', async (t) => {
  const { port, proxy } = await stand(t);
  for (let i = 0; i < 20; i++) {
    const raw = connect(port, '127.0.0.1', () => raw.write('\x16\x03\x01', 'latin1'));
    await new Promise((resolve) => raw.on('ready', resolve));
    const whole = await secured(t, port);
    if (i % 2 === 0) raw.resetAndDestroy();
    else raw.end();
    whole.destroy();
  }
  await eventually('all are gone', () => proxy.connections.clients === 0);
  t.regex((await exchange(await secured(t, port), get)).text, /200 OK/);
});

test('2: a response cut short is a reset over TLS too, not its end', async (t) => {
  const it = await stand(t, (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    setTimeout(() => socket.resetAndDestroy(), 50);
    return undefined;
  });
  const { text, ending } = await exchange(await secured(t, it.port), get);
  t.regex(text, /half$/);
  t.is(ending, 'ECONNRESET');
  t.is(inFlight(it), 0);
});

test('told to stop, it drops handshakes and ends idle connections', async (t) => {
  const { port, proxy } = await stand(t);
  const idle = await secured(t, port);
  const raw = connect(port, '127.0.0.1').resume();
  await new Promise((resolve) => raw.on('connect', resolve));
  const gone = Promise.all(
    [idle.resume(), raw].map((it) => new Promise((resolve) => it.on('close', resolve))),
  );
  await proxy.close(1_000);
  await gone;
  t.pass();
});

test('SNI: each name gets its certificate, a wildcard one label, anybody else ours', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-tls-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const pair = async (name: string) => {
    const { cert, key } = await selfSigned([name]);
    const files = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
    await writeFile(files.cert, cert);
    await writeFile(files.key, key);
    return files;
  };
  const sni = { 'a.test': await pair('a.test'), '*.b.test': await pair('wild.b.test') };
  const { port } = await stand(t, undefined, {
    tls: { selfSigned: undefined, ...(await pair('own.test')), sni },
  });
  for (const [servername, expected] of [
    ['a.test', 'a.test'],
    ['A.test', 'a.test'],
    ['x.b.test', 'wild.b.test'],
    ['x.y.b.test', 'own.test'],
    ['b.test', 'own.test'],
    [undefined, 'own.test'],
  ] as const) {
    const socket = await secured(t, port, servername === undefined ? {} : { servername });
    t.is(socket.getPeerX509Certificate()?.subjectAltName, `DNS:${expected}`);
  }
});
