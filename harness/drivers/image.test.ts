/** What goes into the backend image, and what makes it a new one. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { contextFiles, imageTag, serverFile } from './image.ts';

const files = contextFiles();
const names = files.map((it) => it.name);

test('the server, the model, every fault and law are in; tests, types and the library of scenarios are not', (t) => {
  const needed = ['docker/Dockerfile', serverFile, 'scenarios/backend.ts', 'scenarios/faults/slow.ts'];
  for (const name of [...needed, 'scenarios/service-times/exponential.ts'])
    t.true(names.includes(name), name);
  t.deepEqual(
    names.filter((it) => /\.(test|test-support|d)\.|\.yaml$/.test(it)),
    [],
  );
});

test('the tag is the same for the same content, and another for any change of content, name or number', (t) => {
  const file = (name: string, content: string) => ({ name, content: Buffer.from(content) });
  const tag = imageTag([file('a', 'bc')]);
  t.regex(tag, /^steelyard-backend:[0-9a-f]{16}$/);
  t.is(imageTag([file('a', 'bc')]), tag);
  const others = [
    [file('a', 'bd')],
    [file('b', 'bc')],
    [file('ab', 'c')],
    [file('a', 'bc'), file('d', '')],
    [],
  ];
  t.is(new Set([tag, ...others.map(imageTag)]).size, others.length + 1);
});

test('the context is complete: from it alone, without any package, the server starts and asks for its settings', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-context-'));
  for (const { name, content } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const env = { STEELYARD_BACKEND: '{}' };
  const ended = await t.throwsAsync(
    promisify(execFile)(process.execPath, [serverFile], { cwd: folder, env }),
  );
  t.regex((ended as unknown as { stderr: string }).stderr, /^backend: expected `spec` in STEELYARD_BACKEND/);
  await rm(folder, { recursive: true });
});
