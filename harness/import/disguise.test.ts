import test from 'ava';
import fc from 'fast-check';
import { parseTrace } from '../../scenarios/trace-file.ts';
import { Disguise } from './disguise.ts';
import type { Logged } from './logged.ts';
import { Pseudonyms } from './pseudonyms.ts';

const nothing = { keepAddresses: false, keepQueries: false, keepIds: false };
const request: Logged = {
  ...{ stamp: 0, blur: 0, at: 0, took: 1, status: 200, answer: 1, attempts: [] },
  ...{
    client: '203.0.113.9',
    user: undefined,
    method: 'GET',
    target: '/',
    host: 'www.example:8080',
    body: 1234,
  },
};
const shown = (it: Partial<Logged>, options = {}, seed = 'secret') =>
  new Disguise(new Pseudonyms(seed), { ...nothing, ...options }).shown({ ...request, ...it }, 'GET');

test('the same client is the same throughout an import, and another in the next', (t) => {
  const one = new Disguise(new Pseudonyms(), nothing);
  const [a, b, c] = ['203.0.113.9', '203.0.113.9', '203.0.113.10'].map((client) =>
    one.shown({ ...request, client }, 'GET'),
  );
  t.deepEqual([a!.key, a!.client], [b!.key, b!.client]);
  t.not(a!.key, c!.key);
  t.not(a!.key, new Disguise(new Pseudonyms(), nothing).shown(request, 'GET').key);
  t.is(shown({}).key, shown({}).key, 'with the same secret it is the same');
  t.regex(a!.client, /^10\./);
});

test('a user is one key wherever he comes from', (t) => {
  t.is(shown({ user: 'alice' }).key, shown({ user: 'alice', client: '192.0.2.1' }).key);
  t.not(shown({ user: 'alice' }).key, shown({ user: 'bob' }).key);
});

test('paths keep their words and the shape of what is hidden in them', (t) => {
  for (const [target, shape] of [
    ['/api/v2/users', /^\/api\/v2\/users$/],
    ['/users/4711/orders', /^\/users\/\d{4}\/orders$/],
    ['/img/20240131.png', /^\/img\/\d{8}\.[a-z]{3}$/],
    [
      '/s/3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      /^\/s\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    ],
    ['/reset/eyJhbGciOiJIUzI1NiJ9', /^\/reset\/[A-Za-z]{9}/],
    ['/u/alice@example.org', /^\/u\/[a-z]{5}@[a-z]{7}\.[a-z]{3}$/],
    ['/a;jsessionid=1A2B', /^\/a;[0-9a-f]{16}$/],
    ['/search?q=my+name&token=abc', /^\/search\?[0-9a-f]{16}$/],
    ['http://other.example/x', /^\/x$/],
    ['*', /^\/$/],
  ] as const) {
    const { path } = shown({ target });
    t.regex(path, shape);
    if (/\d{4}|@|\?/.test(target)) t.not(path, target);
  }
  t.is(shown({ target: '/users/4711?q=1' }, { keepIds: true, keepQueries: true }).path, '/users/4711?q=1');
  t.is(shown({}, { keepAddresses: true }).client, '203.0.113.9');
  t.is(shown({ host: '192.0.2.7' }).host.slice(0, 3), '10.');
  t.deepEqual([shown({}).host, shown({ host: 'a b' }).host, shown({}).body], ['www.example', '', '1200']);
});

test('no address, query, user, number or token of any request is in what is written, and all of it is a trace', (t) => {
  const secret = fc.stringMatching(/^[a-f]{6}\d{6}[a-f]{6}$/);
  const anything = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(secret, fc.ipV4(), anything, fc.nat(2_000_000_000), (token, client, host, body) => {
      const it = shown({ client, user: token, target: `/x/${token}/y?t=${token}`, host, body });
      const row = `0,${it.key},${it.client},GET,${it.path},${it.body},${it.host}\n`;
      t.false(row.includes(token));
      t.notThrows(() => parseTrace(`at,key,client,method,path,body,host\n${row}`, 't.csv'), row);
    }),
    { numRuns: 500 },
  );
});
