/** What goes out on the socket: whole answers, and the broken ones that faults ask for. */
import type { ServerResponse } from 'node:http';
import { misframed } from '../scenarios/faults/bad-length.ts';
import type { BadLength, Verdict } from '../scenarios/faults/fault.ts';
import { headers } from '../scenarios/headers.ts';

/** Who answers, and what it says of its load. */
export interface Sender {
  /** Of the backend. */
  readonly id: string;
  /** Value of the load header, asked for as a head is written; absent where none is sent. */
  readonly load?: () => string;
}

/** What a whole answer says. */
export interface Answer extends Sender {
  readonly body: Buffer;
}

/** Runs `then` in `ms`. */
export type Wait = (ms: number, then: () => void) => void;

function writeHead(
  res: ServerResponse,
  { id, load }: Sender,
  status: number,
  length: number | readonly string[],
): void {
  // The flat list is the form Node need not copy or look anything up in.
  const list = ['content-type', 'application/json', headers.backend, id];
  if (typeof length === 'number') list.push('content-length', String(length));
  else list.push(...length);
  if (load !== undefined) list.push(headers.load, load());
  res.writeHead(status, list);
}

/** The whole body with a 200. */
function answerWhole(answer: Answer, res: ServerResponse): void {
  writeHead(res, answer, 200, answer.body.length);
  res.end(answer.body);
}

/** A status and a sentence in JSON. */
export function answerStatus(sender: Sender, res: ServerResponse, status: number, says: object): void {
  const text = JSON.stringify(says);
  writeHead(res, sender, status, text.length);
  res.end(text);
}

/** RST, at once. */
export function resetNow(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}

/** Head and a share of the body, then RST; the pause lets the bytes arrive, since RST overtakes what is buffered. */
function resetAfter(answer: Answer, res: ServerResponse, sent: number): void {
  const { body } = answer;
  writeHead(res, answer, 200, body.length);
  res.write(body.subarray(0, Math.floor(body.length * sent)), () => setTimeout(() => resetNow(res), 5));
}

/** Promises the whole body, sends a share of it, then FIN. */
function truncateAfter(answer: Answer, res: ServerResponse, sent: number): void {
  const { body } = answer;
  writeHead(res, answer, 200, body.length);
  const part = body.subarray(0, Math.floor(body.length * sent));
  if (part.length === 0) res.flushHeaders();
  else res.write(part);
  res.socket?.destroySoon();
}

/** One byte every `every` ms, until all are sent or the client has gone. */
function drip(answer: Answer, res: ServerResponse, every: number, wait: Wait, done: () => void): void {
  const { body } = answer;
  writeHead(res, answer, 200, body.length);
  let at = 0;
  const next = () => {
    if (res.destroyed) return;
    res.write(body.subarray(at, ++at));
    if (at < body.length) wait(every, next);
    else {
      res.end();
      done();
    }
  };
  next();
}

/** The whole body, framed by what cannot be true; the connection stays open. */
function answerBadly(answer: Answer, res: ServerResponse, how: BadLength): void {
  const { body } = answer;
  writeHead(res, answer, 200, misframed(how, body.length));
  if (how === 'too-long') res.write(body);
  else res.end(body);
}

/** The whole body and more, in one piece, so that whoever reads the one has the other. */
function answerMore(answer: Answer, res: ServerResponse, bytes: number): void {
  const { socket } = res;
  socket?.cork();
  answerWhole(answer, res);
  socket?.write('x'.repeat(bytes));
  socket?.uncork();
}

/** Answers as the faults have it; `done` once that is all, at once but for a drip. Nothing where the verdict is to hang. */
export function carryOut(
  verdict: Verdict,
  answer: Answer,
  res: ServerResponse,
  wait: Wait,
  done: () => void = () => undefined,
): void {
  if (verdict.kind === 'hang') return;
  if (verdict.kind === 'drip') {
    drip(answer, res, verdict.every, wait, done);
    return;
  }
  done();
  if (verdict.kind === 'error') answerStatus(answer, res, verdict.status, { error: 'as the scenario asks' });
  else if (verdict.kind === 'truncate') truncateAfter(answer, res, verdict.sent);
  else if (verdict.kind === 'bad-length') answerBadly(answer, res, verdict.how);
  else if (verdict.kind === 'extra-bytes') answerMore(answer, res, verdict.bytes);
  else if (verdict.kind !== 'reset') answerWhole(answer, res);
  else if (verdict.sent > 0) resetAfter(answer, res, verdict.sent);
  else resetNow(res);
}
