/** One line of each format as its balancer writes it, and what is read from it; then what is damaged, and how formats are told apart. */
import test from 'ava';
import fc from 'fast-check';
import type { Logged } from './logged.ts';
import { fits, formats } from './recognise.ts';

const combined =
  '203.0.113.9 - alice [10/Oct/2026:13:55:36 +0200] "GET /a?b=\\x22c HTTP/1.1" 200 2326 "https://x.example/" "Mozilla/5.0 (X11; \\"odd\\")"';
const at = Date.UTC(2026, 9, 10, 11, 55, 36);
const ok = (backend: string, took: number | undefined) => ({
  backend,
  took,
  status: 200,
  failure: undefined,
});

const rows: [format: string, line: string, read: Partial<Logged>][] = [
  [
    'common',
    '203.0.113.9 - - [10/Oct/2026:13:55:36 +0200] "HEAD / HTTP/1.0" 304 -',
    { stamp: at, blur: 1000, method: 'HEAD', target: '/', status: 304, took: undefined, attempts: undefined },
  ],
  [
    'combined',
    combined,
    { stamp: at, blur: 1000, client: '203.0.113.9', user: 'alice', target: '/a?b=%22c', answer: 2326 },
  ],
  ['combined', `${combined} "10.1.1.1, 10.2.2.2"`, { status: 200, client: '203.0.113.9' }],
  ['vhost-combined', `www.example:443 ${combined}`, { host: 'www.example', client: '203.0.113.9' }],
  [
    'nginx',
    `${combined} msec=1791633336.250 rt=0.050 uct="-, 0.001" uht="-, 0.030" urt="0.000, 0.049" ua="10.0.0.1:80, 10.0.0.2:80" us="502, 200"`,
    {
      stamp: 1_791_633_336_250,
      blur: 0,
      at: 1_791_633_336_200,
      took: 50,
      attempts: [{ backend: '10.0.0.1:80', took: 0, status: 502, failure: 'refused' }, ok('10.0.0.2:80', 49)],
    },
  ],
  [
    'nginx',
    `${combined} request_time=5.001 upstream_addr=unix:/run/a.sock upstream_status=504 upstream_response_time=5.001 upstream_connect_time=0.000`,
    {
      at: at - 5001,
      attempts: [{ backend: 'unix:/run/a.sock', took: 5001, status: 504, failure: 'timeout' }],
    },
  ],
  ['nginx', `${combined} rt=0.000 ua="-" us="-" urt="-"`, { attempts: [] }],
  [
    'ingress-nginx',
    `${combined} 412 0.025 [default-web-80] [] 10.244.0.5:8080, 10.244.0.6:8080 0, 12 0.004, 0.020 502, 200 3f1c`,
    {
      took: 25,
      attempts: [
        { backend: '10.244.0.5:8080', took: 4, status: 502, failure: 'refused' },
        ok('10.244.0.6:8080', 20),
      ],
    },
  ],
  [
    'nginx-json',
    '{"time_iso8601":"2026-10-10T13:55:36+02:00","remote_addr":"::1","request":"POST /x HTTP/2.0","status":200,"request_time":"0.010","upstream_addr":"a:1","upstream_response_time":"0.009","upstream_status":"200","content_length":"12","host":"x.example"}',
    {
      stamp: at,
      blur: 1000,
      at: at - 10,
      method: 'POST',
      body: 12,
      host: 'x.example',
      attempts: [ok('a:1', 9)],
    },
  ],
  [
    'haproxy',
    'Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"',
    {
      at: Date.UTC(2026, 1, 6, 12, 14, 14, 655),
      took: 109,
      client: '10.0.1.2',
      target: '/index.html',
      attempts: [ok('static/srv1', 99)],
    },
  ],
  [
    'haproxy',
    '10.0.1.2:33319 [06/Feb/2026:12:14:15.000] http-in app/<NOSRV> 0/-1/-1/-1/0 503 212 - - SC-- 0/0/0/0/0 0/0 "GET / HTTP/1.1"',
    { status: 503, attempts: [] },
  ],
  [
    'haproxy',
    '10.0.1.2:33319 [06/Feb/2026:12:14:15.000] http-in app/s2 0/0/-1/-1/3002 503 212 - - SC-- 1/1/1/1/+3 0/0 "GET / HTTP/1.1"',
    { attempts: [{ backend: 'app/s2', took: 3002, status: 503, failure: 'refused' }] },
  ],
  [
    'haproxy-tcp',
    'haproxy[1]: 10.0.1.2:33313 [06/Feb/2026:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0',
    {
      took: 5007,
      method: undefined,
      attempts: [{ backend: 'bck/srv1', took: 5007, status: 0, failure: undefined }],
    },
  ],
  [
    'caddy',
    '{"level":"info","ts":1791633336.25,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","client_ip":"198.51.100.7","method":"GET","host":"localhost","uri":"/a"},"bytes_read":3,"duration":0.002,"size":9,"status":200,"upstream":"10.0.0.3:80","upstream_latency":"1.5"}',
    {
      at: 1_791_633_336_248,
      took: 2,
      client: '198.51.100.7',
      body: 3,
      answer: 9,
      attempts: [ok('10.0.0.3:80', 1.5)],
    },
  ],
  [
    'steelyard',
    '{"time":"2026-10-10T11:55:36.000Z","client":"10.0.0.9","method":"GET","target":"/","host":"h","status":200,"bytesIn":10,"bytesOut":99,"durationMs":12.5,"firstByteMs":12,"backend":"app-2","pool":"all","attempts":1,"outcome":"ok","request":7,"tls":null}',
    { stamp: at + 12.5, at, took: 12.5, attempts: [ok('app-2', 12.5)] },
  ],
];

