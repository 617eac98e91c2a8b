/** The limit on one process's memory: what it counts from, and what the kernel then holds it to. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { addressSpace, canLimitMemory, limitMemory } from './process-memory.ts';

test('the address space is read in kB, whatever a page is, and one that has none is an error', (t) => {
  t.is(addressSpace('Name:\tnode\nVmPeak:\t   20 kB\nVmSize:\t   1216 kB\nVmLck:\t       0 kB\n'), 1_245_184);
  t.throws(() => addressSpace('Name:\tnode\nState:\tZ (zombie)\n'), { message: /VmSize/ });
});

test('a process may take so much more than it has', async (t) => {
  if (!canLimitMemory()) return t.pass('this machine has no prlimit');
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('spawn', resolve));
  const of = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  // It grows until it sleeps.
  while (!/^State:\s+S/m.test(of('status'))) await new Promise((resolve) => setTimeout(resolve, 10));
  await limitMemory(child.pid!, 64);
  const limit = Number(/^Max address space\s+(\d+)/m.exec(of('limits'))![1]);
  t.is(limit, addressSpace(of('status')) + 64 * 2 ** 20);
});
