/** Both generators send the bodies they are given, byte for byte, and judge each kind of response by its own check. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { Workload } from '../../scenarios/workload.ts';
import { countsOf, drive, loadOf } from './drive.test-support.ts';

/** Some 100 KB, more than is kept of JSON, before what is looked for: it comes in many pieces. */
const long = `${'.'.repeat(100_000)}needle`;

const kinds = [
  { path: '/ok', check: { contains: 'fine', header: { 'X-Who': 'me' } }, expected: 'ok, none' },
  { path: '/ok', method: 'HEAD', check: { header: { 'x-who': 'me' } }, expected: 'ok, none' },
  { path: '/ok', check: { contains: 'broken' }, expected: 'failed, failed-check' },
  { path: '/ok', check: { header: { 'x-who': 'you' } }, expected: 'failed, failed-check' },
  { path: '/ok', check: { header: { 'x-none': 'me' } }, expected: 'failed, failed-check' },
  { path: '/ok', check: { status: 204 }, expected: 'failed, failed-check' },
  { path: '/missing', check: { status: [200, 404] }, expected: 'ok, none' },
  { path: '/missing', check: { contains: 'nothing here' }, expected: 'failed, status' },
  { path: '/missing', expected: 'failed, status' },
  { path: '/long', check: { contains: 'needle' }, expected: 'ok, none' },
  { path: '/long', check: { contains: 'haystack' }, expected: 'failed, failed-check' },
  {
    path: '/echo',
    method: 'POST',
    content: { text: 'käse' },
    check: { contains: 'text/plain käse' },
    expected: 'ok, none',
  },
  {
    path: '/echo',
    method: 'PUT',
    content: { json: { a: 1 } },
    headers: { 'content-type': 'application/vnd.mine+json' },
    check: { contains: 'application/vnd.mine+json {"a":1}' },
    expected: 'ok, none',
  },
] as const;

for (const [name, load] of Object.entries({
  open: { open: { rate: '150/s' } },
  closed: { closed: { connections: 4 } },
}))
  test(`${name} load: what a request's check says of the response is what its row says`, async (t) => {
    const server = createServer(async (req, res) => {
      let text = '';
      for await (const piece of req.setEncoding('utf8')) text += piece;
      res.setHeader('x-who', 'me');
      if (req.url === '/missing') res.writeHead(404).end('nothing here');
      else if (req.url === '/echo') res.end(`${req.headers['content-type']} ${text}`);
      else res.end(req.url === '/long' ? long : 'all is fine');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const requests = kinds.map(({ expected: _, ...it }) => it);
    const parsed = loadOf({ ...load, warmup: '200ms', duration: '2s', requests } as never);
    const { rows, measured, result } = await drive(port, parsed, undefined, { grace: 5_000 });
    t.deepEqual(countsOf(measured), result.counts);
    const workload = new Workload(parsed, 1, 150);
    const met = new Set<number>();
    for (const { index, outcome, cause } of rows) {
      const kind = parsed.mix.findIndex(({ path, check, method }) => {
        const shape = workload.request(index);
        return shape.path === path && shape.check === check && shape.method === method;
      });
      if (outcome === 'in-flight') continue;
      met.add(kind);
      t.is(`${outcome}, ${cause}`, kinds[kind]!.expected, JSON.stringify(kinds[kind]));
    }
    t.is(met.size, kinds.length);
  });
