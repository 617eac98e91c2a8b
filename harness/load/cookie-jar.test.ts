import test from 'ava';
import { CookieJar } from './cookie-jar.ts';

test('each client has the cookies it was given, and no other', (t) => {
  const jar = new CookieJar();
  jar.keep('10.0.0.1', 'sid=abc; Path=/; HttpOnly');
  jar.keep('10.0.0.1', 'other= x ');
  jar.keep('10.0.0.2', 'sid=def');
  t.is(jar.line('10.0.0.1'), 'cookie: sid=abc; other=x\r\n');
  t.is(jar.line('10.0.0.2'), 'cookie: sid=def\r\n');
  t.is(jar.line('10.0.0.3'), '');
  jar.keep('10.0.0.1', 'sid=new');
  t.is(jar.line('10.0.0.1'), 'cookie: sid=new; other=x\r\n');
});

test('a cookie is taken back by its age; what is none is passed over', (t) => {
  const jar = new CookieJar();
  jar.keep('a', 'sid=abc');
  jar.keep('a', 'sid=; Max-Age=0');
  t.is(jar.line('a'), '');
  for (const none of ['', '=x', 'x']) jar.keep('a', none);
  t.is(jar.line('a'), '');
});
