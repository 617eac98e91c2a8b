/** A real nginx before backends of ours, which writes an access log. Debian: nginx-light. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';

const command = ['nginx', '/usr/sbin/nginx'].find((it) => spawnSync(it, ['-v']).status === 0);
export const nginxAvailable = command !== undefined;

/** As harness/import/README.md recommends. */
export async function recommendedFormat(): Promise<string> {
  const text = await readFile(new URL('./README.md', import.meta.url), 'utf8');
  return /log_format steelyard[^;]*;/.exec(text)![0];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface Nginx {
  readonly port: number;
  readonly log: string;
  /** Its log is complete then. */
  stop(): Promise<void>;
}

/** Balances round robin over these ports of 127.0.0.1, and tries another where one cannot be had. Gone when the test ends. */
export async function startNginx(t: ExecutionContext, dir: string, ports: readonly number[]): Promise<Nginx> {
  await mkdir(join(dir, 'temp'), { recursive: true });
  const port = await freePort();
  const log = join(dir, 'access.log');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (it) => `${it}_temp_path ${dir}/temp/${it};`,
  );
  const servers = ports.map((it) => `server 127.0.0.1:${it} max_fails=0;`);
  const config = `
daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/error.log crit;
events { worker_connections 4096; }
http {
  ${temporary.join(' ')}
  ${await recommendedFormat()}
  access_log ${log} steelyard;
  upstream app { ${servers.join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
  await writeFile(join(dir, 'nginx.conf'), config);
  const child = spawn(command!, ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  for (const until = Date.now() + 10_000; ; await sleep(20)) {
    const up = await fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`nginx does not serve: ${await readFile(join(dir, 'error.log'), 'utf8')}`);
  }
  return {
    port,
    log,
    stop: async () => {
      child.kill('SIGQUIT');
      await ended;
    },
  };
}
