/**
 * One client connection: reads requests strictly one after the other, so that pipelined ones are answered in order, and
 * holds back the reading when it gets ahead. A client that sends FIN after whole requests is answered, for a while: it may
 * wait for that with its own side closed. One that does so in mid-request, or in mid-response, has left: what is under way for it
 * is cancelled.
 */
import type { Socket } from 'node:net';
import { answer, ownAnswer } from './answers.ts';
import { BodyDecoder, bodyMode } from './body.ts';
import { state } from './client-state.ts';
import type { ProxyCore } from './core.ts';
import { Deadline, type DeadlineQueue } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { frame } from './frame.ts';
import { hostLine } from './host-line.ts';
import { Pace } from './pace.ts';
import { RequestHead } from './request-head.ts';
import { reset } from './reset.ts';
import { readShared } from './shared-reads.ts';
import type { Tunnel } from './tunnel.ts';
import { Watched } from './watched.ts';

const LF = 10;

export class Client {
  readonly socket: Socket;
  readonly address: string;
  /** It may speak for other clients (steelyard-client, steelyard-region; X-Forwarded-For where ranges are given). */
  readonly trusted: boolean;
  readonly head: RequestHead;
  /** Whether the connection outlives the response that is being sent. */
  keepAlive = true;
  /** Since when it has been idle, ms. */
  idleSince: number;
  /** We have closed our side and waited for long enough: it may go as soon as it has taken all. */
  lingered = false;
  readonly watched = new Watched();
  readonly #core: ProxyCore;
  readonly #exchange: Exchange;
  readonly #body = new BodyDecoder();
  readonly #deadline = new Deadline((queue) => this.#expired(queue));
  /** What `head.ownFields` says of every plain request. */
  readonly #own: string;
  #state: number = state.head;
  /** Read and not yet used: from `#at`. */
  #unread: Buffer | undefined = undefined;
  #at = 0;
  #bodyBytes = 0;
  /** Whether it takes what it is sent; undefined until it does not take all at once. */
  #pace: Pace | undefined = undefined;
  /** The backend takes no more of the body for now. */
  #blocked = false;
  #advancing = false;
  /** The client has sent its FIN, and what it had asked for before is still to be answered. */
  #halfClosed = false;
  #tunnel: Tunnel | undefined = undefined;

