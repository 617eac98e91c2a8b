import test from 'ava';
import fc from 'fast-check';
import { ClientNetwork } from './client-network.ts';
import { hashBits } from './hash.ts';

const whole = new ClientNetwork(32, 128);
const usual = new ClientNetwork(24, 128);

const rows: { sentence: string; of?: ClientNetwork; a: string; b: string; same: boolean }[] = [
  { sentence: 'two hosts of a /24 are one', of: usual, a: '192.0.2.1', b: '192.0.2.254', same: true },
  { sentence: 'two /24 are two', of: usual, a: '192.0.2.1', b: '192.0.3.1', same: false },
  { sentence: 'the octets are not interchangeable', of: usual, a: '192.0.2.1', b: '192.2.0.1', same: false },
  {
    sentence: 'a dual-stack socket shows the same client',
    a: '::ffff:192.0.2.1',
    b: '192.0.2.1',
    same: true,
  },
  { sentence: 'in hexadecimal too', a: '::FFFF:c000:201', b: '192.0.2.1', same: true },
  {
    sentence: 'mapped addresses are cut like others',
    of: usual,
    a: '::ffff:192.0.2.1',
    b: '192.0.2.9',
    same: true,
  },
  {
    sentence: 'an address that only ends in dots is IPv6',
    a: '64:ff9b::192.0.2.1',
    b: '192.0.2.1',
    same: false,
  },
  { sentence: 'case does not matter', a: '2001:DB8::A', b: '2001:db8::a', same: true },
  { sentence: 'zeros may be written out', a: '2001:db8::1', b: '2001:0db8:0:0:0:0:0:0001', same: true },
  { sentence: 'the gap may stand elsewhere', a: '2001:0:0:1::', b: '2001::1:0:0:0:0', same: true },
  { sentence: 'the zone is left out', a: 'fe80::1%eth0', b: 'fe80::1', same: true },
  { sentence: 'the last bit of IPv6 counts', a: '2001:db8::1', b: '2001:db8::2', same: false },
  {
    sentence: 'unless only 64 bits do',
    of: new ClientNetwork(24, 64),
    a: '2001:db8:0:7::1',
    b: '2001:db8:0:7:ffff::2',
    same: true,
  },
  {
    sentence: 'and then the 64th still counts',
    of: new ClientNetwork(24, 64),
    a: '2001:db8:0:7::1',
    b: '2001:db8:0:6::1',
    same: false,
  },
  {
    sentence: 'a prefix may end inside a group',
    of: new ClientNetwork(24, 60),
    a: '2001:db8:0:10::1',
    b: '2001:db8:0:1f::1',
    same: true,
  },
  { sentence: 'the unspecified addresses of both families differ', a: '::', b: '0.0.0.0', same: false },
];

for (const { sentence, of = whole, a, b, same } of rows) {
  test(`client network: ${sentence}`, (t) => t.is(of.hash(a) === of.hash(b), same, `${a} and ${b}`));
}

const notAddresses = [
  '',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.0004',
  '1..2.3',
  '1.2.3.4:80',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  '1:2:3:4:5:6:7:1.2.3.4',
  '1:',
  ':1',
  'g::1',
];

for (const text of notAddresses) {
  test(`client network: “${text}” is no address and is hashed as text`, (t) =>
    t.is(usual.hash(text), hashBits(text)));
}

/** Every way to write eight groups: with or without the gap (at any run of zeros), padded or not, in either case. */
test('every spelling of an IPv6 address has one hash, and another address has another', (t) => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 8, maxLength: 8 }),
      fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
      fc.nat(7),
      fc.nat(7),
      (groups, styles, from, length) => {
        const words = groups.map((value, i) => {
          const text = styles[i] ? value.toString(16).padStart(4, '0') : value.toString(16);
          return styles[i + 8] ? text.toUpperCase() : text;
        });
        const to = Math.min(8, from + 1 + length);
        const gap = groups.slice(from, to).every((value) => value === 0);
        const text = gap
          ? `${words.slice(0, from).join(':')}::${words.slice(to).join(':')}`
          : words.join(':');
        const plain = groups.map((value) => value.toString(16)).join(':');
        const other = groups.map((value, i) => (i === from ? value ^ 1 : value).toString(16)).join(':');
        return whole.hash(text) === whole.hash(plain) && whole.hash(plain) !== whole.hash(other);
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
