import test from 'ava';
import { parseBackendUrl, parseListen } from './addresses.ts';
import { balancerJsonSchema } from './json-schema.ts';

const addresses: [text: string, expected: object | undefined][] = [
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':80', { host: '', port: 80 }],
  ['[::1]:443', { host: '::1', port: 443 }],
  ['unix:/run/a.sock', { host: 'localhost', port: 0, path: '/run/a.sock' }],
  ['::1:80', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:', undefined],
  ['a:65536', undefined],
  ['a b:80', undefined],
  ['unix:relative', undefined],
  ['http://a:80', undefined],
];

for (const [text, expected] of addresses)
  test(`an address to listen on: ${text}`, (t) => {
    t.deepEqual(parseListen(text), expected as ReturnType<typeof parseListen>);
  });

for (const [text, expected] of [
  ['http://10.0.0.7:8080', { host: '10.0.0.7', port: 8080 }],
  ['http://10.0.0.7:8080/', { host: '10.0.0.7', port: 8080 }],
  ['HTTP://App.internal', { host: 'app.internal', port: 80 }],
  ['http://[fd00::1]:81', { host: 'fd00::1', port: 81 }],
  ['http://a/x', undefined],
  ['http://a?x', undefined],
  ['http://u:p@a', undefined],
  ['https://a', undefined],
  ['a:80', undefined],
  ['http://', undefined],
] as const)
  test(`a backend: ${text}`, (t) => {
    t.deepEqual(parseBackendUrl(text), expected);
  });

test('editors get a schema that has every key, and refuses others', (t) => {
  const schema = balancerJsonSchema() as {
    properties: Record<string, unknown>;
    required: string[];
    additionalProperties: boolean;
  };
  for (const key of [
    'listen',
    'admin',
    'backends',
    'strategy',
    'health',
    'routes',
    'tls',
    'accessLog',
    'drain',
  ])
    t.true(Object.hasOwn(schema.properties, key), key);
  t.false(Object.hasOwn(schema.properties, 'count'), 'the simulator’s alone');
  t.deepEqual(schema.required, ['listen', 'backends']);
  t.false(schema.additionalProperties);
});
