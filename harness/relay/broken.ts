/** The broken answers that faults ask for, made of what a service answered. What our own backends do is `docker/answer.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { misframed } from '../../scenarios/faults/bad-length.ts';
import type { Verdict } from '../../scenarios/faults/fault.ts';

/** What the service answered. */
interface Answer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: Buffer;
}

/** Fields of one hop (RFC 9110 §7.6.1), and those that say how a body is framed where it is framed anew. */
const hop = new Set(['connection', 'keep-alive', 'proxy-connection']);

/** Raw fields (name, value, name, value …) without those of one hop. */
export function ofHop(raw: readonly string[], left: ReadonlySet<string> = hop): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2)
    if (!left.has(raw[i]!.toLowerCase())) kept.push(raw[i]!, raw[i + 1]!);
  return kept;
}

/** The whole body; undefined where it broke off, of which the connection has been told. */
export async function gathered(answer: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of answer) pieces.push(piece as Buffer);
  } catch {
    return undefined; // its `error` has reset the other side
  }
  return Buffer.concat(pieces);
}

const framed = new Set(['content-length', 'transfer-encoding']);

const none: Answer = { status: 502, fields: [], body: Buffer.alloc(0) };
/** RST overtakes what is buffered: the bytes before it get this long to arrive, ms. */
const beforeReset = 5;

/** The verdicts that are neither to pass nor to wait. */
export type Breaking = Exclude<Verdict, { kind: 'pass' | 'delay' }>;

/** Answers as a verdict has it that is neither to pass nor to wait. */
export function breakOff(res: ServerResponse, verdict: Breaking, answer: Answer = none): void {
  const { status, fields, body } = answer;
  const promise = () => {
    res.writeHead(status, [...ofHop(fields, framed), 'content-length', String(body.length)]);
  };
  const part = (share: number) => body.subarray(0, Math.floor(body.length * share));
  switch (verdict.kind) {
    case 'error': {
      const text = JSON.stringify({ error: 'as the scenario asks' });
      const length = String(text.length);
      res.writeHead(verdict.status, ['content-type', 'application/json', 'content-length', length]);
      res.end(text);
      return;
    }
    case 'reset':
      if (verdict.sent === 0) {
        res.socket?.resetAndDestroy();
        return;
      }
      promise();
      res.write(part(verdict.sent), () => setTimeout(() => res.socket?.resetAndDestroy(), beforeReset));
      return;
    case 'truncate':
      promise();
      if (part(verdict.sent).length > 0) res.write(part(verdict.sent));
      else res.flushHeaders();
      res.socket?.destroySoon();
      return;
    case 'drip':
      promise();
      dripOut(res, body, verdict.every);
      return;
    case 'bad-length':
      res.writeHead(status, [...ofHop(fields, framed), ...misframed(verdict.how, body.length)]);
      if (verdict.how === 'too-long') res.write(body);
      else res.end(body);
      return;
    case 'extra-bytes':
      // In one piece, so that whoever reads the one has the other.
      res.socket?.cork();
      promise();
      res.end(body);
      res.socket?.write('x'.repeat(verdict.bytes));
      res.socket?.uncork();
      return;
    case 'hang':
      return; // the answer is kept, and nothing comes
  }
}

/** One byte every `every` ms, until all are sent or the client has gone. */
function dripOut(res: ServerResponse, body: Buffer, every: number, at = 0): void {
  if (res.destroyed) return;
  if (at >= body.length) {
    res.end();
    return;
  }
  res.write(body.subarray(at, at + 1));
  setTimeout(() => dripOut(res, body, every, at + 1), every);
}
