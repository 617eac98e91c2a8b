/**
 * The bytes of request i. Written anew for each, by concatenation: the headers differ from request to request, and
 * building them costs less than rewriting a template.
 */
import { headers } from '../../scenarios/headers.ts';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import type { Workload } from '../../scenarios/workload.ts';
import type { CookieJar } from './cookie-jar.ts';

/** Methods whose requests say how long their body is even when it is empty (RFC 9110 §8.6). */
const withBody = new Set(['POST', 'PUT', 'PATCH']);

export class RequestWriter {
  readonly #workload: Workload;
  readonly #starts = new Map<RequestShape, string>();
  readonly #host: string;
  readonly #regions: boolean;
  readonly #jar: CookieJar | undefined;

  constructor(workload: Workload, { host, port }: { host: string; port: number }, jar?: CookieJar) {
    this.#jar = jar;
    this.#workload = workload;
    this.#regions = workload.hasRegions;
    this.#host = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  shape(index: number): RequestShape {
    return this.#workload.request(index);
  }

  /**
   * One character a byte, ASCII but for a content's; `t`, ms from t = 0, is when the request is due. Throws a RangeError for a path that cannot stand in a request line.
   */
  write(index: number, t: number): string {
    const shape = this.#workload.request(index);
    let start = this.#starts.get(shape);
    if (start === undefined) {
      start = this.#start(shape);
      this.#starts.set(shape, start);
    }
    const cookies = this.#jar === undefined ? '' : this.#jar.line(this.#workload.client(index));
    return (
      `${start}${index}\r\n${headers.key}: ${this.#workload.key(index, t)}\r\n` +
      `${headers.client}: ${this.#workload.client(index)}\r\n${this.#regions ? this.#region(index) : ''}${cookies}` +
      `${headers.quantile}: ${this.#workload.quantile(index)}\r\n\r\n${shape.content?.bytes ?? bodyOf(shape.body)}`
    );
  }

  #region(index: number): string {
    const region = this.#workload.region(index);
    return region === undefined ? '' : `${headers.region}: ${region}\r\n`;
  }

  #start({ method, path, body, content, host = this.#host, headers: fields = {} }: RequestShape): string {
    if (!/^[\x21-\x7e]+$/.test(path))
      throw new RangeError(`path ${JSON.stringify(path)}: expected printable ASCII without spaces`);
    const typed = Object.keys(fields).some((name) => name.toLowerCase() === 'content-type');
    const length =
      body > 0
        ? `${typed ? '' : `content-type: ${content?.type ?? 'application/octet-stream'}\r\n`}content-length: ${body}\r\n`
        : withBody.has(method)
          ? 'content-length: 0\r\n'
          : '';
    const own = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${own.join('')}${length}${headers.request}: `;
  }
}

const bodies = new Map<number, string>([[0, '']]);

function bodyOf(bytes: number): string {
  let body = bodies.get(bytes);
  if (body === undefined) {
    body = 'x'.repeat(bytes);
    bodies.set(bytes, body);
  }
  return body;
}
