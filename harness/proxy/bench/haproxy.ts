/** HAProxy, one thread: what it costs at layer 7 and 4 is the measure of ours. */
import { writeFile } from 'node:fs/promises';
import { freePort, startServer } from './processes.ts';
import type { Subject } from './subject.ts';

function haproxy(mode: 'http' | 'tcp'): Subject {
  return {
    name: `HAProxy ${mode}, 1 thread`,
    layer: mode === 'http' ? 7 : 4,
    async start({ backends, dir }) {
      const port = await freePort();
      const servers = backends.map((it, i) => `server app-${i + 1} 127.0.0.1:${it} check inter 500ms`);
      const http = ['option http-keep-alive', 'http-reuse always', 'option forwardfor'];
      const file = `${dir}/haproxy.cfg`;
      await writeFile(
        file,
        `
global
  nbthread 1
  maxconn 8192
defaults
  mode ${mode}
  timeout connect 500ms
  timeout client 75s
  timeout server 5s
  timeout http-request 10s
  timeout http-keep-alive 75s
listen bench
  bind 127.0.0.1:${port}
  balance roundrobin
  option httpchk GET /health
  ${[...(mode === 'http' ? http : []), ...servers].join('\n  ')}
`,
      );
      return startServer({
        command: 'haproxy',
        args: ['-db', '-f', file],
        port,
        remedy: 'apt-get install haproxy',
      });
    },
  };
}

export const haproxyHttp = haproxy('http');
export const haproxyTcp = haproxy('tcp');
