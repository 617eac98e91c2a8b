import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { type Child, launch, NotReady } from './role.ts';
import { type How, loopLine } from './stuck.test-support.ts';
import { lasting, whereIs } from './whereabouts.ts';

const role = new URL('./stuck.test-support.ts', import.meta.url);
const file = fileURLToPath(role);

async function stuck(t: ExecutionContext, how: How): Promise<Child<{ type: 'go' }, { type: 'pong' }>> {
  const child = await launch<{ how: How }, { type: 'go' }, { type: 'pong' }>(role, { how });
  t.teardown(() => child.stop(0));
  child.send({ type: 'go' });
  await sleep(300); // it is in there by then, and stays
  return child;
}

test('a loop that never ends is named by function, file and line, and the process is ended', async (t) => {
  const child = await stuck(t, 'loop');
  const frames = await child.endStuck();
  t.deepEqual(frames?.[0], { function: 'forever', file, line: loopLine });
  t.is(frames?.[1]?.file, file, 'its callers follow');
  t.is((await child.ended).signal, 'SIGKILL');
});

test('two at once do not want the same port', async (t) => {
  const children = await Promise.all([stuck(t, 'loop'), stuck(t, 'loop'), stuck(t, 'loop')]);
  const found = await Promise.all(children.map((child) => child.endStuck()));
  for (const frames of found) t.is(frames?.[0]?.line, loopLine);
});

test('a regular expression that never ends lets itself be asked', async (t) => {
  const child = await stuck(t, 'regex');
  t.is((await child.endStuck())?.[0]?.file, file);
});

test('native code that lets nobody in gives no line, within the time, and is ended all the same', async (t) => {
  const child = await stuck(t, 'bigint');
  const began = Date.now();
  t.is(await child.endStuck(), undefined);
  t.true(Date.now() - began < 15_000);
  t.is((await child.ended).signal, 'SIGKILL');
});

test('a process that only waits is in no call', async (t) => {
  const child = await stuck(t, 'idle');
  t.deepEqual(await child.endStuck(), []);
});

test('a process that is gone gives no line', async (t) => {
  const child = await stuck(t, 'idle');
  await child.stop();
  t.is(await child.endStuck(), undefined);
  t.is(await whereIs({ pid: child.pid, stderr: new PassThrough() }, 100), undefined);
});

test('a process that was never asked has opened no inspector', async (t) => {
  const child = await stuck(t, 'idle');
  await child.stop();
  t.is((await child.ended).stderr, '');
});

test('a child that hangs before it is ready is ended, and the error knows where it was', async (t) => {
  const error = await t.throwsAsync(launch(role, { how: 'before ready' }, { timeoutMs: 1_500 }), {
    instanceOf: NotReady,
    message: 'stuck.test-support.ts did not start: not ready after 1500 ms',
  });
  t.like((error as NotReady).frames?.[0], { file, line: loopLine });
});

/** `pick:3@7`: in pick, which is written on line 3, at line 7. */
const stack = (text: string) =>
  text.split(' ').map((call) => {
    const [, functionName, written, at] = /^(\w+):(\d+)@(\d+)$/.exec(call)!;
    const on = (line: string) => ({ scriptId: '1', lineNumber: Number(line) });
    return { functionName: functionName!, functionLocation: on(written!), location: on(at!) };
  });

for (const [sentence, earlier, later, stays] of [
  [
    'what a loop calls has returned: the loop stays, where it is now',
    'some:1@2 pick:3@7 ask:9@9',
    'pick:3@8 ask:9@9',
    'pick:3@8 ask:9@9',
  ],
  ['so it has if the loop now calls another', 'some:1@2 pick:3@7', 'other:5@6 pick:3@8', 'pick:3@8'],
  ['a loop within a helper stays with it', 'help:1@2 pick:3@7', 'help:1@3 pick:3@7', 'help:1@3 pick:3@7'],
  ['a namesake written elsewhere is another', 'f:1@2 pick:3@7', 'f:5@6 pick:3@7', 'pick:3@7'],
  ['where all has returned nothing stays', 'a:1@1', 'b:2@2', ''],
] as const)
  test(`two looks at a process: ${sentence}`, (t) =>
    t.deepEqual(lasting(stack(later), stack(earlier)), stays === '' ? [] : stack(stays)));
