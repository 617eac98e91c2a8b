/** Claims on process groups: what a folder in everybody's place may say, and what of it counts. */
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runName } from '../drivers/driver.test-support.ts';
import { labelThisRun } from '../ownership.ts';
import { ClaimFile, findClaims, killGroup } from './claim-file.ts';

const run = labelThisRun(runName('claims'));
const whole = { run, groups: [{ pid: 4_000_000, startTicks: '1' }] };

/** A place of the test's own, and a folder in it that claims what `text` says. */
function place(t: ExecutionContext) {
  const within = mkdtempSync(join(tmpdir(), 'steelyard-claims-'));
  t.teardown(() => rmSync(within, { recursive: true, force: true }));
  const claiming = (name: string, text: string) => {
    const folder = join(within, `steelyard-services-${userInfo().uid}-${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'claim.json'), text);
    return folder;
  };
  return { within, claiming };
}

test('what a run writes is found, with the groups it has now', (t) => {
  const claim = new ClaimFile(run);
  t.teardown(() => claim.remove());
  const own = () => findClaims().find(({ folder }) => folder === claim.folder);
  t.deepEqual(own(), { folder: claim.folder, run, groups: [] });
  claim.add(process.pid);
  t.deepEqual(
    own()?.groups.map(({ pid }) => pid),
    [process.pid],
  );
  claim.remove();
  t.is(own(), undefined);
});

test('a torn claim, one of no run and one on no group count for nothing, and hide no other', (t) => {
  const { within, claiming } = place(t);
  const texts = {
    torn: JSON.stringify(whole).slice(0, -5),
    empty: '',
    null: 'null',
    nobody: JSON.stringify({ groups: whole.groups }),
    'no-groups': JSON.stringify({ run }),
    ...Object.fromEntries(
      [1, 0, -1, -7, 2.5, '5', null].map((pid) => [
        `pid-${pid}`,
        JSON.stringify({ run, groups: [...whole.groups, { pid, startTicks: '1' }] }),
      ]),
    ),
  };
  for (const [name, text] of Object.entries(texts)) claiming(name, text);
  const folder = claiming('whole', JSON.stringify(whole));
  t.deepEqual(findClaims(within), [{ folder, ...whole }]);
});

test('a link into a folder is no folder of ours', (t) => {
  const { within, claiming } = place(t);
  const folder = claiming('real', JSON.stringify(whole));
  symlinkSync(folder, join(within, `steelyard-services-${userInfo().uid}-link`));
  t.deepEqual(
    findClaims(within).map((it) => it.folder),
    [folder],
  );
});

test('what another user says in our name counts for nothing', (t) => {
  if (userInfo().uid !== 0) return t.pass('only root can give a folder away');
  const { within, claiming } = place(t);
  chownSync(claiming('theirs', JSON.stringify(whole)), 65_534, 65_534);
  t.deepEqual(findClaims(within), []);
});

test('no signal goes to every process, nor to our own group', (t) => {
  // One that does nothing to whoever does not wait for it.
  for (const pid of [1, 0, -1, 2.5, Number.NaN])
    t.throws(() => killGroup(pid, 'SIGURG'), { instanceOf: RangeError, message: /process group above 1/ });
});
