import { execFileSync } from 'node:child_process';
import { constants, openSync, readSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LogFile } from './log-file.ts';

async function place(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-log-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return join(dir, 'access.log');
}

const quiet = (t: ExecutionContext) => (sentence: string) => t.fail(sentence);

test('lines reach the file in order, whole, and within a moment', async (t) => {
  const file = await place(t);
  const log = new LogFile({ file, onTrouble: quiet(t) });
  for (let i = 0; i < 20_000; i++) log.add(`line ${i}\n`);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const early = await readFile(file, 'utf8');
  t.true(early.length > 0, 'before it is closed');
  log.add('last\n');
  await log.close();
  const lines = (await readFile(file, 'utf8')).split('\n');
  t.is(lines.length, 20_002);
  t.true(lines.slice(0, 20_000).every((line, i) => line === `line ${i}`));
  t.is(lines[20_000], 'last');
  t.is(log.dropped, 0);
});

test('after a rotation it goes on in a new file, and no line is lost or torn', async (t) => {
  const file = await place(t);
  const log = new LogFile({ file, onTrouble: quiet(t) });
  let n = 0;
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 10_000; i++) log.add(`line ${n++}\n`);
    await rename(file, `${file}.${round}`);
    log.reopen();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await log.close();
  const parts = await Promise.all([0, 1, 2, 3, 4].map((i) => readFile(`${file}.${i}`, 'utf8')));
  const all = `${parts.join('')}${await readFile(file, 'utf8')}`.split('\n').slice(0, -1);
  t.deepEqual(
    all,
    Array.from({ length: n }, (_, i) => `line ${i}`),
  );
});

test('a reader that takes nothing costs bounded memory; what is dropped is counted, told, and said in the file', async (t) => {
  const file = await place(t);
  execFileSync('mkfifo', [file]);
  // Open on both ends: opening a pipe for writing alone waits for a reader.
  const reader = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  const told: string[] = [];
  const log = new LogFile({ file, most: 400_000, onTrouble: (sentence) => told.push(sentence) });
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 1_000; i++) log.add(line);
  t.true(log.dropped >= 599 && log.dropped < 1_000, `${log.dropped} of 1000 dropped`);

  let text = '';
  const buffer = Buffer.alloc(65_536);
  const drain = () => {
    try {
      for (;;) {
        const size = readSync(reader, buffer);
        if (size === 0) return;
        text += buffer.toString('latin1', 0, size);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  };
  const deadline = Date.now() + 10_000;
  while (!text.includes('"dropped"') && Date.now() < deadline) {
    drain();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await log.close();
  drain();
  const lines = text.split('\n').slice(0, -1);
  const notices = lines.filter((it) => it.startsWith('{'));
  t.is(notices.length, 1);
  t.like(JSON.parse(notices[0]!), { dropped: log.dropped });
  t.is(lines.length - 1 + log.dropped, 1_000, 'every line is there or counted');
  t.regex(told.join(), /lines were dropped: it takes them too slowly/);
});

test('a file that cannot be opened is an error at the start', async (t) => {
  const file = join(await place(t), 'no', 'such');
  t.throws(() => new LogFile({ file, onTrouble: quiet(t) }), { code: 'ENOENT' });
});

test('a disk that is full is told, and the balancer lives on', async (t) => {
  const told: string[] = [];
  const log = new LogFile({ file: '/dev/full', onTrouble: (sentence) => told.push(sentence) });
  log.add('a\n');
  log.add('b\n');
  await new Promise((resolve) => setTimeout(resolve, 400));
  await log.close();
  t.true(log.dropped >= 2, `${log.dropped}`);
  t.regex(told[0]!, /access log \/dev\/full: 2 lines were dropped: ENOSPC/);
});
