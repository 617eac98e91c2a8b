/**
 * A backend for tests that answers with exactly the bytes it is told and keeps exactly what it received. It reads
 * requests with a parser of its own, as strict as it is slow, and shares no line with the proxy's: what it objects to in
 * what we send on is a fault of ours (`violations`).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { reset } from './reset.ts';

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values as they came, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  body: string;
  /** Lines after the last chunk. */
  trailers?: readonly string[];
  /** Number of the connection it came on, from 0. */
  readonly connection: number;
}

export interface RawBackendOptions {
  /** A whole request has come. Bytes to answer with; or nothing, and it has written to the socket itself, or never will. */
  respond?: (request: SeenRequest, socket: Socket) => string | Buffer | undefined;
  /** A head has come; its body may be still to come. */
  onHead?: (request: SeenRequest, socket: Socket) => void;
  onConnect?: (socket: Socket) => void;
  port?: number;
  /** Whether requests come on behalf of a client, and must say whose; true unless said otherwise. */
  forwarded?: boolean;
}

export const ok = (body = 'hello', fields = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;

export class RawBackend {
  /** Requests that came whole, in order. */
  readonly seen: SeenRequest[] = [];
  /** Heads that came, with or without the rest. */
  readonly heads: SeenRequest[] = [];
  readonly violations: string[] = [];
  readonly sockets = new Set<Socket>();
  /** Connections taken so far. */
  connections = 0;
  /** Bytes received, per connection. */
  readonly raw: string[] = [];
  /** Connections that ended, by number: `end` by FIN, `reset` otherwise. */
  readonly endings: ('end' | 'reset')[] = [];
  port = 0;
  readonly #server: Server;
  readonly #forwarded: boolean;

  private constructor(options: RawBackendOptions) {
    const { respond = () => ok(), forwarded = true } = options;
    this.#forwarded = forwarded;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = this.connections++;
      this.raw[connection] = '';
      this.sockets.add(socket);
      socket.on('error', () => {
        this.endings[connection] = 'reset';
      });
      socket.on('end', () => {
        this.endings[connection] = 'end';
        socket.end();
      });
      socket.on('close', () => this.sockets.delete(socket));
      options.onConnect?.(socket);
      let text = '';
      let current: SeenRequest | undefined;
      socket.on('data', (chunk) => {
        const piece = chunk.toString('latin1');
        this.raw[connection] += piece;
        text += piece;
        for (;;) {
          if (current === undefined) {
            const end = text.indexOf('\r\n\r\n');
            if (end < 0) return;
            current = this.#head(text.slice(0, end), connection);
            if (current === undefined) return;
            text = text.slice(end + 4);
            this.heads.push(current);
            options.onHead?.(current, socket);
          }
          const body = this.#body(current, text);
          if (body === undefined) return;
          const request = current;
          current = undefined;
          text = body.rest;
          request.body = body.text;
          this.seen.push(request);
          const answer = respond(request, socket);
          if (answer !== undefined) socket.write(answer, 'latin1');
        }
      });
    });
  }

  static async start(options: RawBackendOptions | RawBackendOptions['respond'] = {}): Promise<RawBackend> {
    const backend = new RawBackend(typeof options === 'function' ? { respond: options } : options);
    const port = typeof options === 'function' ? 0 : (options.port ?? 0);
    await new Promise<void>((resolve, reject) => {
      backend.#server.once('error', reject);
      backend.#server.listen({ host: '127.0.0.1', port }, resolve);
    });
    backend.port = (backend.#server.address() as { port: number }).port;
    return backend;
  }

  /** Closes the listener and resets every connection. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) reset(socket);
    await closed;
  }

  #head(text: string, connection: number): SeenRequest | undefined {
    const [line = '', ...lines] = text.split('\r\n');
    const start = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+) (\*|\/[!-"$-~]*) HTTP\/1\.1$/.exec(line);
    const fields = lines.map((it) => /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(it));
    const values = (name: string) =>
      fields.filter((it) => it?.[1]?.toLowerCase() === name).map((it) => it![2]!);
    const bad = (why: string) => {
      this.violations.push(`${why}: ${JSON.stringify(text)}`);
      return undefined;
    };
    if (start === null) return bad('start line');
    if (fields.includes(null)) return bad('field');
    if (values('host').length !== 1) return bad('host');
    if (values('content-length').length + values('transfer-encoding').length > 1) return bad('framing');
    if (values('x-forwarded-for').length !== (this.#forwarded ? 1 : 0)) return bad('x-forwarded-for');
    if (values('te').some((it) => it !== 'trailers')) return bad('te');
    if (values('te').length > 0 && !/\bTE\b/.test(values('connection').join()))
      return bad('te, not said to be a hop');
    if (values('trailer').length > 0 && values('transfer-encoding').length === 0) return bad('trailer');
    for (const hop of ['keep-alive', 'proxy-connection', 'proxy-authorization'])
      if (values(hop).length > 0) return bad(hop);
    return {
      method: start[1]!,
      target: start[2]!,
      fields: fields.map((it) => [it![1]!, it![2]!] as const),
      body: '',
      connection,
    };
  }

  #body(request: SeenRequest, text: string): { text: string; rest: string } | undefined {
    const length = fieldOf(request.fields, 'content-length');
    if (length !== undefined)
      return text.length < Number(length)
        ? undefined
        : { text: text.slice(0, Number(length)), rest: text.slice(Number(length)) };
    if (fieldOf(request.fields, 'transfer-encoding') === undefined) return { text: '', rest: text };
    let body = '';
    for (let at = 0; ; ) {
      const lineEnd = text.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const size = text.slice(at, lineEnd);
      if (!/^[0-9a-f]+$/i.test(size)) this.violations.push(`chunk size: ${JSON.stringify(size)}`);
      const data = lineEnd + 2;
      if (Number.parseInt(size, 16) === 0) {
        const lines: string[] = [];
        for (let from = data; ; ) {
          const to = text.indexOf('\r\n', from);
          if (to < 0) return undefined;
          const rest = text.slice(to + 2);
          if (to === from) {
            request.trailers = lines;
            return { text: body, rest };
          }
          lines.push(text.slice(from, to));
          from = to + 2;
        }
      }
      const end = data + Number.parseInt(size, 16);
      if (text.length < end + 2) return undefined;
      if (text.slice(end, end + 2) !== '\r\n') this.violations.push(`chunk end: ${JSON.stringify(text)}`);
      body += text.slice(data, end);
      at = end + 2;
    }
  }
}

/** Value of the only field of that name; undefined when there is none. */
export function fieldOf(
  fields: readonly (readonly [name: string, value: string])[],
  name: string,
): string | undefined {
  return fields.find((it) => it[0].toLowerCase() === name.toLowerCase())?.[1];
}
