/** What the proxy answers of its own accord: one sentence in plain text. */
import { STATUS_CODES } from 'node:http';
import { headers } from '../../scenarios/headers.ts';

const sentences: Readonly<Record<number, readonly [reason: string, sentence: string]>> = {
  200: ['OK', 'These methods are allowed here.'],
  400: ['Bad Request', 'The request is malformed.'],
  405: ['Method Not Allowed', 'This method is not allowed here.'],
  408: ['Request Timeout', 'The request did not arrive in time.'],
  413: ['Content Too Large', 'The framing of the request body is too large.'],
  414: ['URI Too Long', 'The request target is too long.'],
  417: ['Expectation Failed', 'The only expectation met here is 100-continue.'],
  431: ['Request Header Fields Too Large', 'The request has too many header fields, or too large ones.'],
  501: ['Not Implemented', 'This method or transfer coding is not implemented.'],
  502: ['Bad Gateway', 'No backend gave a usable response.'],
  503: ['Service Unavailable', 'No backend is available.'],
  504: ['Gateway Timeout', 'The backend did not answer in time.'],
  505: ['HTTP Version Not Supported', 'Only HTTP/1.x is spoken here.'],
};

export interface AnswerOptions {
  /** No body: the request was HEAD. */
  readonly head: boolean;
  /** What Connection says; undefined for nothing, which is keep-alive in HTTP/1.1. */
  readonly connection: 'close' | 'keep-alive' | undefined;
  /** Attempts made; undefined when the request is none of ours. */
  readonly attempts: number | undefined;
}

/** What the user has put in place of an answer of ours. */
export interface OwnResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The whole response to write, its body as UTF-8 bytes in latin1, as everything is written. */
export function ownAnswer(
  { status, type, body }: OwnResponse,
  { head, connection, attempts }: AnswerOptions,
): string {
  const bytes = Buffer.from(body).toString('latin1');
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${type}`,
    `Content-Length: ${bytes.length}`,
  ];
  if (connection !== undefined) lines.push(`Connection: ${connection}`);
  if (attempts !== undefined) lines.push(`${headers.attempts}: ${attempts}`);
  return `${lines.join('\r\n')}\r\n\r\n${head ? '' : bytes}`;
}

/** The whole response to write. */
export function answer(status: number, { head, connection, attempts }: AnswerOptions): string {
  const [reason, sentence] = sentences[status]!;
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${sentence.length + 1}`,
  ];
  if (status === 405 || status === 200) lines.push('Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  if (connection !== undefined) lines.push(`Connection: ${connection}`);
  if (attempts !== undefined) lines.push(`${headers.attempts}: ${attempts}`);
  return `${lines.join('\r\n')}\r\n\r\n${head ? '' : `${sentence}\n`}`;
}
