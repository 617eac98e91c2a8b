/** Debian's nginx, as it comes: a stock server that nobody here wrote. */
import { existsSync } from 'node:fs';
import type { ExecutionContext } from 'ava';

/** Absent where there is none. */
export const nginxPath = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((it) => existsSync(it));

/** Whether nginx is here; must be where STEELYARD_REQUIRE_NGINX=1. Where it need not and is not, the test passes with a word. */
export function hasNginx(t: ExecutionContext): boolean {
  if (nginxPath !== undefined) return true;
  t.not(process.env.STEELYARD_REQUIRE_NGINX, '1', 'apt-get install nginx-light');
  t.log('not tested: there is no nginx (apt-get install nginx-light)');
  t.pass();
  return false;
}

/** A configuration that serves files from `{dir}/html` on `{host}:{port}`, in the foreground, and writes nowhere else. */
export const nginxConfig = `
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server { listen {host}:{port}; root html; }
}
`;

export const page = 'served by {id}\n';
export const nginxCommand = `${nginxPath} -e stderr -p {dir} -c {dir}/nginx.conf`;

/** A fleet entry of so many of them. */
export const nginxFleet = (id: string, count: number) => ({
  ...{ id, count, command: nginxCommand },
  files: { 'nginx.conf': nginxConfig, 'html/index.html': page },
  ready: { path: '/' },
});
