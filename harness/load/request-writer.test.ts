import test from 'ava';
import { Workload } from '../../scenarios/workload.ts';
import { loadOf } from './drive.test-support.ts';
import { RequestWriter } from './request-writer.ts';

const target = { host: '127.0.0.1', port: 8080 };

function writerFor(request: {
  path?: string;
  method?: 'GET' | 'POST' | 'DELETE';
  body?: number;
  host?: string;
  headers?: Record<string, string>;
}) {
  const load = loadOf({ open: { rate: '1/s' }, duration: '1s', requests: undefined, mix: [request] });
  const workload = new Workload(load, 7, 1);
  return { workload, writer: new RequestWriter(workload, target) };
}

test('request i carries the identity and the luck the workload gives it', (t) => {
  const { workload, writer } = writerFor({ path: '/api?x=1' });
  for (const i of [0, 1, 12_345])
    t.is(
      writer.write(i, 0),
      `GET /api?x=1 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nsteelyard-request: ${i}\r\nsteelyard-key: ${workload.key(i)}\r\n` +
        `steelyard-client: ${workload.client(i)}\r\nsteelyard-quantile: ${workload.quantile(i)}\r\n\r\n`,
    );
});

test('a host and fields of its own stand in the head', (t) => {
  const { writer } = writerFor({ host: 'a.test', headers: { 'X-A': 'b', Cookie: 'c=d' } });
  t.regex(
    writer.write(3, 0),
    /^GET \/ HTTP\/1\.1\r\nhost: a\.test\r\nX-A: b\r\nCookie: c=d\r\nsteelyard-request: 3\r\n/,
  );
});

test('a region is sent where the load has regions, and only there', (t) => {
  const load = loadOf({
    open: { rate: '1/s' },
    duration: '1s',
    requests: undefined,
    regions: { eu: 2, us: 1 },
  });
  const workload = new Workload(load, 7, 1);
  const writer = new RequestWriter(workload, target);
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const [, region] =
      /\r\nsteelyard-region: ([a-z]+)\r\nsteelyard-quantile: /.exec(writer.write(i, 0)) ?? [];
    t.is(region, workload.region(i));
    seen.add(region!);
  }
  t.deepEqual([...seen].sort(), ['eu', 'us']);
});

test('a body is as long as it says, and an empty one of a POST says so', (t) => {
  const [head, body] = writerFor({ method: 'POST', body: 1000 }).writer.write(0, 0).split('\r\n\r\n');
  t.regex(head!, /\r\ncontent-length: 1000\r\n/);
  t.is(body!.length, 1000);
  t.regex(writerFor({ method: 'POST' }).writer.write(0, 0), /\r\ncontent-length: 0\r\n/);
  t.notRegex(writerFor({ method: 'DELETE' }).writer.write(0, 0), /content-length/);
});

test('a path that would break the request line is refused', (t) => {
  for (const path of ['/a b', '/a\r\nx: y', '/ü'])
    t.throws(() => writerFor({ path }).writer.write(0, 0), {
      instanceOf: RangeError,
      message: /printable ASCII/,
    });
});
