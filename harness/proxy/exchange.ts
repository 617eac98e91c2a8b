/**
 * One request on its way: pick a backend, send, relay the response, try again where that is safe, and tell the dispatcher
 * exactly once per attempt how it ended. A client connection owns one exchange and uses it for each of its requests.
 *
 * What a client sees is a whole response or none: what cannot be completed is answered with 502, 503 or 504 as long as
 * nothing of a response went out; afterwards the connection is reset, so that no half looks like a whole.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { Dispatch } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { bodyMode } from './body.ts';
import type { Client } from './client.ts';
import { clientHead, upgradeHead } from './client-head.ts';
import { ClientRequest } from './client-request.ts';
import type { ProxyCore } from './core.ts';
import { Deadline, type DeadlineQueue } from './deadlines.ts';
import { frame } from './frame.ts';
import { loadField, takeReport } from './load-report.ts';
import { Replay } from './replay.ts';
import { ResponseBody } from './response-body.ts';
import { framing, ResponseHead } from './response-head.ts';
import type { Sessions } from './sessions.ts';
import { Tunnel } from './tunnel.ts';
import { localShortage, type Upstream, type UpstreamUser } from './upstream.ts';
import { Waits } from './waits.ts';

const nothing = Buffer.alloc(0);

export class Exchange implements UpstreamUser {
  /** A request is under way. */
  active = false;
  /** Who had the latest attempt, and how it ended; whoever watches requests clears both before each. */
  backend: PooledBackend | undefined = undefined;
  kind: OutcomeKind | undefined = undefined;
  readonly #core: ProxyCore;
  readonly #client: Client;
  readonly #deadline = new Deadline((queue) => this.#expired(queue));
  /** Of the whole request, where there is one. */
  readonly #whole: Deadline | undefined;
  readonly #response: ResponseHead;
  readonly #body = new ResponseBody();
  readonly #request = new ClientRequest();
  readonly #end = { status: 0, firstByte: Number.NaN, sent: false, answered: false };
  /** Of the pool that the current request goes to. */
  #dispatcher: Dispatcher;
  #dispatch: Dispatch | undefined = undefined;
  /** What the client says it is bound to; empty where it says nothing. */
  #session = '';
  #upstream: Upstream | undefined = undefined;
  readonly #replay: Replay;
  readonly #waits: Waits;
  /** All of the request has been given to `begin` and `sendBody`. */
  #requestDone = false;
  #inBody = false;
  /** The response's head went out. */
  #headSent = false;
  #interim = 0;
  #partial: Buffer | undefined = undefined;
  /** What the response says of the backend's load, where somebody asks. */
  #load: string | undefined = undefined;
  /** What to answer when no attempt is left. */
  #failure = 502;

  constructor(core: ProxyCore, client: Client) {
    this.#core = core;
    this.#client = client;
    this.#dispatcher = core.dispatcher;
    if (core.whole !== undefined) this.#whole = new Deadline(() => this.#tookTooLong());
    this.#replay = new Replay(core.limits.replayBytes);
    this.#waits = new Waits(core, this.#deadline, () => this.#attempt());
    this.#response = new ResponseHead(core.responses);
  }

  /** The response's head went out: no other can be given any more. */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** Attempts made for the current or last request. */
  get attempts(): number {
    return this.#dispatch?.attempts ?? 0;
  }

  /** When the latest attempt's response began, ms; NaN where none did. */
  get firstByteAt(): number {
    return this.#dispatch === undefined ? Number.NaN : this.#dispatch.startedAt + this.#end.firstByte;
  }

  /** Takes a request in; `payload` is its head with what has come of its body, `done` when that is all. */
  begin(payload: string | Buffer, done: boolean): void {
    const { route } = this.#client.head;
    this.#request.take(this.#client, this.#core.keyIsClient);
    this.active = true;
    this.#replay.begin(payload);
    this.#requestDone = done;
    this.#headSent = false;
    this.#end.answered = false;
    this.#failure = 502;
    this.#dispatcher = route === undefined ? this.#core.dispatcher : route.dispatcher;
    this.#dispatch = this.#dispatcher.open(this.#request);
    if (this.#core.sessions !== undefined) this.#findSession(this.#core.sessions);
    if (this.#whole !== undefined) this.#core.whole!.start(this.#whole, this.#core.now());
    this.#attempt();
  }

  #findSession(sessions: Sessions): void {
    this.#session = sessions.sessionIn(this.#client.head.told, this.#dispatcher);
    this.#dispatch!.preferred = sessions.bound(this.#session, this.#dispatcher);
  }

  /** Sends more of the request's body. False: no more until `client.resume`. */
  sendBody(payload: string | Buffer, done: boolean): boolean {
    this.#requestDone = done;
    const { sent } = this.#end;
    this.#replay.add(payload, sent);
    if (!sent) return !this.#replay.full;
    const flowing = payload.length === 0 || this.#upstream!.socket.write(payload, 'latin1');
    // The backend's time runs while it is its turn: when it has the request, or will not take more of it.
    if (done || !flowing) this.#core.trying.start(this.#deadline, this.#core.now());
    return flowing;
  }

  /** The client has left, or sent what ends the connection. */
  cancel(): void {
    if (!this.active) return;
    this.#leave('cancelled');
    this.#over();
  }

  /** The client takes more of the response. */
  clientDrained(): void {
    this.#upstream?.socket.resume();
  }

  connected(): void {
    this.#send();
  }

  received(b: Buffer, size: number): boolean {
    if (Number.isNaN(this.#end.firstByte)) this.#end.firstByte = this.#core.now() - this.#dispatch!.startedAt;
    return this.#inBody ? this.#relay('', b, 0, size) : this.#readHead(b, size);
  }

  ended(): void {
    if (this.#inBody && this.#body.mode === bodyMode.untilClose) {
      this.#body.done = true;
      this.#relay('', nothing, 0, 0);
    } else this.#fail('reset', 502);
  }

  broken(error: NodeJS.ErrnoException): void {
    if (this.#upstream?.connected === true) this.#fail('reset', 502);
    else if (localShortage.has(error.code ?? '')) {
      // What lies unused takes room from what is needed.
      this.#core.upstreams.sweep(Number.POSITIVE_INFINITY);
      this.#fail('cancelled', 503);
    } else this.#fail('unreachable', 502);
  }

  drained(): void {
    if (!this.#requestDone) this.#deadline.stop();
    this.#client.resume();
  }

  #attempt(): void {
    const { upstreams, connecting, time } = this.#core;
    const dispatch = this.#dispatch!;
    const backend = this.#dispatcher.pick(dispatch);
    if (backend === undefined) {
      this.#end.sent = false;
      if (!this.#waits.queue(this.#dispatcher, dispatch))
        this.#giveUp(dispatch.attempts === 0 ? 503 : this.#failure);
      return;
    }
    this.backend = backend;
    this.#core.sessions?.picked(this.#session, this.#dispatcher, backend);
    this.#end.sent = false;
    this.#end.firstByte = Number.NaN;
    this.#inBody = false;
    this.#interim = 0;
    this.#partial = undefined;
    this.#upstream = upstreams.take(backend, this, time);
    if (this.#upstream !== undefined) this.#send();
    else {
      this.#upstream = upstreams.open(backend, this);
      connecting.start(this.#deadline, dispatch.startedAt);
    }
  }

  #send(): void {
    this.#end.sent = true;
    const flowing = this.#replay.send(this.#upstream!.socket);
    if (this.#requestDone || !flowing) this.#core.trying.start(this.#deadline, this.#core.now());
    else this.#deadline.stop();
    if (flowing && !this.#requestDone) this.#client.resume();
  }

  #readHead(from: Buffer, length: number): boolean {
    let b = from;
    let size = length;
    if (this.#partial !== undefined) {
      b = Buffer.concat([this.#partial, from.subarray(0, length)]);
      size = b.length;
      this.#partial = undefined;
    }
    const { limits } = this.#core;
    for (let at = 0; ; ) {
      const end = this.#response.parse(b, at, size);
      if (end < 0 || (end === 0 ? size : end) - at > limits.responseHeadBytes) return this.#malformed();
      if (end === 0) {
        if (at < size) this.#partial = Buffer.from(b.subarray(at, size));
        return true;
      }
      at = end;
      if (this.#response.status >= 200) {
        if (this.#core.identity?.refutes(this.#response, b, this.#dispatch!.backend!))
          return this.#malformed();
        if (this.#core.sparing && this.#replay.whole && this.#isSpared()) return false;
        if (this.#core.reading) this.#load = this.#response.field(b, loadField);
        if (this.#client.head.route?.response !== undefined)
          this.#response.take(b, this.#client.head.route.response);
        return this.#relay(this.#startBody(), b, at, size);
      }
      if (this.#response.status === 101) return this.#upgrade(b, at, size);
      if (++this.#interim > limits.interimResponses) return this.#malformed();
      if (this.#client.head.minor === 1) {
        this.#end.answered = true;
        this.#client.write(`${this.#response.forwarded(framing.none)}\r\n`);
      }
      if (at === size) return true;
    }
  }

  /** Whether this response is not passed on, because another attempt may give a better one; that is under way then. */
  #isSpared(): boolean {
    const { status } = this.#response;
    if (!this.#dispatcher.spares(this.#dispatch!, status, this.#end.sent)) return false;
    this.#failure = 502;
    if (this.#finishAttempt(status >= 500 ? 'error' : 'ok', status)) this.#again();
    else this.#giveUp(502);
    return true;
  }

  /** Settles how the body is framed on both sides and returns the head for the client. */
  #startBody(): string {
    const response = this.#response;
    const { head } = this.#client;
    const body = this.#body;
    this.#inBody = true;
    body.respond(head, response);
    // An answer before the end of the request: whether the client still sends the rest is not to be known.
    const stays = head.keepAlive && body.delimited && this.#requestDone && !this.#core.closing;
    this.#client.keepAlive = stays;
    const more = this.#core.sessions?.lines(this.#session, this.#dispatcher, this.#dispatch!.backend!) ?? '';
    return clientHead(head, response, body, stays, this.#dispatch!.attempts, more);
  }

  /** Passes on a head and what of `b` is body; ends the exchange where the body does. */
  #relay(head: string, b: Buffer, from: number, to: number): boolean {
    const body = this.#body;
    const at = body.decode(b, from, to);
    if (at < 0) return this.#malformed();
    const trailers = this.#client.head.trailers ? body.trailers : '';
    const payload = frame(head, body.data, body.start, body.end, body.chunkedOut, body.done, trailers);
    let flowing = true;
    if (payload.length > 0) {
      this.#headSent = true;
      this.#end.answered = true;
      flowing = this.#client.write(payload);
    }
    // Writing to a client that is gone can have ended it all.
    if (!this.active || !body.done) return flowing;
    this.#complete(at < to);
    return true;
  }

  #complete(excess: boolean): void {
    const { status } = this.#response;
    const { upstreams, time } = this.#core;
    const upstream = this.#upstream!;
    this.#deadline.stop();
    this.#upstream = undefined;
    if (this.#body.reusable && this.#requestDone && !excess) upstreams.keep(upstream, time);
    else upstream.destroy();
    this.#end.status = status;
    // The strategy hears of it with the attempt's end, so it is set before.
    if (this.#load !== undefined) takeReport(this.#load, this.#dispatch!.backend!, this.#core.now());
    this.kind = status >= 500 ? 'error' : 'ok';
    this.#dispatcher.end(this.#dispatch!, this.kind, this.#end);
    this.#over();
    this.#client.finished(status);
  }

  #upgrade(b: Buffer, from: number, to: number): boolean {
    const { head } = this.#client;
    if (head.upgrade === undefined || !this.#response.upgrade) return this.#malformed();
    const upstream = this.#upstream!;
    this.#deadline.stop();
    this.#whole?.stop();
    const text = upgradeHead(head, this.#response, this.#dispatch!.attempts);
    this.#headSent = true;
    this.#end.answered = true;
    this.#client.write(frame(text, b, from, to, false, false));
    if (!this.active) return false;
    const tunnel = new Tunnel(this.#core, this.#client.socket, upstream, (kind) => {
      this.#upstream = undefined;
      this.kind = kind;
      this.#end.status = kind === 'ok' ? 101 : 0;
      this.#dispatcher.end(this.#dispatch!, kind, this.#end);
      this.#over();
    });
    upstream.user = tunnel;
    this.#client.becomeTunnel(tunnel);
    return true;
  }

  /** Not retried: the backend has the request, and answered. Answering the same way elsewhere would hide it. */
  #malformed(): boolean {
    this.#fail('error', 502);
    return false;
  }

  #expired(queue: DeadlineQueue): void {
    if (queue === this.#core.queueing) {
      this.#waits.stop(this.#dispatcher, this.#dispatch!, 'timeout');
      this.#giveUp(503);
      return;
    }
    // Where the client is what stalls, the backend is not to blame.
    const stalled = this.#headSent && this.#client.socket.writableNeedDrain;
    if (queue === this.#core.connecting) this.#fail('unreachable', 504);
    else this.#fail(stalled ? 'cancelled' : 'timeout', 504);
  }

  #fail(kind: OutcomeKind, status: number): void {
    this.#failure = status;
    if (this.#finishAttempt(kind) && this.#replay.whole) this.#again();
    else this.#giveUp(status);
  }

  /** Another attempt, after its back-off. What comes of the body meanwhile is kept for it. */
  #again(): void {
    this.#end.sent = false;
    const wait = this.#dispatcher.backoff(this.#dispatch!);
    if (wait === 0) this.#attempt();
    else this.#waits.pause(wait);
  }

  #tookTooLong(): void {
    // Where the client is what stalls, the backend is not to blame.
    this.#leave(this.#headSent && this.#client.socket.writableNeedDrain ? 'cancelled' : 'timeout');
    this.#giveUp(504, true);
  }

  /** Ends what is under way for this request, or waited for. */
  #leave(kind: OutcomeKind): void {
    if (this.#dispatch!.backend !== undefined) this.#finishAttempt(kind);
    else this.#waits.stop(this.#dispatcher, this.#dispatch!, 'left');
  }

  /** Closes the connection and tells the dispatcher; returns whether another attempt is allowed. */
  #finishAttempt(kind: OutcomeKind, status = 0): boolean {
    this.#deadline.stop();
    this.#upstream?.destroy();
    this.#upstream = undefined;
    this.#end.status = status;
    this.kind = kind;
    return this.#dispatcher.end(this.#dispatch!, kind, this.#end);
  }

  #over(): void {
    this.active = false;
    this.#whole?.stop();
    this.#replay.clear();
  }

  #giveUp(status: number, late = false): void {
    if (!late && !this.#headSent && this.#fallsBack(status)) return;
    this.#over();
    if (this.#headSent) this.#client.abandon();
    else this.#client.answer(status, this.#requestDone);
  }

  /** Whether another pool is asked in place of this answer; that is safe where nothing was sent, or all may be again. */
  #fallsBack(status: number): boolean {
    const safe = this.#replay.whole && (this.#request.idempotent || !this.#end.sent);
    const fallback = safe ? this.#core.fallbackFor(status) : undefined;
    if (fallback === undefined || fallback === this.#dispatcher) return false;
    this.#dispatcher = fallback;
    fallback.takeOver(this.#dispatch!);
    this.#attempt();
    return true;
  }
}
