/**
 * A process: @fastify/http-proxy over undici, whose pools keep connections; no log. Several backends go through
 * `getUpstream`, as its guide says. Arguments: port, backends' URLs.
 */
const [port, ...backends] = process.argv.slice(2);
// By names that the compiler does not follow: only this bench needs the packages.
const names = ['fastify', '@fastify/http-proxy'];
const [fastify, plugin] = (await Promise.all(names.map((it) => import(it)))) as [
  {
    default(options: object): {
      register(plugin: unknown, options: object): void;
      listen(where: { port: number; host: string }): Promise<string>;
    };
  },
  { default: unknown },
];
let next = 0;
const server = fastify.default({ logger: false });
server.register(plugin.default, {
  upstream: '',
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 },
  replyOptions: {
    getUpstream() {
      next = (next + 1) % backends.length;
      return backends[next]!;
    },
  },
});
await server.listen({ port: Number(port), host: '127.0.0.1' });
