import { createServer } from 'node:net';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { ClientHello } from './client-hello.ts';

const nameIn = (b: Buffer) => new ClientHello().nameIn(b);

const u = (bytes: number, value: number) => {
  const b = Buffer.alloc(bytes);
  b.writeUIntBE(value, 0, bytes);
  return b;
};
const counted = (bytes: number, ...parts: Buffer[]) => {
  const whole = Buffer.concat(parts);
  return Buffer.concat([u(bytes, whole.length), whole]);
};
const extension = (type: number, body: Buffer) => Buffer.concat([u(2, type), counted(2, body)]);
const named = (name: string) =>
  extension(0, counted(2, Buffer.concat([u(1, 0), counted(2, Buffer.from(name))])));

function message(session: Uint8Array, suites: Uint8Array, extensions: readonly Buffer[]): Buffer {
  const parts = [Buffer.alloc(34, 3), counted(1, Buffer.from(session)), counted(2, Buffer.from(suites))];
  const body = Buffer.concat([...parts, counted(1, Buffer.alloc(1)), counted(2, ...extensions)]);
  return Buffer.concat([u(1, 1), counted(3, body)]);
}

/** In records, the sizes of which repeat. */
function inRecords(whole: Buffer, sizes: readonly number[]): Buffer {
  const records: Buffer[] = [];
  for (let at = 0, i = 0; at < whole.length; i++) {
    const piece = whole.subarray(at, at + sizes[i % sizes.length]!);
    records.push(Buffer.from([22, 3, 1]), counted(2, piece));
    at += piece.length;
  }
  return Buffer.concat(records);
}

/** What Node's own client says first. */
async function helloOf(t: ExecutionContext, options: object): Promise<Buffer> {
  const heard = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', heard.resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: '127.0.0.1', ...options }).on('error', () => undefined);
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  return heard.promise;
}

for (const [sentence, options, name] of [
  ['of TLS 1.3', { servername: 'A.Example.test' }, 'a.example.test'],
  ['of TLS 1.2', { servername: 'b.test', maxVersion: 'TLSv1.2' }, 'b.test'],
  ['with much beside it', { servername: 'c.test', ALPNProtocols: Array(99).fill('h2') }, 'c.test'],
  ['without a name', {}, ''],
] as const)
  test(`a hello of Node's own, ${sentence}: known with its last byte, in one record or many, and not before`, async (t) => {
    const hello = await helloOf(t, options);
    for (const bytes of [hello, inRecords(hello.subarray(5), [1]), inRecords(hello.subarray(5), [7, 100])]) {
      const reader = new ClientHello();
      const early = Array.from({ length: bytes.length }, (_, i) => reader.nameIn(bytes.subarray(0, i)));
      t.deepEqual(new Set(early), new Set([undefined]));
      t.is(reader.nameIn(bytes), name);
      t.is(nameIn(bytes), name);
      t.is(nameIn(Buffer.concat([bytes, Buffer.from('more')])), name);
    }
  });

test('what is no TLS is known with the byte that says so', (t) => {
  for (const bytes of [
    'G',
    'GET / HTTP/1.1\r\n\r\n',
    '\x16G',
    '\x80\x2e\x01\x03\x01',
    '\x15\x03\x01\x00\x02',
  ])
    t.is(nameIn(Buffer.from(bytes, 'latin1')), '');
  t.is(nameIn(Buffer.from([22, 3, 1, 0, 0])), '', 'a record of nothing');
  t.is(nameIn(Buffer.from([22, 3, 1, 0xff, 0xff])), '', 'a record too long');
  t.is(nameIn(Buffer.from([22, 3, 1, 0, 9, 2])), '', 'another message');
  t.is(nameIn(Buffer.from([22, 3, 1, 0, 9, 1, 1])), undefined);
  t.is(nameIn(Buffer.from([22, 3, 1, 0, 9, 1, 1, 0, 0])), '', 'a hello too long');
  t.is(nameIn(Buffer.alloc(0)), undefined);
});

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const others = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 0xffff }), bytes(60)), { maxLength: 6 })
  .map((all) => all.map(([type, body]) => extension(type, Buffer.from(body))));
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
const host = fc.stringMatching(/^[a-zA-Z0-9._-]{1,60}$/);

test('property: the name is found among any other extensions, in any records', (t) => {
  fc.assert(
    fc.property(
      bytes(32),
      bytes(80),
      others,
      others,
      host,
      sizes,
      (session, suites, before, after, name, cut) => {
        const whole = inRecords(message(session, suites, [...before, named(name), ...after]), cut);
        t.is(nameIn(whole), name.toLowerCase());
        t.is(nameIn(whole.subarray(0, -1)), undefined);
      },
    ),
  );
});

test('property: names that are none are not taken', (t) => {
  for (const name of ['', 'a b', 'a\0.test', '[::1]', 'é', 'x'.repeat(300)])
    t.is(nameIn(inRecords(message(Buffer.alloc(0), Buffer.alloc(2), [named(name)]), [9_000])), '', name);
});

test('property: whatever comes, nothing is thrown, and what was said of a beginning holds for what follows', (t) => {
  const hello = inRecords(message(Buffer.alloc(32), Buffer.alloc(20), [named('a.test')]), [40]);
  const damaged = fc
    .array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 4 })
    .map((changes) => {
      const b = Buffer.from(hello);
      for (const [at, value] of changes) b[at] = value;
      return b;
    });
  const anything = fc.oneof(
    damaged,
    bytes(200).map((it) => Buffer.from(it)),
    bytes(200).map((it) => Buffer.concat([Buffer.from([22, 3, 1]), it])),
  );
  fc.assert(
    fc.property(anything, (b) => {
      const reader = new ClientHello();
      let said: string | undefined;
      for (let i = 0; i <= b.length && said === undefined; i++) said = reader.nameIn(b.subarray(0, i));
      t.is(nameIn(b), said);
      if (said !== undefined) t.is(nameIn(Buffer.concat([b, b])), said);
    }),
    { numRuns: 500 },
  );
});

test('who goes on for ever is let off: records of a byte each, and one that never ends', (t) => {
  const long = message(Buffer.alloc(0), Buffer.alloc(16_000), []);
  const drops = inRecords(long, [1]);
  t.is(nameIn(drops.subarray(0, 30_000)), undefined);
  t.is(nameIn(drops), '');
});
