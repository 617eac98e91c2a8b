/** The dependency rule of CONTRIBUTING.md, checked on every import of the house. Tests and what only they use are exempt. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['strategies', 'scenarios', 'harness', 'reports', 'docker'] as const;

interface Import {
  from: string;
  /** Path from the root, or a bare package name. */
  to: string;
  /** Erased before it runs. */
  typeOnly: boolean;
}

const sources = rooms.flatMap((room) =>
  readdirSync(resolve(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|test-support|d)\.ts$/.test(file))
    .map((file) => `${room}/${file}`),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const statement =
    /^(?:import|export)\s+(type\s)?((?:\*|\{|[A-Za-z_])[^'"`;]*?)\sfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...text.matchAll(statement)].map(([, typeWord, names = '', fixed, effect, dynamic]) => {
    const target = (fixed ?? effect ?? dynamic)!;
    const braces = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
    const everyNameIsType =
      braces?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ?? false;
    return {
      from: file,
      to: target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
      typeOnly: typeWord !== undefined || everyNameIsType,
    };
  });
}

const all = sources.flatMap(importsOf);
const room = (path: string) => path.split('/')[0]!;
const isBare = (path: string) => !(rooms as readonly string[]).includes(room(path));

/** Why an import breaks the rule; undefined when it keeps it. */
function breach({ from, to }: Import): string | undefined {
  const [here, there] = [room(from), room(to)];
  if (there === 'docker' && here !== 'docker') return 'nothing imports docker: it runs elsewhere';
  switch (here) {
    case 'strategies':
      return there === 'strategies' ? undefined : 'strategies import nothing outside themselves';
    case 'scenarios':
      if (there === 'scenarios' || to === 'zod' || to === 'yaml') return undefined;
      return to.startsWith('node:') && readers.includes(from)
        ? undefined
        : 'scenarios are data and arithmetic: no I/O but in the loader';
    case 'docker':
      return there === 'docker' || there === 'scenarios' || to.startsWith('node:')
        ? undefined
        : 'docker imports only scenarios';
    case 'reports':
      return there === 'harness' && to !== 'harness/recording.ts'
        ? 'reports see the recording and nothing else of the harness'
        : undefined;
    default:
      return there === 'reports' && !from.startsWith('harness/commands/')
        ? 'only commands import reports'
        : undefined;
  }
}

/** Files of `scenarios` that read files: the loader, the folder registry, the library listing. */
const readers = [
  'scenarios/loader.ts',
  'scenarios/registry.ts',
  'scenarios/library.ts',
  'scenarios/source.ts',
];

test('every import keeps the dependency rule', (t) => {
  t.true(all.length > 50, 'the imports are found at all');
  t.deepEqual(
    all.flatMap((it) => {
      const why = breach(it);
      return why === undefined ? [] : [`${it.from} imports ${it.to}: ${why}`];
    }),
    [],
  );
});

test('the rule catches what it forbids', (t) => {
  for (const [from, to] of [
    ['strategies/p2c.ts', 'node:fs'],
    ['strategies/p2c.ts', 'scenarios/random.ts'],
    ['scenarios/workload.ts', 'node:fs'],
    ['scenarios/workload.ts', 'harness/clock.ts'],
    ['docker/server.ts', 'zod'],
    ['docker/server.ts', 'harness/clock.ts'],
    ['reports/report.ts', 'harness/trial.ts'],
    ['harness/trial.ts', 'reports/report.ts'],
    ['harness/commands/run.ts', 'docker/server.ts'],
  ] as const)
    t.truthy(breach({ from, to, typeOnly: false }), `${from} → ${to}`);
});

test('what runs in the container needs no package: it has no node_modules', (t) => {
  const seen = new Set<string>();
  const visit = (file: string): string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    return importsOf(file)
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap(({ to }) =>
        to.startsWith('node:') ? [] : isBare(to) ? [`${file} imports ${to}`] : visit(to),
      );
  };
  t.deepEqual(visit('docker/server.ts'), []);
  t.true(seen.has('scenarios/backend.ts'), 'the model is among what was visited');
});

test('one file, one idea: none is over 400 lines, and the median is under 110', (t) => {
  const lines = sources
    .map((file) => readFileSync(resolve(root, file), 'utf8').split('\n').length)
    .sort((a, b) => a - b);
  t.deepEqual(
    sources.filter((file) => readFileSync(resolve(root, file), 'utf8').split('\n').length > 400),
    [],
  );
  t.true(lines[lines.length >> 1]! < 110, `median ${lines[lines.length >> 1]}`);
});

test('the top level holds the rooms and nothing new', (t) => {
  const known =
    /^(harness|strategies|scenarios|reports|docker|package(-lock)?\.json|tsconfig\.json|biome\.json|ava\.config\.mjs|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|action\.yml|node_modules|dist|results|\..*)$/;
  t.deepEqual(
    readdirSync(root).filter((name) => !known.test(name)),
    [],
  );
  for (const name of rooms) t.true(existsSync(resolve(root, name)));
});
