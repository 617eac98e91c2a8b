import test from 'ava';
import { place } from '../cli.test-support.ts';

interface Row {
  name: string;
  drivers?: string[];
  needs?: string;
}

test('scenarios say which drivers can run them as they are written', async (t) => {
  const { steelyard } = await place(t);
  const rows = JSON.parse((await steelyard('list', 'scenarios', '--json')).stdout) as Row[];
  const drivers = Object.fromEntries(rows.map((it) => [it.name, it.drivers]));
  t.deepEqual(drivers.failover, ['docker', 'process', 'simulation']);
  for (const name of ['stale-board', 'local-views', 'hyperscale', 'regions'])
    t.deepEqual(drivers[name], ['simulation'], name);
  const { stdout } = await steelyard('list', 'scenarios');
  t.regex(stdout, /^hyperscale .* \[simulator only\]$/m);
  t.regex(stdout, /^failover .* \[docker, process, simulation; short tier\]$/m);
});

test('strategies say what they need, in words and in JSON', async (t) => {
  const { steelyard } = await place(t);
  const rows = JSON.parse((await steelyard('list', 'strategies', '--json')).stdout) as Row[];
  t.is(rows.find(({ name }) => name === 'oracle')?.needs, 'simulator');
  t.is(rows.find(({ name }) => name === 'p2c')?.needs, undefined);
  const { stdout } = await steelyard('list', 'strategies');
  t.regex(stdout, /^oracle .* \[simulator only\]$/m);
  t.regex(stdout, /^prequal .* \[asks backends for their load \(probes\)\]$/m);
});

test('on real backends a simulation is refused with the command that runs it, and nothing is started', async (t) => {
  const { steelyard } = await place(t);
  const { exitCode, stderr } = await steelyard(
    'run',
    'scenario.yaml',
    '--driver',
    'process',
    '--set',
    'balancer.count=10',
    '--contenders',
    'p2c,oracle',
  );
  t.is(exitCode, 2);
  t.regex(
    stderr,
    /^--set balancer\.count=10: expected one balancer on real backends, got 10; several run in the simulator only: steelyard simulate scenario\.yaml$/m,
  );
  t.regex(stderr, /^--contenders p2c,oracle: .*got oracle; it runs in the simulator only/m);
});
