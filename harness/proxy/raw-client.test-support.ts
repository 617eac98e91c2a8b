/** A client for tests that sends exactly the bytes it is given and reads responses with a parser of its own. */
import { connect, type Socket } from 'node:net';
import { fieldOf } from './raw-backend.test-support.ts';

export interface SeenResponse {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Lines after the last chunk. */
  readonly trailers: readonly string[];
}

export class RawClient {
  readonly socket: Socket;
  /** Bytes received and not yet read as a response. */
  text = '';
  /** How the connection ended: `end` by FIN, `reset` otherwise. */
  ending: 'end' | 'reset' | undefined = undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.ending ??= 'end';
      this.#wake();
    });
    socket.on('error', () => {
      this.ending = 'reset';
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static async connect(port: number, first = ''): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    const client = new RawClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    if (first !== '') client.send(first);
    return client;
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes, 'latin1');
  }

  /** Waits until `done`, at most `ms`. */
  async until(what: string, done: () => boolean, ms = 5_000): Promise<void> {
    const deadline = performance.now() + ms;
    while (!done()) {
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`no ${what} within ${ms} ms; read ${JSON.stringify(this.text.slice(0, 500))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The next response, whole. `head`: it answers a HEAD. Fails when the connection ends before it does. */
  async response({ head = false, ms = 5_000 } = {}): Promise<SeenResponse> {
    let seen: SeenResponse | undefined;
    const arrived = () => {
      seen = this.#take(head);
      return seen !== undefined || this.ended;
    };
    await this.until('response', arrived, ms);
    if (seen === undefined)
      throw new Error(`connection ended (${this.ending}) with ${JSON.stringify(this.text.slice(0, 500))}`);
    return seen;
  }

  async closed(ms = 5_000): Promise<'end' | 'reset'> {
    await this.until('end of the connection', () => this.ended, ms);
    return this.ending ?? 'end';
  }

  get ended(): boolean {
    return this.ending !== undefined || this.socket.closed;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(head: boolean): SeenResponse | undefined {
    const end = this.text.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [line = '', ...lines] = this.text.slice(0, end).split('\r\n');
    const start = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(line);
    if (start === null) throw new Error(`no status line: ${JSON.stringify(line)}`);
    const fields = lines.map((it) => {
      const field = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(it);
      if (field === null) throw new Error(`no field: ${JSON.stringify(it)}`);
      return [field[1]!, field[2]!] as const;
    });
    const status = Number(start[1]);
    const body = this.#body(status, fields, end + 4, head);
    if (body === undefined) return undefined;
    this.text = this.text.slice(body.end);
    return { status, reason: start[2]!, fields, body: body.text, trailers: body.trailers ?? [] };
  }

  #body(
    status: number,
    fields: SeenResponse['fields'],
    from: number,
    head: boolean,
  ): { text: string; end: number; trailers?: string[] } | undefined {
    const length = fieldOf(fields, 'content-length');
    const coding = fieldOf(fields, 'transfer-encoding');
    if (length !== undefined && coding !== undefined) throw new Error('two framing fields');
    if (head || status < 200 || status === 204 || status === 304) return { text: '', end: from };
    if (length !== undefined) {
      const end = from + Number(length);
      return this.text.length < end ? undefined : { text: this.text.slice(from, end), end };
    }
    if (coding === undefined)
      return this.ending === 'end' ? { text: this.text.slice(from), end: this.text.length } : undefined;
    let text = '';
    for (let at = from; ; ) {
      const lineEnd = this.text.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const size = Number.parseInt(this.text.slice(at, lineEnd), 16);
      const data = lineEnd + 2;
      if (size === 0) {
        const end = this.text.indexOf('\r\n\r\n', lineEnd);
        if (end < 0) return undefined;
        const trailers = this.text.slice(data, end).split('\r\n');
        return { text, end: end + 4, trailers: end < data ? [] : trailers };
      }
      if (this.text.length < data + size + 2) return undefined;
      text += this.text.slice(data, data + size);
      at = data + size + 2;
    }
  }
}
