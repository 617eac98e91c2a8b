/**
 * HTTP/1.1 read by the letter of RFC 9112 and by regular expressions: slow, strict, and sharing no line with the proxy's
 * parser nor with the raw backend's. It says what a stream of bytes means, as far as that is beyond doubt.
 */

export interface ReadRequest {
  readonly method: string;
  /** In origin or asterisk form, as it should be sent on. */
  readonly target: string;
  readonly body: string;
}

export interface ReadResponse {
  readonly status: number;
  readonly body: string;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^(${token}) (\\S+) HTTP/1\\.(\\d)$`);
const statusLine = /^HTTP\/1\.(\d) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldLine = new RegExp(
  `^(${token}):[\\t ]*((?:[!-~\\x80-\\xff](?:[\\t -~\\x80-\\xff]*[!-~\\x80-\\xff])?)?)[\\t ]*$`,
);

type Fields = readonly (readonly [name: string, value: string])[];

/** Fields up to the empty line, and where the body begins; undefined where they are none. */
function fieldsOf(lines: readonly string[]): Fields | undefined {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (field === null) return undefined;
    fields.push([field[1]!.toLowerCase(), field[2]!]);
  }
  return fields;
}

function valuesOf(fields: Fields, name: string): string[] {
  return fields.filter(([it]) => it === name).map(([, value]) => value);
}

/** The body of a message that begins at `at`; undefined where its framing is in doubt, or it is not all there. */
function bodyOf(
  text: string,
  at: number,
  fields: Fields,
  minor: number,
  rest: 'none' | 'all',
): { body: string; end: number } | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) return undefined;
  if (lengths.length === 1) {
    if (!/^\d{1,15}$/.test(lengths[0]!)) return undefined;
    const end = at + Number(lengths[0]);
    return end > text.length ? undefined : { body: text.slice(at, end), end };
  }
  if (codings.length === 0)
    return rest === 'none' ? { body: '', end: at } : { body: text.slice(at), end: text.length };
  if (minor === 0 || codings[0]!.toLowerCase() !== 'chunked') return undefined;
  let body = '';
  for (let from = at; ; ) {
    const size = /^([0-9A-Fa-f]{1,13})(?:;[\t -~\x80-\xff]*)?\r\n/.exec(text.slice(from));
    if (size === null) return undefined;
    const data = from + size[0].length;
    const bytes = Number.parseInt(size[1]!, 16);
    if (bytes === 0) {
      const end = text.startsWith('\r\n', data) ? data : text.indexOf('\r\n\r\n', data) + 2;
      if (end < data) return undefined;
      const lines = end === data ? [] : text.slice(data, end - 2).split('\r\n');
      return fieldsOf(lines) === undefined ? undefined : { body, end: end + 2 };
    }
    if (text.slice(data + bytes, data + bytes + 2) !== '\r\n') return undefined;
    body += text.slice(data, data + bytes);
    from = data + bytes + 2;
  }
}

/** The requests that a stream begins with, up to where it is in doubt or ends. */
export function readRequests(stream: string): ReadRequest[] {
  const requests: ReadRequest[] = [];
  for (let at = 0; ; ) {
    while (stream.startsWith('\r\n', at)) at += 2;
    const end = stream.indexOf('\r\n\r\n', at);
    if (end < 0) return requests;
    const [line = '', ...lines] = stream.slice(at, end).split('\r\n');
    const start = requestLine.exec(line);
    const fields = fieldsOf(lines);
    if (start === null || fields === undefined) return requests;
    const minor = Number(start[3]);
    const hosts = valuesOf(fields, 'host');
    if (hosts.length > 1 || (hosts.length === 0 && minor > 0)) return requests;
    const body = bodyOf(stream, end + 4, fields, minor, 'none');
    if (body === undefined) return requests;
    const method = start[1]!;
    requests.push({ method, target: originOf(method, start[2]!), body: body.body });
    at = body.end;
    // Nothing after it is a request: the client said so, or speaks something else now.
    const connection = valuesOf(fields, 'connection').join().toLowerCase();
    if (/\bclose\b/.test(connection) || (minor === 0 && !/\bkeep-alive\b/.test(connection))) return requests;
  }
}

function originOf(method: string, target: string): string {
  const absolute = /^https?:\/\/[^/?]+(.*)$/i.exec(target);
  if (absolute === null) return target;
  const rest = absolute[1]!;
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}

/** The final response that a stream, which then ends, begins with; undefined where there is none that is whole and beyond doubt. */
export function readResponse(stream: string, method: string): ReadResponse | undefined {
  for (let at = 0; ; ) {
    const end = stream.indexOf('\r\n\r\n', at);
    if (end < 0) return undefined;
    const [line = '', ...lines] = stream.slice(at, end).split('\r\n');
    const start = statusLine.exec(line);
    const fields = fieldsOf(lines);
    if (start === null || fields === undefined) return undefined;
    const status = Number(start[2]);
    if (status < 200) {
      if (status === 101) return undefined;
      at = end + 4;
      continue;
    }
    if (method === 'HEAD' || status === 204 || status === 304) return { status, body: '' };
    const body = bodyOf(stream, end + 4, fields, Number(start[1]), 'all');
    return body && { status, body: body.body };
  }
}
