/**
 * One active check: HTTP/1.1 GET on a fresh connection, within one timeout for everything. It passes on 200, unless
 * the body is a JSON object with a `status` other than "ok" (the article's rule).
 *
 * A fresh connection each time, since that is what the next request may need: a kept one would go on passing where
 * nothing is accepted any more. A frozen process is seen too: its kernel accepts, and then no byte comes.
 */
import { request } from 'node:http';
import { anotherOne } from './identity.ts';

/** Most bytes of a body worth reading: a health page is small, and a backend must not fill our memory. */
const bodyLimit = 64 * 1024;

export interface CheckTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** ms, from the start to the last byte. */
  readonly timeout: number;
  /** The field in which it says its id, and that id. */
  readonly identity?: { readonly field: string; readonly id: string } | undefined;
}

/** Resolves to why the check failed, or to the empty string when it passed. Never rejects. */
export function checkHealth({ host, port, path, timeout, identity }: CheckTarget): Promise<string> {
  return new Promise((resolve) => {
    const settle = (error: string) => {
      clearTimeout(timer);
      check.destroy();
      resolve(error);
    };
    const timer = setTimeout(() => settle(`no answer within ${timeout} ms`), timeout);
    const headers = { 'user-agent': 'steelyard-health', connection: 'close' };
    const check = request({ host, port, path, agent: false, headers, maxHeaderSize: 16 * 1024 });
    // Stays on after the verdict: a destroyed request may still report an error.
    check.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    check.on('upgrade', () => settle('expected a response, got an upgrade'));
    check.on('response', (response) => {
      const said = identity && response.headers[identity.field.toLowerCase()];
      if (typeof said === 'string' && said !== identity!.id) return settle(anotherOne(said));
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > bodyLimit) settle(`body of more than ${bodyLimit} bytes`);
      });
      response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      response.on('end', () => settle(judge(response.statusCode!, Buffer.concat(chunks).toString())));
    });
    check.end();
  });
}

/** Why this response fails the check; empty when it passes. */
export function judge(status: number, body: string): string {
  if (status !== 200) return `HTTP ${status}`;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return ''; // Not JSON: the status line is all there is to go by.
  }
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return '';
  return answer.status === 'ok' ? '' : `status ${JSON.stringify(answer.status).slice(0, 80)}`;
}
