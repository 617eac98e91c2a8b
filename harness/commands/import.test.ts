/** `steelyard import` as a user runs it. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { loadScenario } from '../../scenarios/loader.ts';
import { place } from '../cli.test-support.ts';
import { longestLine } from '../import/lines.ts';
import { listStrategies } from '../strategies.ts';

/** A log of nginx: 200 requests/s for 10 s, and app-2 refuses from 4 s to 6 s. */
function nginxLog(): string {
  const lines: [end: number, text: string][] = [];
  for (let i = 0; i < 2000; i++) {
    const at = Date.UTC(2026, 0, 1) + i * 5;
    const took = 4 + (i % 17);
    const dead = i % 2 === 1 && i >= 800 && i < 1200;
    const servers = dead
      ? '"192.0.2.2:80, 192.0.2.1:80" us="502, 200"'
      : `"192.0.2.${1 + (i % 2)}:80" us="200"`;
    const times = dead
      ? `"0.000, 0.0${String(took).padStart(2, '0')}"`
      : `"0.0${String(took).padStart(2, '0')}"`;
    lines.push([
      at + took,
      `198.51.100.${i % 50} - - [01/Jan/2026:00:00:00 +0000] "GET /users/${10_000 + (i % 7)}?token=hush HTTP/1.1" 200 512 "-" "-" ` +
        `msec=${((at + took) / 1000).toFixed(3)} rt=0.0${String(took).padStart(2, '0')} ua=${servers} urt=${times}`,
    ]);
  }
  return `${lines
    .sort(([a], [b]) => a - b)
    .map(([, text]) => text)
    .join('\n')}\n`;
}

const known = { strategies: await listStrategies() };
const text = nginxLog();

test('a log becomes a scenario that runs: its arrivals, its service times and its incident, and nobody is named in it', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'access.log.gz'), gzipSync(text));
  const { exitCode, stdout } = await steelyard('import', 'access.log.gz');
  t.is(exitCode, 0);
  t.regex(stdout, /2,000 lines of nginx: 2,000 read, 0 damaged/);
  t.regex(stdout, /app-2: no request answered from 4\.0\d s to 6\.0\d s.*→ crash\?/);
  const { scenario } = loadScenario({ file: join(dir, 'access/access.yaml'), known });
  const [fault, ...more] = scenario.faults;
  t.deepEqual(more, []);
  t.like(fault, { kind: 'crash', on: 'app-2' });
  t.true(Math.abs(fault!.at - 4000) < 50 && Math.abs(fault!.until! - 6000) < 50);
  t.is(scenario.load.open!.trace!.at.length, 2000);
  t.deepEqual(
    scenario.fleet.map(({ id, body }) => [id, body]),
    [
      ['app-1', 512],
      ['app-2', 512],
    ],
  );
  t.is(new Set(scenario.load.open!.trace!.client).size, 50);
  const written = (
    await Promise.all(['yaml', 'csv'].map((it) => readFile(join(dir, `access/access.${it}`), 'utf8')))
  ).join('');
  for (const secret of ['198.51.100', '192.0.2', 'hush', '10003']) t.false(written.includes(secret), secret);
  const simulated = await steelyard(
    'simulate',
    'access/access.yaml',
    '--contenders',
    'round-robin',
    '--out',
    'run',
    '--json',
    '--no-regret',
  );
  t.is(simulated.exitCode, 0, simulated.stderr);
  t.is(JSON.parse(simulated.stdout).contenders[0].requests.sent, 2000);
  const again = await steelyard('import', 'access.log.gz');
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /access\/access\.yaml: expected nothing there.*another --out or --name/);
});

test('from standard input, cut, sampled, with the same pseudonyms for the same secret', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'a.log'), text);
  const options = [
    '--from',
    '1s',
    '--duration',
    '5s',
    '--scale',
    '50%',
    '--seed-of-pseudonyms',
    'x',
    '--json',
  ];
  const one = await steelyard('import', 'a.log', ...options, '--workers', '8');
  t.is(one.exitCode, 0, one.stderr);
  const { lines, parsed, replayed, rows, faults } = JSON.parse(one.stdout);
  t.deepEqual([lines, parsed, replayed], [2000, 2000, 1000]);
  t.true(rows > 400 && rows < 600, `${rows} rows`);
  t.is(faults.length, 1);
  await writeFile(join(dir, 'a.log.zst'), zstdCompressSync(text));
  const two = await steelyard('import', 'a.log.zst', ...options, '--out', 'other');
  t.is(two.exitCode, 0, two.stderr);
  t.is(await readFile(join(dir, 'other/a.csv'), 'utf8'), await readFile(join(dir, 'a/a.csv'), 'utf8'));
  const { scenario } = loadScenario({ file: join(dir, 'a/a.yaml'), known });
  t.deepEqual([scenario.load.duration, scenario.fleet[0]!.workers], [5000, 8]);
});

test('of more requests than the trace may hold, a sample is kept, and the scenario says so', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'a.log'), text);
  const { exitCode, stdout, stderr } = await steelyard('import', 'a.log', '--max-requests', '600', '--json');
  t.is(exitCode, 0, stderr);
  const { rows, replayed } = JSON.parse(stdout);
  t.is(replayed, 2000);
  t.true(rows > 380 && rows <= 600, `${rows} rows`);
  const { scenario, text: yaml } = loadScenario({ file: join(dir, 'a/a.yaml'), known });
  t.is(scenario.load.open!.trace!.at.length, rows);
  t.regex(yaml, /The trace holds a sample of them: 25%/);
});

