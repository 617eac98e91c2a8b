/**
 * A process: http-proxy-3 over `node:http`, with the agent its guide gives for kept connections, and addresses passed on
 * as ours does. Arguments: port, backends' URLs.
 */
import { Agent, createServer } from 'node:http';

const [port, ...backends] = process.argv.slice(2);
// By a name that the compiler does not follow: only this bench needs the package.
const name: string = 'http-proxy-3';
const { createProxyServer } = (await import(name)) as {
  createProxyServer(options: object): {
    web(request: object, response: object, options: { target: URL }): void;
    on(event: 'error', listener: (error: Error) => void): void;
  };
};
const targets = backends.map((it) => new URL(it));
const proxy = createProxyServer({ agent: new Agent({ keepAlive: true }), xfwd: true });
proxy.on('error', (error) => {
  throw error;
});
let next = 0;
createServer((request, response) => {
  next = (next + 1) % targets.length;
  proxy.web(request, response, { target: targets[next]! });
}).listen(Number(port), '127.0.0.1');
