import test from 'ava';
import { keyReader } from './keys.ts';

const request = { key: 'drawn', client: '10.0.0.1', region: 'eu' };
const shape = {
  path: '/',
  method: 'GET',
  body: 0,
  headers: { 'X-Tenant': 'acme', Cookie: 'a=b; sid=me' },
} as const;

for (const [setting, expected] of [
  ['client', '10.0.0.1'],
  ['header:steelyard-client', '10.0.0.1'],
  ['header:steelyard-region', 'eu'],
  ['header:x-tenant', 'acme'],
  ['header:X-None', ''],
  ['cookie:sid', 'me'],
  ['cookie:none', ''],
] as const)
  test(`key: ${setting}`, (t) => t.is(keyReader(setting)!(request, shape), expected));

test('the drawn key needs no reading', (t) => {
  t.is(keyReader('header:steelyard-key'), undefined);
  t.is(keyReader('header:Steelyard-Key'), undefined);
});
