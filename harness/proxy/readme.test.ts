/** The guide says what is: its files load, its tables list what there is. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { listStrategies } from '../strategies.ts';
import { connectionLine } from './access-entry.ts';
import { routes } from './admin-routes.ts';
import { loadStandalone } from './standalone.ts';

const text = await readFile(new URL('./README.md', import.meta.url), 'utf8');
const strategies = await listStrategies();

const files = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml!);

for (const [i, yaml] of files.entries())
  test(`file ${i + 1} of the guide is one that a balancer takes`, async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'steelyard-guide-'));
    t.teardown(() => rm(dir, { recursive: true, force: true }));
    const config = join(dir, 'balancer.yaml');
    await writeFile(config, yaml);
    const { settings } = loadStandalone({ config, overrides: [], strategies });
    t.true(settings.backends.length >= 2);
  });

test('there are four files in it', (t) => {
  t.is(files.length, 4);
});

/** First cells of the table whose head begins with that word. */
function firstColumn(head: string): string[] {
  const table = new RegExp(`\\| ${head} .*\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`).exec(text)![1]!;
  return table
    .trim()
    .split('\n')
    .map((row) => /`([^`]+)`/.exec(row)![1]!);
}

test('its table of the side door has every route there is, and no other', (t) => {
  const there = routes.flatMap(({ path, methods }) => {
    const said = path.source
      .replace(/^\^|\$$/g, '')
      .replaceAll('\\/', '/')
      .replace(/\([^)]*\)/, ':id');
    return Object.keys(methods).map((method) => `${method} ${said}`);
  });
  t.deepEqual(firstColumn('request').sort(), there.sort());
});

test('its table of the access log has every field there is, in order', (t) => {
  const socket = { bytesRead: 0, bytesWritten: 0 } as Parameters<typeof connectionLine>[0]['socket'];
  const line = connectionLine(
    {
      socket,
      client: 'c',
      pool: 'all',
      begun: 0,
      firstByteAt: Number.NaN,
      backend: undefined,
      kind: undefined,
      attempts: 0,
    },
    0,
    0,
  );
  t.deepEqual(firstColumn('field'), Object.keys(JSON.parse(line)));
});
