/** The library at once, as a user starts it; the short tier, so that it stays short. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Summary } from '../../reports/summary.ts';
import { listScenarios } from '../../scenarios/library.ts';
import { eventually, place } from '../cli.test-support.ts';
import type { AllResult } from './all-results.ts';

const short = listScenarios().flatMap(({ name, tier }) => (tier === 'short' ? [name] : []));
const readJson = async <T>(file: string) => JSON.parse(await readFile(file, 'utf8')) as T;

test('a line each as they end, a directory each, a table, and one answer for machines', async (t) => {
  const { dir, steelyard } = await place(t);
  const { stdout, exitCode } = await steelyard('simulate', '--all', '--tier', 'short', '--out', 'all');
  t.is(exitCode, 0, stdout);
  for (const name of short) {
    t.regex(stdout, new RegExp(`^ok   ${name} +(\\d+)/\\1 held +[\\d.]+ s$`, 'm'));
    t.regex(stdout, new RegExp(`^ok  ${name} +(\\d+)/\\1 +1 +[\\d.]+ s  \\S+$`, 'm'), 'in the table');
    const summary = await readJson<Summary>(join(dir, 'all', name, 'summary.json'));
    t.like(summary, { scenario: name, status: 'complete', driver: 'simulation' });
  }
  t.regex(stdout, new RegExp(`^${short.length} of ${short.length} scenarios are good; `, 'm'));
  t.deepEqual((await readdir(join(dir, 'all'))).sort(), ['all.json', ...short].sort());
  const all = await readJson<AllResult>(join(dir, 'all/all.json'));
  t.like(all, { command: 'simulate', tier: 'short', status: 'complete', leftOut: [] });
  t.deepEqual(
    all.scenarios.map(({ name }) => name),
    short,
  );
});

test('one that fails is named with its sentence and its numbers, the others go on, and the exit code is 99', async (t) => {
  const { steelyard } = await place(t);
  const impossible = 'expect=[{ metric: errorRate, contender: all, above: 90% }]';
  const { stdout, exitCode } = await steelyard(
    ...['simulate', '--all', '--tier', 'short', '--json', '--contenders', 'p2c', '--set', impossible],
  );
  t.is(exitCode, 99);
  const { scenarios } = JSON.parse(stdout) as AllResult;
  t.is(scenarios.length, short.length);
  for (const { name, code, held, total, wrong } of scenarios) {
    t.deepEqual([code, held, total], [99, 0, 1], name);
    t.regex(wrong[0]!, /^expectation not met: error rate .* above 90% \(p2c: .*\)$/, name);
  }
});

test('Ctrl-C keeps what is done, and says that the rest did not run', async (t) => {
  const { dir, steelyard } = await place(t);
  const running = steelyard('simulate', '--all', '--jobs', '1', '--rounds', '3', '--out', 'all');
  let seen = '';
  running.stdout!.on('data', (text) => {
    seen += text;
  });
  t.true(await eventually(() => /^ok /m.test(seen), 60_000));
  running.kill('SIGINT');
  const { exitCode, stdout } = await running;
  t.is(exitCode, 130);
  const { status, scenarios } = await readJson<AllResult>(join(dir, 'all/all.json'));
  t.is(status, 'interrupted');
  t.like(scenarios[0]!, { code: 0, status: 'complete' });
  t.true(scenarios.length < listScenarios().length);
  t.regex(stdout, /Interrupted: the others did not run\.$/m);
});

for (const [args, message] of [
  [['simulate'], /expected a scenario file, .*or --all, got none of them/],
  [['simulate', 'failover', '--all'], /--all: expected no scenario beside it, got failover/],
  [['run', 'failover', '--tier', 'short'], /--tier short: expected --all beside it/],
  [['run', '--all', '--tier', 'shrt'], /Allowed choices are short, whole/],
  [['simulate', '--all', '--sweep', 'rounds=1,2'], /--sweep: expected one scenario to sweep, got --all/],
  [['simulate', 'failover', '--keep'], /--keep: expected --sweep or --all beside it/],
] as const)
  test(`${args.join(' ')} is bad input`, async (t) => {
    const { steelyard } = await place(t);
    const { exitCode, stderr } = await steelyard(...args);
    t.is(exitCode, 2);
    t.regex(stderr, message);
  });
