import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';
import { handshakeTrips } from './tls-settings.ts';

const yaml = (tls: string, rest = '') =>
  `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\nbalancer: { tls: ${tls} }\n${rest}\n`;
const there = (path: string, directory: string) =>
  path.startsWith('missing') ? undefined : `${directory.replace(/.*/, '/here')}/${path}`;
const more = { known: { ...known, resolvePath: there } };

for (const [sentence, tls, path, says] of [
  ['neither', '{}', 'balancer.tls', /expected cert and key, or selfSigned: true, got neither/],
  ['both', '{ selfSigned: true, cert: a, key: b }', 'balancer.tls.selfSigned', /got both; remove one/],
  ['half', '{ cert: a.pem }', 'balancer.tls', /got cert alone/],
  ['too old', '{ selfSigned: true, minVersion: TLSv1.1 }', 'balancer.tls.minVersion', /TLSv1\.2/],
  [
    'no file',
    '{ cert: missing.crt, key: a.key }',
    'balancer.tls.cert',
    /expected a PEM file that is there, got `?"?missing/,
  ],
  [
    'no file of a name',
    '{ selfSigned: true, sni: { a.b: { cert: x, key: missing } } }',
    'balancer.tls.sni.a.b.key',
    /PEM/,
  ],
  [
    'no name',
    '{ selfSigned: true, sni: { "a b": { cert: x, key: y } } }',
    'balancer.tls.sni.a b',
    /name such as/,
  ],
] as const)
  test(`balancer.tls refuses: ${sentence}`, (t) => {
    const [problem, ...others] = problemsOf(yaml(tls, 'contenders: [p2c]'), more);
    t.deepEqual(others, []);
    t.is(problem?.path.join('.'), path);
    t.regex(problem!.message, says);
  });

test('balancer.tls: paths become absolute; a contender may do without, or have its own', (t) => {
  const rest = 'contenders: [p2c, { strategy: p2c, name: clear, balancer: { tls: false } }]';
  const { contenders } = load(yaml('{ cert: a.crt, key: a.key }', rest), more);
  const [first, second] = contenders.map(({ balancer }) => balancer.tls);
  t.like(first, { cert: '/here/a.crt', key: '/here/a.key', minVersion: 'TLSv1.2', handshakeTimeout: 10_000 });
  t.is(second, false);
});

test("load.tls wants a balancer that ends TLS, be it one contender's", (t) => {
  const text = (contenders: string) =>
    `fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s, tls: true }\ncontenders: [${contenders}]\n`;
  t.deepEqual(
    problemsOf(text('p2c')).map(({ path }) => path.join('.')),
    ['load.tls'],
  );
  const { scenario } = load(
    text('p2c, { strategy: p2c, name: tls, balancer: { tls: { selfSigned: true } } }'),
  );
  t.deepEqual(scenario.load.tls, { resume: false, maxVersion: 'TLSv1.3' });
});

for (const [sentence, tls, given, trips] of [
  ['none in clear', 'false', 'true', 0],
  ['one of TLS 1.3', '{ selfSigned: true }', 'true', 1],
  ['two of TLS 1.2', '{ selfSigned: true }', '{ maxVersion: TLSv1.2 }', 2],
  ['one where a session is resumed', '{ selfSigned: true }', '{ maxVersion: TLSv1.2, resume: true }', 1],
] as const)
  test(`round trips of a handshake: ${sentence}`, (t) => {
    const other = '{ strategy: p2c, balancer: { tls: { selfSigned: true } } }';
    const text = yaml(tls, `contenders: [${other}]`).replace('10s }', `10s, tls: ${given} }`);
    const { scenario } = load(text);
    t.is(handshakeTrips(scenario.balancer.tls, scenario.load.tls), trips);
  });