  constructor(core: ProxyCore, socket: Socket) {
    const remote = socket.remoteAddress ?? '';
    this.address = remote.startsWith('::ffff:') ? remote.slice(7) : remote;
    this.trusted = core.trust.includes(this.address);
    this.#core = core;
    this.socket = socket;
    this.head = new RequestHead(core.requests, this.trusted && core.trust.chains, this.trusted);
    this.#exchange = new Exchange(core, this);
    this.#own = this.head.ownFields(this.address, core.secure);
    this.idleSince = core.time;
    readShared(socket, (b, size) => {
      this.#received(b.subarray(0, size));
      this.#keep(b);
      return true;
    });
    socket.on('drain', () => this.#drained());
    socket.on('finish', () => this.#flushed());
    socket.on('end', () => this.#ended());
    socket.on('error', () => this.#left());
    socket.on('close', () => this.#left());
  }

  /** Nothing of a request has come, nothing of a response is left to go. */
  get idle(): boolean {
    return this.#state === state.head && this.#unread === undefined;
  }

  /** Whose the current request is: the client that a trusted peer says it speaks for, or the peer. */
  get who(): string {
    const { client, chain } = this.head;
    if (!this.trusted) return this.address;
    return client ?? (chain === '' ? undefined : this.#core.trust.clientIn(chain)) ?? this.address;
  }

  /** False: no more until drained. */
  write(payload: string | Buffer): boolean {
    // Now it shows whether anybody is there.
    if (this.#halfClosed && this.#deadline.queue === this.#core.halfClosed) this.#deadline.stop();
    const flowing = this.socket.write(payload, 'latin1');
    if (!flowing) this.#awaitFlush();
    return flowing;
  }

  /** More of the request's body can be sent on. */
  resume(): void {
    if (this.#state !== state.body) return;
    this.#startBodyDeadline();
    this.socket.resume();
  }

  /** The backend's response is written as a whole. */
  finished(status: number): void {
    this.#tell(status);
    this.#next();
  }

  #next(): void {
    this.idleSince = this.#core.time;
    if (!this.keepAlive || this.#state === state.body) {
      this.close();
      return;
    }
    if (this.socket.writableNeedDrain) {
      this.#state = state.draining;
      return;
    }
    this.#state = state.head;
    if (this.#unread !== undefined) this.#advance();
    else if (this.#core.closing || this.#halfClosed) this.close();
  }

  /** Answers the current request ourselves; the connection stays where all of the request has been read. */
  answer(status: number, complete: boolean): void {
    const { head } = this;
    this.keepAlive = complete && head.keepAlive && !this.#core.closing;
    const alive = head.minor === 1 ? undefined : 'keep-alive';
    const attempts = head.number >= 0 ? this.#exchange.attempts : undefined;
    const connection = this.keepAlive ? alive : 'close';
    const options = { head: head.method === 'HEAD', connection, attempts } as const;
    const own = this.#core.ownResponse(status);
    this.write(own === undefined ? answer(status, options) : ownAnswer(own, options));
    this.#tell(own?.status ?? status);
    this.#next();
  }

  /** Closes our side in order, and the whole once the client has closed its own, or after a while. */
  close(): void {
    this.#state = state.linger;
    this.#unread = undefined;
    this.socket.end();
    this.socket.resume();
    this.#deadline.stop();
    if (this.socket.writableLength > 0) this.#awaitFlush();
    else this.#core.linger.start(this.#deadline, this.#core.now());
  }

  /** For a response that cannot be completed: a reset, which nobody takes for its end. */
  abandon(): void {
    this.#state = state.linger;
    this.#tell(0);
    reset(this.socket);
  }

  becomeTunnel(tunnel: Tunnel): void {
    this.#pace?.stop();
    this.#state = state.tunnel;
    this.#tunnel = tunnel;
    const early = this.#unread?.subarray(this.#at);
    this.#unread = undefined;
    this.socket.resume();
    if (early !== undefined && early.length > 0) tunnel.fromClient(early);
  }

  #received(chunk: Buffer): void {
    if (this.#state === state.linger) return;
    if (this.#state === state.tunnel) {
      this.#tunnel!.fromClient(chunk);
      return;
    }
    if (this.#unread === undefined) {
      this.#unread = chunk;
      this.#at = 0;
    } else {
      this.#unread = Buffer.concat([this.#unread.subarray(this.#at), chunk]);
      // A head is read again from its start only when a line has come to an end: drops of it cost nothing.
      const { requestHeadBytes } = this.#core.limits;
      this.#at = 0;
      if (this.#state === state.head && this.#unread.length <= requestHeadBytes && !chunk.includes(LF))
        return;
    }
    if (this.#state <= state.body) this.#advance();
    else if (this.#unread.length - this.#at > this.#core.limits.pipelinedBytes) this.socket.pause();
  }

  /** Makes what is left of a read ours, as `b` is about to be used again. */
  #keep(b: Buffer): void {
    if (this.#unread === undefined || this.#unread.buffer !== b.buffer) return;
    this.#unread = Buffer.from(this.#unread.subarray(this.#at));
    this.#at = 0;
  }

  /** Reads on for as long as there is something to read and it is a request's turn. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#unread !== undefined && this.#state <= state.body)
      if (!(this.#state === state.head ? this.#readHead(this.#unread) : this.#readBody(this.#unread))) break;
    this.#advancing = false;
    if (this.#halfClosed && this.#state <= state.waiting) {
      this.#endHere();
      return;
    }
    if (this.#state <= state.body && this.#unread === undefined && this.socket.isPaused() && !this.#blocked)
      this.socket.resume();
  }

  #readHead(b: Buffer): boolean {
    const { limits, head } = this.#core;
    const end = this.head.parse(b, this.#at, b.length);
    if (end < 0) return this.#refuse(-end);
    const size = (end === 0 ? b.length : end) - this.#at;
    if (size > limits.requestHeadBytes) return this.#refuse(431);
    if (end === 0) {
      if (this.#deadline.queue === undefined) head.start(this.#deadline, this.#core.now());
      this.socket.resume();
      return false;
    }
    if (this.#deadline.queue !== undefined) this.#deadline.stop();
    if (this.#core.watcher !== undefined) this.watched.begin(this.#core, this, this.#exchange, size);
    this.#at = end;
    if (this.head.maxForwards === 0) return this.#answerHere(b);
    const { chunked, contentLength, forwarded, hasHost } = this.head;
    const own = this.head.plain ? this.#own : this.head.ownFields(this.address, this.#core.secure);
    const payload = hasHost ? forwarded + own : `${forwarded}${hostLine(this.socket)}${own}`;
    if (!chunked && contentLength <= 0) {
      this.#use(b);
      this.#state = state.waiting;
      this.#exchange.begin(payload, true);
      return true;
    }
    this.#body.begin(chunked ? bodyMode.chunked : bodyMode.length, contentLength);
    const next = this.#body.decode(b, this.#at, b.length);
    if (next < 0) return this.#refuse(-next);
    this.watched.bytesIn += next - end;
    const { data, start, end: dataEnd, done, trailers } = this.#body;
    const first = frame(payload, data, start, dataEnd, chunked, done, trailers);
    this.#at = next;
    this.#use(b);
    this.#state = done ? state.waiting : state.body;
    this.#bodyBytes = 0;
    if (!done) this.#startBodyDeadline();
    this.#exchange.begin(first, done);
    return true;
  }

  /** OPTIONS that is to go no further than here (RFC 9110 §7.6.2). */
  #answerHere(b: Buffer): boolean {
    this.#use(b);
    this.#state = state.waiting;
    this.answer(200, !this.head.chunked && this.head.contentLength <= 0);
    return true;
  }

  #readBody(b: Buffer): boolean {
    const next = this.#body.decode(b, this.#at, b.length);
    if (next < 0) return this.#breakOff(-next);
    const { data, start, end, done, trailers } = this.#body;
    const payload = frame('', data, start, end, this.head.chunked, done, trailers);
    this.#bodyBytes += end - start;
    this.watched.bytesIn += next - this.#at;
    this.#at = next;
    this.#use(b);
    if (done) {
      this.#state = state.waiting;
      this.#deadline.stop();
    }
    if (payload.length === 0 && !done) return true;
    this.#blocked = !this.#exchange.sendBody(payload, done) && !done;
    if (this.#blocked && this.#state === state.body) {
      this.#deadline.stop();
      this.socket.pause();
      return false;
    }
    return true;
  }

  #use(b: Buffer): void {
    if (this.#at >= b.length) this.#unread = undefined;
  }

  #startBodyDeadline(): void {
    this.#blocked = false;
    if (this.#deadline.queue === undefined) this.#core.body.start(this.#deadline, this.#core.now());
  }

  /** Of a request that was not begun. */
  #refuse(status: number): boolean {
    const connection = 'close';
    if (this.#core.watcher !== undefined && Number.isNaN(this.watched.begun))
      this.watched.begin(this.#core, this, this.#exchange, 0);
    this.write(answer(status, { head: false, connection, attempts: undefined }));
    this.#tell(status);
    this.#deadline.stop();
    this.close();
    return false;
  }

  /** In the middle of a request: its backend sees the connection close and no end of the body. */
  #breakOff(status: number): boolean {
    const answerable = this.#exchange.active && !this.#exchange.headSent;
    this.#exchange.cancel();
    if (!answerable) this.abandon();
    else this.#refuse(status);
    return false;
  }

  #tell(status: number): void {
    this.watched.end(this.#core, this, this.#exchange, status);
  }

  #drained(): void {
    this.#pace?.stop();
    if (this.#state === state.tunnel) this.#tunnel!.clientDrained();
    else if (this.#state === state.draining) this.#next();
    else this.#exchange.clientDrained();
  }

  /** All of ours has gone out, our FIN with it. */
  #flushed(): void {
    this.#pace?.stop();
    if (this.#state === state.linger && !this.socket.destroyed)
      this.#core.linger.start(this.#deadline, this.#core.now());
  }

  #awaitFlush(): void {
    this.#pace ??= new Pace(this.#core, this.socket, () => this.#tooSlow());
    this.#pace.watch();
  }

  /** It does not take what it is sent. What still comes of that is broken off: the backend is not to blame. */
  #tooSlow(): void {
    if (this.#exchange.active) this.#leftInMidst();
    else this.abandon();
  }

  #expired(queue: DeadlineQueue): void {
    const { limits, linger, head } = this.#core;
    if (queue === linger) this.lingered = true;
    else if (queue === head) this.#refuse(408);
    else if (queue === this.#core.halfClosed) this.#leftInMidst();
    else if (this.#bodyBytes >= limits.bodyBytes) {
      this.#bodyBytes = 0;
      this.#startBodyDeadline();
    } else this.#breakOff(408);
  }

  #ended(): void {
    if (this.#state === state.tunnel) this.#tunnel!.clientEnded();
    else if (this.#state === state.linger) this.socket.destroySoon();
    else if (this.#exchange.active || this.#state === state.draining) {
      this.#halfClosed = true;
      this.#endHere();
    }
    // What was answered last may still be on its way out.
    else this.close();
  }

  /** No more will come of the client: a whole request is still worked for. */
  #endHere(): void {
    if (this.#state === state.head) this.close();
    else if (this.#state === state.waiting && !this.#exchange.headSent)
      this.#core.halfClosed.start(this.#deadline, this.#core.now());
    else if (this.#exchange.active) this.#leftInMidst();
  }

  #leftInMidst(): void {
    this.#exchange.cancel();
    this.#tell(0);
    reset(this.socket);
  }

  #left(): void {
    this.#deadline.stop();
    this.#pace?.stop();
    this.#tunnel?.clientClosed();
    if (this.#tunnel === undefined) this.#exchange.cancel();
    this.#tell(this.#tunnel === undefined ? 0 : 101);
  }
}
