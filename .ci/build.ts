/**
 * `npm run build`: emits the publishable `dist/`. Node refuses to strip types inside node_modules, so the package ships
 * JavaScript, with everything that is read rather than imported (scenarios, Dockerfile, fonts, guides) at the same place beside it.
 */
import { chmod, cp, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = /\.(yaml|md|ttf|css|json)$|(^|\/)Dockerfile$/;
const notShipped = /(^|\/)(tsconfig\.json|golden|fixtures)(\/|$)/;

await rm(`${root}dist`, { recursive: true, force: true });
await execa('tsc', ['-p', '.ci/tsconfig.build.json'], { cwd: root, preferLocal: true, stdio: 'inherit' });
for (const room of ['harness', 'strategies', 'scenarios', 'reports', 'docker'])
  for (const file of await readdir(`${root}${room}`, { recursive: true }))
    if (read.test(file) && !notShipped.test(file))
      await cp(`${root}${room}/${file}`, `${root}dist/${room}/${file}`);
await chmod(`${root}dist/harness/cli.js`, 0o755);
