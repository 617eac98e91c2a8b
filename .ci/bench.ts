/**
 * `npm run bench`: every `*.bench.ts` of the house, one after another, each in a process of its own, so that neither
 * heap nor compiled code of one weighs on the next. `npm run bench -- pick` runs those whose path contains `pick`.
 * Ends with 1 where a claim is missed, a benchmark fails or claims nothing, and with 2 where none has the name.
 * Run it on an idle machine.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import type { Claimed } from '../harness/claim.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const all = ['strategies', 'scenarios', 'harness', 'reports', 'docker']
  .flatMap((room) =>
    readdirSync(`${root}${room}`, { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`),
  )
  .filter((file) => file.endsWith('.bench.ts'))
  .sort();
const chosen = all.filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));

if (chosen.length === 0) {
  console.error(`No benchmark has ${wanted.join(' or ')} in its path; there are\n  ${all.join('\n  ')}`);
  process.exit(2);
}

const missed: string[] = [];
let met = 0;
for (const file of chosen) {
  console.log(`\n${file}`);
  const claims: Claimed[] = [];
  const child = execaNode({
    cwd: root,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
  })(file);
  child.nodeChildProcess.on('message', (it: Claimed) => it.type === 'claim' && claims.push(it));
  const { exitCode, signal, originalMessage } = await child;
  met += claims.filter((it) => it.met).length;
  missed.push(...claims.filter((it) => !it.met).map(({ line }) => `${file}: ${line}`));
  if (claims.length === 0) missed.push(`${file}: it claimed nothing`);
  if (exitCode !== 0 && claims.every((it) => it.met))
    missed.push(`${file}: it ended with ${signal ?? exitCode ?? originalMessage}`);
}

console.log(`\n${met} ${met === 1 ? 'claim' : 'claims'} met, ${missed.length} missed`);
for (const it of missed) console.log(`  MISSED  ${it}`);
process.exitCode = missed.length > 0 ? 1 : 0;
