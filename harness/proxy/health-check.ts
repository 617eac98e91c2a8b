/**
 * One active check: HTTP/1.1 GET on a fresh connection, within one timeout for everything. It passes on 200 (or the statuses
 * asked for), unless the body is a JSON object with a `status` other than "ok" (the article's rule). Or, of type `tcp`, a
 * connection that is made: all that can be asked of what speaks no HTTP, and it does not see a frozen process.
 *
 * A fresh connection each time, since that is what the next request may need: a kept one would go on passing where
 * nothing is accepted any more. A frozen process is seen too: its kernel accepts, and then no byte comes.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import { anotherOne } from '../pool-failures.ts';
import { cutShort } from './identity.ts';
import { reset } from './reset.ts';

/** Most bytes of a body worth reading: a health page is small, and a backend must not fill our memory. */
const bodyLimit = 64 * 1024;

export interface CheckTarget {
  readonly host: string;
  readonly port: number;
  readonly type: 'http' | 'tcp';
  readonly path: string;
  /** That pass. */
  readonly statuses: readonly number[];
  /** ms, from the start to the last byte. */
  readonly timeout: number;
  /** The field in which it says its id, that id, and who is told where it says another. */
  readonly identity?:
    | { readonly field: string; readonly id: string; readonly onOther: (said: string) => void }
    | undefined;
}

/** Resolves to why the check failed, or to the empty string when it passed. Never rejects. */
export function checkHealth(target: CheckTarget): Promise<string> {
  return target.type === 'tcp' ? checkConnection(target) : checkResponse(target);
}

function checkConnection({ host, port, timeout }: CheckTarget): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (error: string) => {
      clearTimeout(timer);
      // Nothing was said that a FIN would end; a reset leaves nothing behind on either side.
      reset(socket);
      resolve(error);
    };
    const timer = setTimeout(() => settle(`no connection within ${timeout} ms`), timeout);
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.on('connect', () => settle(''));
  });
}

function checkResponse({ host, port, path, statuses, timeout, identity }: CheckTarget): Promise<string> {
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
      if (typeof said === 'string' && said !== identity!.id) {
        identity!.onOther(cutShort(said));
        return settle(anotherOne(cutShort(said)));
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > bodyLimit) settle(`body of more than ${bodyLimit} bytes`);
      });
      response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      response.on('end', () =>
        settle(judge(response.statusCode!, Buffer.concat(chunks).toString(), statuses)),
      );
    });
    check.end();
  });
}

/** Why this response fails the check; empty when it passes. */
export function judge(status: number, body: string, statuses: readonly number[] = [200]): string {
  if (!statuses.includes(status)) return `HTTP ${status}`;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return ''; // Not JSON: the status line is all there is to go by.
  }
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return '';
  return answer.status === 'ok' ? '' : `status ${JSON.stringify(answer.status).slice(0, 80)}`;
}
