/** The two proxies for Node that are used most, each in a process of its own and set up as its own documentation advises. */
import { fileURLToPath } from 'node:url';
import { freePort, startServer } from './processes.ts';
import type { Subject } from './subject.ts';

function nodeProxy(name: string, file: string): Subject {
  return {
    name,
    layer: 7,
    async start({ backends }) {
      const port = await freePort();
      const path = fileURLToPath(new URL(file, import.meta.url));
      return startServer({
        command: process.execPath,
        args: [path, String(port), ...backends.map((it) => `http://127.0.0.1:${it}`)],
        port,
        remedy: 'npm ci',
      });
    },
  };
}

export const httpProxy3 = nodeProxy('http-proxy-3', './http-proxy-3.ts');
export const fastifyHttpProxy = nodeProxy('@fastify/http-proxy', './fastify-http-proxy.ts');