test('damaged lines are shown with their numbers, and too many of them are refused', async (t) => {
  const { dir, steelyard } = await place(t);
  const lines = text.split('\n');
  for (const i of [10, 20, 30]) lines[i] = lines[i]!.slice(0, 40);
  lines[40] = 'x'.repeat(longestLine + 5);
  await writeFile(join(dir, 'a.log'), lines.join('\n'));
  const few = await steelyard('import', 'a.log');
  t.is(few.exitCode, 0, few.stderr);
  t.regex(few.stdout, /2,000 lines of nginx: 1,996 read, 4 damaged/);
  t.regex(few.stdout, /line 11: nothing ends \$time_local/);
  t.regex(few.stdout, /line 41: is longer than 65536 bytes/);
  t.regex(await readFile(join(dir, 'a/a.yaml'), 'utf8'), /# {3}line 21: nothing ends/);
  const many = await steelyard('import', 'a.log', '--max-damaged', '0.1%', '--out', 'b');
  t.is(many.exitCode, 2);
  t.regex(
    many.stderr,
    /at most 0\.1% damaged lines, got 4 of 2000:\n {2}line 11: .*\n[\s\S]*--format.*--log-format.*--max-damaged/,
  );
  t.false(existsSync(join(dir, 'b/a.csv')) || existsSync(join(dir, 'b/a.csv.partial')));
});

test('a format of the user’s own; a HAR file; a log that says nothing of backends', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'own.log'), '1700000000.000|200|0.010|a:1\n1700000000.500|200|0.012|b:1\n');
  const own = await steelyard(
    'import',
    'own.log',
    '--log-format',
    '$msec|$status|$upstream_response_time|$upstream_addr',
  );
  t.is(own.exitCode, 0, own.stderr);
  const entry = (i: number) => ({
    ...{ startedDateTime: `2026-01-01T00:00:0${i}.000Z`, time: 30, timings: { wait: 20, receive: 5 } },
    request: { method: 'POST', url: `https://www.example/a/${i}?q`, bodySize: 1000 },
    response: { status: 200, content: { size: 77 } },
  });
  await writeFile(join(dir, 'page.har'), JSON.stringify({ log: { entries: [entry(1), {}, entry(0)] } }));
  const har = await steelyard('import', 'page.har', '--max-damaged', '40%');
  t.is(har.exitCode, 0, har.stderr);
  t.regex(har.stdout, /3 lines of har: 2 read, 1 damaged/);
  t.regex(
    await readFile(join(dir, 'page/page.csv'), 'utf8'),
    /^at,key,client,method,path,body,host\n0\.000,,,POST,\/a\/\d\?[0-9a-f]{16},1000,www\.example\n/,
  );
  const common = Array.from(
    { length: 9 },
    (_, i) => `192.0.2.7 - - [01/Jan/2026:00:00:0${i} +0000] "GET / HTTP/1.1" 200 9\n`,
  );
  await writeFile(join(dir, 'common.log'), common.join(''));
  t.is((await steelyard('import', 'common.log', '--backends', '3')).exitCode, 0);
  for (const name of ['own', 'page', 'common'])
    t.notThrows(() => loadScenario({ file: join(dir, `${name}/${name}.yaml`), known }), name);
  const { scenario, text: yaml } = loadScenario({ file: join(dir, 'common/common.yaml'), known });
  t.is(scenario.fleet[0]!.count, 3);
  t.regex(yaml, /does not say how long requests took/);
});

test('refused, with what was expected and what to do', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'a.log'), text);
  await writeFile(join(dir, 'prose.log'), 'Once upon a time\nthere was a log\n');
  await writeFile(join(dir, 'empty.log'), '');
  for (const [args, says] of [
    [['none.log'], /none\.log: expected an access log, got nothing at that path/],
    [['.'], /expected an access log, got a directory/],
    [['empty.log'], /got an empty file/],
    [
      ['prose.log'],
      /expected a format that is known \(caddy, [\s\S]*Once upon a time[\s\S]*--format.*--log-format/,
    ],
    [['a.log', '--format', 'nignx'], /--format: expected one of caddy/],
    [['a.log', '--log-format', '$status$msec'], /something between \$status and the variable after it/],
    [['a.log', '--log-format', '$remote_addr'], /expected \$status and one of \$msec/],
    [['a.log', '--from', 'noon'], /--from: expected a duration such as 90s, or a date/],
    [['a.log', '--from', '5s', '--to', '4s'], /--to: expected an end after --from/],
    [['a.log', '--from', '1h'], /expected requests to replay, got none of 2000: 2000 lie outside/],
    [['a.log', '--scale', '2'], /--scale: expected a share/],
    [['a.log', '--name', 'A B'], /--name: expected a name of a-z/],
    [['a.log', '--workers', '0'], /--workers: expected a whole number from 1/],
  ] as const) {
    const { exitCode, stderr } = await steelyard('import', ...args, '--out', 'out');
    t.is(exitCode, 2, stderr);
    t.regex(stderr, says);
    t.false(existsSync(join(dir, 'out/a.yaml')) || existsSync(join(dir, 'out/a.csv.partial')));
  }
});
