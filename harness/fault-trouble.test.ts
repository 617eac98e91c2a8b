/**
 * Faults that do not do what was asked of them or may not begin, and runs that end while faults stand, on real processes and through the command
 * line: what did not take makes the run invalid and is named, and whatever stands is healed, the latest first.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { eventually, place, processesOf } from './cli.test-support.ts';
import { type Event, readEvents, readRun } from './recording.ts';

const world = (contenders: string, faults: string) => `
fleet: [{ id: app, count: 3, workers: 8, service: { constant: { mean: 2ms } } }]
load: { open: { rate: 200/s }, warmup: 200ms, duration: 3s }
contenders: [${contenders}]
faults: [${faults}]
`;

/** The process of one backend of a harness. */
async function processOf(harness: number, id: string): Promise<number | undefined> {
  for (const line of await processesOf(harness)) {
    const pid = line.split(' ')[0]!;
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
    const settings = /(?:^|\0)STEELYARD_BACKEND=([^\0]*)/.exec(environ)?.[1];
    if (settings !== undefined && (JSON.parse(settings) as { spec: { id: string } }).spec.id === id)
      return Number(pid);
  }
  return undefined;
}

type FaultEvent = Extract<Event, { type: 'fault' }>;
const faultEvents = async (dir: string): Promise<FaultEvent[]> =>
  (await readEvents(dir)).filter((it) => it.type === 'fault');

/** Once the first trial is under way. */
const begun = (out: string) =>
  eventually(
    () =>
      readRun(out).then(
        ({ trials }) => trials.length > 0,
        () => false,
      ),
    60_000,
  );

for (const [signal, what] of [
  ['SIGKILL', 'a backend that somebody else has killed'],
  ['SIGSTOP', 'a backend whose control port does not answer'],
] as const)
  test.serial(
    `${what} cannot be made slow: the run is invalid and says so, and the next contender has a whole fleet`,
    async (t) => {
      const { dir, scenario, steelyard } = await place(
        t,
        // Without the look at whether the fleet is steady, which would find it out before the fault is asked for.
        `${world('round-robin, p2c', '{ at: 2s, on: [app-1, app-2], slow: { added: 1ms } }')}steady: false\n`,
      );
      const out = join(dir, 'out');
      const child = steelyard('run', scenario, '--driver', 'process', '--no-twins', '--out', out);
      t.true(await begun(out));
      const victim = await processOf(child.pid!, 'app-2');
      process.kill(victim!, signal);
      const { exitCode, stdout } = await child;
      t.is(exitCode, 3, stdout);
      const says = /slow of app-2 \(faults\.0\), asked for at \d+ ms, did not take: .*(ECONNREFUSED|aborted)/;
      t.regex(stdout, says);
      t.regex(stdout, /run again/);
      t.notRegex(stdout, /slow of app-1 \(/);
      t.regex(await readFile(join(out, 'report.html'), 'utf8'), /slow of app-2 \(faults\.0\), asked for at/);
      const run = await readRun(out);
      t.is(run.status, 'invalid');
      t.deepEqual(
        run.trials.map(({ status }) => status),
        ['invalid', 'complete'],
      );
      t.deepEqual(await processesOf(child.pid!), []);
    },
  );

const standing =
  '{ at: 200ms, on: app-1, crash: {} }, { at: 400ms, on: app-2, freeze: {} }, { at: 600ms, on: app-3, slow: { added: 1ms } }';
/** Which faults were healed, in order. */
const healed = (events: readonly FaultEvent[]) =>
  events.filter(({ phase }) => phase === 'healed').map(({ kind }) => kind);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test.serial(
    `${signal} while three faults stand: all are healed, the latest first, and nothing is left`,
    async (t) => {
      const { dir, scenario, steelyard } = await place(t, world('p2c', standing));
      const out = join(dir, 'out');
      const child = steelyard('run', scenario, '--driver', 'process', '--no-twins', '--out', out);
      const taken = async () =>
        (await faultEvents(out)).filter(({ phase }) => phase === 'taken').length === 3;
      t.true(await begun(out));
      t.true(await eventually(taken));
      child.kill(signal);
      t.is((await child).exitCode, code);
      t.deepEqual(healed(await faultEvents(out)), ['slow', 'freeze', 'crash']);
      const { trials, status } = await readRun(out);
      t.is(status, 'interrupted');
      t.is(trials[0]!.unsound, undefined);
      t.deepEqual(await processesOf(child.pid!), []);
    },
  );

test.serial('a contender that fails while faults stand leaves none standing for the next', async (t) => {
  const { dir, scenario, steelyard } = await place(t, world('./tired.mts, p2c', standing));
  await writeFile(
    join(dir, 'tired.mts'),
    `let picks = 0;
export default { about: 'gives up', options: {}, create: () => ({ pick: ({ available }) => {
  if (++picks > 260) throw new Error('tired');
  return available[picks % available.length];
} }) };\n`,
  );
  const out = join(dir, 'out');
  const { exitCode, stdout } = await steelyard(
    'run',
    scenario,
    '--driver',
    'process',
    '--no-twins',
    '--out',
    out,
  );
  t.is(exitCode, 1, stdout);
  const run = await readRun(out);
  t.deepEqual(
    run.trials
      .toSorted((a, b) => (a.contender < b.contender ? -1 : 1))
      .map(({ contender, status }) => [contender, status]),
    [
      ['p2c', 'complete'],
      ['tired', 'failed'],
    ],
  );
  const events = await faultEvents(out);
  for (const { id } of run.trials) {
    const own = events.filter(({ trial }) => trial === id);
    const took = own.filter(({ phase }) => phase === 'taken').map(({ kind }) => kind);
    t.true(took.length > 0);
    t.deepEqual(healed(own), took.reverse());
  }
});

for (const command of ['simulate', 'run'] as const)
  test.serial(
    `${command}: a fleet that is not steady when the first fault is due gets none, and the run is invalid`,
    async (t) => {
      const { dir, scenario, steelyard } = await place(
        t,
        `fleet: [{ id: app, count: 2, workers: 1, queue: 4, service: { constant: { mean: 20ms } } }]
load: { open: { rate: 200/s }, warmup: 200ms, duration: 20s }
contenders: [p2c]
faults: [{ at: 1500ms, on: app-2, crash: {} }]
`,
      );
      const out = join(dir, 'out');
      const options = command === 'run' ? ['--driver', 'process', '--no-twins'] : ['--no-regret'];
      const { exitCode, stdout } = await steelyard(command, scenario, ...options, '--out', out);
      t.is(exitCode, 3, stdout);
      t.regex(
        stdout,
        /not steady, and so no fault was started: before the first fault \(crash at 1500 ms\) \d+%/,
      );
      t.regex(await readFile(join(out, 'report.html'), 'utf8'), /not steady, and so no fault was started/);
      const { status, trials } = await readRun(out);
      t.is(status, 'invalid');
      t.is(trials[0]!.status, 'invalid');
      t.true(trials[0]!.windowMs < 10_000, 'it ended there and then');
      t.true(trials[0]!.counts.sent > 50, 'what was measured until then is kept');
      t.deepEqual(await faultEvents(out), []);
      if (command === 'run') return;
      const forced = await steelyard(
        command,
        scenario,
        ...options,
        '--set',
        'steady=false',
        '--out',
        join(dir, 'all'),
      );
      t.is(forced.exitCode, 0, forced.stdout);
    },
  );
