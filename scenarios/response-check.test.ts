import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';

const yaml = (request: string) =>
  `fleet: [{ id: app }]\ncontenders: [random]\nload: { open: { rate: 1/s }, duration: 1s, requests: [{ ${request} }] }`;
const contentOf = (request: string, file = 'test.yaml') => {
  const { content, body } = load(yaml(request), { file }).scenario.load.mix[0]!;
  return [content?.type, content?.bytes, body];
};

test('a content is text, JSON or a file, and its bytes are counted as they go out', (t) => {
  t.deepEqual(contentOf('content: "käse"'), ['text/plain', 'k\xc3\xa4se', 5]);
  t.deepEqual(contentOf('content: { text: a }'), ['text/plain', 'a', 1]);
  t.deepEqual(contentOf('content: { json: { a: [1, "x"] } }'), ['application/json', '{"a":[1,"x"]}', 13]);
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-content-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'order.xml'), '<ü/>');
  const file = join(folder, 'mine.yaml');
  t.deepEqual(contentOf('content: { file: order.xml }', file), [
    'application/octet-stream',
    '<\xc3\xbc/>',
    5,
  ]);
});

test('a check of one status is one of a list', (t) => {
  const checkOf = (request: string) => load(yaml(request)).scenario.load.mix[0]!.check;
  t.deepEqual(checkOf('check: { status: 404 }'), { status: [404] });
  t.deepEqual(checkOf('check: { contains: hi, header: { X-A: b } }'), {
    contains: 'hi',
    header: { 'X-A': 'b' },
  });
});

for (const [request, path, says] of [
  ['content: a, body: 3', 'load.requests.0.body', /expected `body` \(so many bytes\) or `content`/],
  ['content: { file: nowhere }', 'load.requests.0.content.file', /nothing at that path/],
  ['check: { status: 99 }', 'load.requests.0.check.status', /at least 200/],
  [
    'check: { json: {} }',
    'load.requests.0.check.json',
    /expected one of status, contains, header, got an unknown key/,
  ],
] as const)
  test(`refused: ${request}`, (t) => {
    const [problem] = problemsOf(yaml(request));
    t.is(problem?.path.join('.'), path);
    t.regex(problem!.message, says);
  });

test('a simulation says that it checks nothing', (t) => {
  const notes = (request: string) => load(yaml(request), { known: { ...known, simulated: true } }).notes;
  t.regex(notes('check: { status: 200 }').join(), /not made in the simulator/);
  t.deepEqual(notes('path: /'), []);
});
