import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { parseSource } from '../../scenarios/source.ts';
import { place } from '../cli.test-support.ts';
import { draftOf } from '../compose/draft.ts';

interface Workflow {
  jobs: { compare: { steps: { run?: string }[] } };
}

const compose = `
services:
  lb: { image: "haproxy:2.9", ports: ["80:80"] }
  db: { image: "postgres:16", environment: { POSTGRES_PASSWORD: hunter2 } }
  Web_App:
    image: "my/web:1.2"
    ports: ["127.0.0.1:8080:3000/tcp"]
    deploy: { replicas: 3 }
    environment: ["TOKEN=s3cret", LOG]
    healthcheck: { test: [CMD, curl, -f, "http://localhost:3000/healthz"] }
    volumes: ["./data:/data"]
  api: { build: ., expose: [8000], command: [serve, "-p", 8000] }
`;

test('init writes a scenario, a strategy and a workflow that are sound, once', async (t) => {
  const { dir, steelyard } = await place(t);
  const first = await steelyard('init');
  t.is(first.exitCode, 0, first.stderr);
  t.is((await steelyard('check', 'steelyard.yaml')).exitCode, 0);
  t.is((await steelyard('check', './my-strategy.mts')).exitCode, 0);
  const workflow = parse(await readFile(join(dir, '.github/workflows/steelyard.yml'), 'utf8')) as Workflow;
  const command = workflow.jobs.compare.steps.find(({ run }) => run?.includes(' compare '))!.run!;
  t.regex(command, /steelyard compare steelyard\.yaml --base "\$BASE" .*--gate/);
  await writeFile(join(dir, 'steelyard.yaml'), 'mine');
  const second = await steelyard('init');
  t.is(second.exitCode, 2);
  t.regex(second.stderr, /expected no steelyard\.yaml here, got one, and nothing was written/);
  t.is(await readFile(join(dir, 'steelyard.yaml'), 'utf8'), 'mine');
});

test('a Compose file becomes a scenario that is sound; what is left out is said, and no secret is copied', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'compose.yml'), compose);
  const { exitCode, stderr } = await steelyard('init', '--from-compose', 'compose.yml');
  t.is(exitCode, 0, stderr);
  const text = await readFile(join(dir, 'steelyard.yaml'), 'utf8');
  t.true(
    text.includes(
      '  - { id: web_app, count: 3, image: "my/web:1.2", port: 3000, ready: { path: "/healthz" } }',
    ),
  );
  t.regex(text, /id: api, image: "steelyard-cli-\w+-api", port: 8000, command: \["serve","-p","8000"\]/);
  for (const said of [
    /lb: haproxy balances load/,
    /db: no port in `ports`/,
    /may hold secrets: TOKEN, LOG/,
    /not carried over: volumes/,
    /built by: docker compose build/,
  ])
    t.regex(text, said);
  t.notRegex(text, /hunter2|s3cret/);
  const checked = await steelyard('check', 'steelyard.yaml');
  t.is(checked.exitCode, 0, checked.stderr);
});

test('services whose names are numbers, words of YAML or differ in their letters only are entries of their own', async (t) => {
  const services = ['1', 'true', 'Web', 'web'].map((name) => `  "${name}": { image: "a/b:1", ports: [80] }`);
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'compose.yml'), `services:\n${services.join('\n')}\n`);
  const { exitCode, stderr } = await steelyard('init', '--from-compose', 'compose.yml');
  t.is(exitCode, 0, stderr);
  const draft = parse(await readFile(join(dir, 'steelyard.yaml'), 'utf8')) as { fleet: { id: string }[] };
  t.deepEqual(
    draft.fleet.map(({ id }) => id),
    ['1', 'true', 'web', 'web-2'],
  );
  t.is((await steelyard('check', 'steelyard.yaml')).exitCode, 0);
});

for (const [what, text, says] of [
  [
    'no services',
    'version: 3\n',
    /compose\.yml:1:\d+.* expected a Compose file with a mapping of `services`/,
  ],
  [
    'a service that is none',
    'services:\n  a: 3\n',
    /compose\.yml:2:\d+ services\.a: expected a service as a mapping/,
  ],
  [
    'nothing with a port',
    'services:\n  a: { image: x }\n',
    /compose\.yml:2:\d+ services: expected a service with a port/,
  ],
] as const)
  test(`refused with its line: ${what}`, (t) => {
    t.throws(() => draftOf(parseSource('compose.yml', text), 'project'), { message: says });
  });
