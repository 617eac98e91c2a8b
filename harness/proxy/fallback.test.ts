/** What a client gets in place of an error of ours: another pool's answer, or a response of the user's, over sockets. */
import test from 'ava';
import { setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\nsteelyard-request: 7\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\npay';
const resets = (_: unknown, socket: { resetAndDestroy(): unknown }) => void socket.resetAndDestroy();
const sorry = { response: { status: 200, type: 'text/html', body: '<p>Gleich zurück</p>' } };

test('a response of the user’s stands in place of an error of ours, and the connection serves on', async (t) => {
  const stand = await setUp(
    t,
    { respond: resets as never },
    { balancer: { fallback: sorry, retries: { max: 0 } } },
  );
  const client = await stand.connect(get);
  const response = await client.response();
  t.is(response.status, 200);
  t.is(fieldOf(response.fields, 'content-type'), 'text/html');
  t.is(Buffer.from(response.body, 'latin1').toString(), '<p>Gleich zurück</p>');
  t.is(fieldOf(response.fields, 'steelyard-attempts'), '1');
  stand.dispatcher.pool.drain('app-0');
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until('the head', () => client.text.includes('\r\n\r\n'));
  t.regex(client.text, /^HTTP\/1\.1 200 OK\r\n/);
  t.false(client.text.includes('zur'), 'HEAD has no body');
});

test('what `on` does not list stays as it is', async (t) => {
  const stand = await setUp(
    t,
    { respond: resets as never },
    { balancer: { fallback: { ...sorry, on: [503] } } },
  );
  const client = await stand.connect(get);
  t.is((await client.response()).status, 502);
  stand.dispatcher.pool.drain('app-0');
  client.send(get);
  t.is((await client.response()).status, 200);
});

test('another pool is asked where the first has no answer: all that is idempotent, or was never sent', async (t) => {
  const balancer = {
    pools: { main: { backends: ['app-0'] }, spare: { backends: ['app-1'] } },
    routes: [{ path: '/', pool: 'main' }],
    fallback: { pool: 'spare', ...sorry },
    retries: { max: 0 },
  };
  const stand = await setUp(t, [resets as never, (it) => ok(`spare ${it.body}`)], { balancer });
  const client = await stand.connect(get);
  const response = await client.response();
  t.is(response.body, 'spare ');
  t.is(fieldOf(response.fields, 'steelyard-attempts'), '2');
  client.send(post);
  t.is((await client.response()).status, 200, 'sent once already, so it gets the response of the user’s');
  t.deepEqual(stand.attempts, ['app-0 reset 0', 'app-1 ok 200', 'app-0 reset 0']);
  for (const { pool } of stand.pools.dispatchers) pool.drain('app-0');
  client.send(post);
  t.is((await client.response()).body, 'spare pay', 'never sent: another may have it');
});
