import test from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import type { Request } from '../../strategies/strategy.ts';
import { cookieIn } from './cookies.ts';
import { setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';
import { Trust } from './trust.ts';

/** What a strategy is told, and what the backend received. */
async function told(t: Parameters<typeof setUp>[0], balancer: object, head: string) {
  const seen: Request[] = [];
  const stand = await setUp(t, () => ok(), {
    balancer: { ...balancer },
    strategy: {
      about: 'looks on',
      options: {},
      create: () => ({
        pick: ({ available }, request) => {
          seen.push({ ...request });
          return available[0];
        },
      }),
    },
  });
  const client = await stand.connect(`GET / HTTP/1.1\r\nHost: a.test:81\r\n${head}\r\n`);
  await client.response();
  t.deepEqual(stand.backend.violations, []);
  const fields = stand.backend.seen[0]!.fields;
  return { request: seen[0]!, fields, field: (name: string) => fieldOf(fields, name) };
}

test('a chain that nobody vouches for is overwritten, also where it comes twice or is nominated', async (t) => {
  const { request, field } = await told(
    t,
    { key: 'client' },
    'X-Forwarded-For: 9.9.9.9\r\nx-forwarded-FOR: 8.8.8.8\r\nConnection: x-forwarded-for\r\n',
  );
  t.is(field('x-forwarded-for'), '127.0.0.1');
  t.is(request.key, '127.0.0.1');
});

test('a trusted peer is appended to the chain it brings, and the client is the last it vouches for', async (t) => {
  const { request, field } = await told(
    t,
    { key: 'client', trusted: ['127.0.0.0/8', '10.0.0.0/8'] },
    'X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-For: 10.1.2.3\r\n',
  );
  t.is(field('x-forwarded-for'), '6.6.6.6, 9.9.9.9, 10.1.2.3, 127.0.0.1');
  t.is(request.client, '9.9.9.9');
  t.is(request.key, '9.9.9.9');
});

test('a peer out of the ranges may neither bring a chain nor speak for another client', async (t) => {
  const { request, field } = await told(
    t,
    { trusted: ['10.0.0.0/8'] },
    'X-Forwarded-For: 9.9.9.9\r\nsteelyard-client: 9.9.9.9\r\nsteelyard-region: eu\r\n',
  );
  t.is(field('steelyard-client'), undefined, 'nor tell the next balancer, which may trust us');
  t.is(field('steelyard-region'), undefined);
  t.is(request.region, undefined);
  t.is(field('x-forwarded-for'), '127.0.0.1');
  t.is(request.client, '127.0.0.1');
});

test('protocol and host are said where asked for, over what the client says', async (t) => {
  const balancer = { forwarded: ['proto', 'host'] };
  const lie = 'X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n';
  const said = await told(t, balancer, lie);
  t.is(said.field('x-forwarded-proto'), 'http');
  t.is(said.field('x-forwarded-host'), 'a.test:81');
  t.is(said.fields.filter(([name]) => /proto|-host/i.test(name)).length, 2);
  const vouched = await told(t, { ...balancer, trusted: ['127.0.0.1'] }, lie);
  t.is(vouched.field('x-forwarded-proto'), 'https');
  t.is(vouched.field('x-forwarded-host'), 'evil');
});

test('Via says by whom it came and in which version, after those before us; or nothing', async (t) => {
  const { fields } = await told(t, {}, 'Via: 1.0 first\r\n');
  t.deepEqual(
    fields.filter(([name]) => name === 'Via').map(([, value]) => value),
    ['1.0 first', '1.1 steelyard'],
  );
  t.is((await told(t, { via: false }, '')).field('via'), undefined);
  t.is((await told(t, { via: 'edge' }, '')).field('via'), '1.1 edge');
});

test('the key comes from a cookie', async (t) => {
  const { request } = await told(
    t,
    { key: 'cookie:sid' },
    'Cookie: a=1; xsid=no\r\nCookie: sid=me; sid=you\r\n',
  );
  t.is(request.key, 'me');
  t.is((await told(t, { key: 'cookie:sid' }, '')).request.key, '');
});

for (const [value, name, expected] of [
  ['a=b', 'a', 'b'],
  ['a=b; c=d', 'c', 'd'],
  ['a=b;c=d', 'c', 'd'],
  ['ac=b; c= d ; c=e', 'c', 'd'],
  ['c', 'c', undefined],
  ['c=', 'c', ''],
  ['C=d', 'c', undefined],
  [';;  ;c=d', 'c', 'd'],
  ['a=c=d', 'c', undefined],
  ['', 'c', undefined],
] as const)
  test(`cookie ${name} in ${JSON.stringify(value)}`, (t) => t.is(cookieIn(value, name), expected));

for (const [chain, expected] of [
  ['9.9.9.9', '9.9.9.9'],
  ['6.6.6.6, 9.9.9.9, 10.0.0.1', '9.9.9.9'],
  ['10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ['6.6.6.6, unknown, 10.0.0.2', '10.0.0.2'],
  ['6.6.6.6, ', undefined],
  ['2001:db8::1, fd00::7', '2001:db8::1'],
] as const)
  test(`the client in ${JSON.stringify(chain)}`, (t) =>
    t.is(new Trust(['10.0.0.0/8', 'fd00::/8']).clientIn(chain), expected));

for (const given of ['10.0.0', '10.0.0.0/33', 'loopback', '::1/129', '10.0.0.0/8/8'])
  test(`no range: ${given}`, (t) => t.false(balancerSchema.safeParse({ trusted: [given] }).success));