for (const [i, [format, line, read]] of rows.entries())
  test(`row ${i + 1}, ${format}: ${line.slice(0, 60)} …`, (t) => {
    const it = formats.get(format)!.line(line);
    t.not(typeof it, 'string', String(it));
    t.like(it, read);
    t.is(fits([line])[0]!.name, format, 'recognised by what it holds');
  });

test('every format has a line', (t) => {
  t.deepEqual([...new Set(rows.map(([format]) => format))].sort(), [...formats.keys()]);
});

test('a line that is none of its format says why, in words', (t) => {
  for (const [format, line, says] of [
    ['common', 'hello', /nothing ends \$remote_addr/],
    [
      'common',
      '1.2.3.4 - - [10/Foo/2026:13:55:36 +0200] "GET / HTTP/1.1" 200 1',
      /expected a time, got "10\/Foo/,
    ],
    ['combined', combined.replace(' 200 ', ' 2OO '), /expected a status, got "2OO"/],
    ['nginx', combined, /nothing is told of upstreams/],
    ['haproxy', combined, /fields of httplog/],
    ['caddy', '{"level":"info"', /no JSON: cut off/],
    ['caddy', '{"level":"info","msg":"serving"}', /no ts, request or status/],
    ['steelyard', '[]', /no JSON object/],
    ['nginx-json', '{"a":1}', /no time of nginx/],
  ] as const)
    t.regex(String(formats.get(format)!.line(line)), says);
});

test('whatever a line holds, it is read or it says why, and in time that its length bounds', (t) => {
  const whole = rows.map(([, line]) => line);
  const damaged = fc
    .tuple(fc.constantFrom(...whole), fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 40 }))
    .map(([line, at, cut, put]) => {
      const place = at % line.length;
      return line.slice(0, place) + put + line.slice(place + cut);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (line) => {
      for (const { line: read } of formats.values()) {
        const it = read(line);
        if (typeof it === 'string') t.true(it.length > 0 && it.length < 200);
        else
          t.true(
            Number.isFinite(it.stamp) && Number.isFinite(it.at) && it.status >= 0 && (it.took ?? 0) >= 0,
          );
      }
    }),
    { numRuns: 3000 },
  );
  for (const part of [' ', '"', '- ', '[', '{"a":', '1/', ', ']) {
    const started = performance.now();
    for (const { line: read } of formats.values())
      t.is(typeof read(part.repeat(65_536 / part.length)), 'string');
    t.true(performance.now() - started < 5000, JSON.stringify(part));
  }
});
