/**
 * nginx, one worker: a reverse proxy at layer 7 and 4 to compare with, and the three backends themselves. One worker that
 * returns a constant costs less than half of the cheapest proxy, so that it is never what a proxy waits for.
 */
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { freePort, startServer } from './processes.ts';
import type { Serving, Subject } from './subject.ts';

const remedy = 'apt-get install nginx-light libnginx-mod-stream';
/** 128 bytes. */
const body = JSON.stringify({
  id: 4711,
  name: 'Ada Lovelace',
  mail: 'ada@example.org',
  roles: ['admin'],
}).padEnd(128);

const proxied = {
  http: (port: number, backends: readonly number[]) => `
http {
  access_log off;
  upstream fleet {
    ${servers(backends)}
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000000;
    location / {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}`,
  stream: (port: number, backends: readonly number[]) => `
stream {
  upstream fleet {
    ${servers(backends)}
  }
  server {
    listen 127.0.0.1:${port};
    tcp_nodelay on;
    proxy_pass fleet;
  }
}`,
};

function servers(backends: readonly number[]): string {
  return backends.map((it) => `server 127.0.0.1:${it};`).join('\n    ');
}

function nginx(mode: 'http' | 'stream'): Subject {
  return {
    name: `nginx ${mode}, 1 worker`,
    layer: mode === 'http' ? 7 : 4,
    async start({ backends, dir }) {
      const port = await freePort();
      const module = mode === 'stream' ? await streamModule() : '';
      return startNginx(`${dir}/nginx-${mode}`, port, proxied[mode](port, backends), module);
    },
  };
}

export const nginxHttp = nginx('http');
export const nginxStream = nginx('stream');

/** Three ports of one nginx, each of which answers whatever it is asked with the same 128 bytes of JSON. */
export async function startBackends(dir: string): Promise<Serving & { readonly ports: readonly number[] }> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const blocks = ports.map(
    (port) => `
  server {
    listen 127.0.0.1:${port} backlog=1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    default_type application/json;
    location / { return 200 '${body}'; }
  }`,
  );
  const serving = await startNginx(
    `${dir}/backends`,
    ports[2]!,
    `http {\n  access_log off;${blocks.join('')}\n}`,
  );
  return { ...serving, ports };
}

async function startNginx(name: string, port: number, blocks: string, module = ''): Promise<Serving> {
  const file = `${name}.conf`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((it) => `${it}_temp_path ${name}-${it};`).join('\n  ');
  await writeFile(
    file,
    `${module}
daemon off;
worker_processes 1;
pid ${name}.pid;
error_log stderr crit;
events { worker_connections 8192; }
${blocks.replace('http {', `http {\n  ${paths}`)}
`,
  );
  // -e: before it has read the file it would write to a log that only root may write.
  return startServer({ command: 'nginx', args: ['-e', 'stderr', '-c', file], port, remedy });
}

/** Where `stream` is a module of its own (Debian), the line that loads it. */
async function streamModule(): Promise<string> {
  const PATH = `${process.env.PATH ?? ''}:/usr/sbin`;
  const { stderr = '' } = await execa('nginx', ['-V'], { reject: false, env: { PATH } });
  const modules = /--modules-path=(\S+)/.exec(stderr)?.[1];
  return stderr.includes('--with-stream=dynamic') ? `load_module ${modules}/ngx_stream_module.so;\n` : '';
}
