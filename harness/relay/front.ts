/**
 * What stands before one service that is not ours. Each request is judged twice by the very faults our own backends have: before
 * it is passed on, for its verdict, as an error, a hang or a reset before the response needs no service; and when the service has
 * answered, for its delay, as only then is it known how long it took, which is what `slow` multiplies. An answer held back keeps
 * nobody of the service busy meanwhile, and a process that stands still is one whose answers wait.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { serviceFaultOf } from '../../scenarios/catalogue.ts';
import { isHeld, isUnworked, type Verdict } from '../../scenarios/faults/fault.ts';
import { FaultSet, type Judgement } from '../../scenarios/faults/fault-set.ts';
import { headers } from '../../scenarios/headers.ts';
import { now } from '../clock.ts';
import { type Breaking, breakOff, gathered, ofHop } from './broken.ts';
import type { Behind, Fault } from './messages.ts';

/** Whoever stands before the relay closes first, else requests would meet a closing connection. */
const idleMs = 3_600_000;

export class Front {
  readonly faults: FaultSet;
  readonly #behind: Behind;
  readonly #port: number;
  #checks = 0;
  readonly #server: Server;
  /** Answers that a fault keeps unfinished, and its number. */
  readonly #held = new Map<ServerResponse, number>();
  readonly #agent = new Agent({ keepAlive: true, scheduling: 'lifo' });

  constructor(behind: Behind, port: number) {
    this.#behind = behind;
    this.#port = port;
    this.faults = new FaultSet(behind.index);
    this.#server = createServer((req, res) => this.#receive(req, res));
    this.#server.keepAliveTimeout = idleMs;
    this.#server.headersTimeout = this.#server.requestTimeout = this.#server.timeout = 0;
  }

  setFault({ fault, kind, options, seed }: Fault): void {
    this.faults.set(fault, kind, serviceFaultOf(kind), options, now(), seed);
  }

  /** Switches a fault off, and breaks off what it keeps unfinished; false when it was not on. */
  clear(number: number): boolean {
    for (const [res, fault] of this.#held) if (fault === number) res.socket?.resetAndDestroy();
    return this.faults.clear(number);
  }

  reset(): void {
    this.faults.clearAll();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  up(): Promise<void> {
    if (this.#server.listening) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: this.#port, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Resolves once new connections are refused. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  #receive(req: IncomingMessage, res: ServerResponse): void {
    res.sendDate = false;
    const number = Number(req.headers[headers.request] ?? Number.NaN);
    // The balancer's own checks carry no number.
    const isCheck = !(number >= 0);
    const ordinal = isCheck ? this.#checks++ : number;
    const quantile = Number(req.headers[headers.quantile]) || 0.5;
    const judge = (service: number): Judgement =>
      isCheck
        ? this.faults.judgeHealthCheck(now(), ordinal)
        : this.faults.judge(now(), ordinal, service, quantile);
    const begun = now();
    if (!isCheck && this.faults.any) this.faults.take();
    const judged = judge(0);
    const { verdict } = judged;
    if (!breaks(verdict) || !isUnworked(verdict)) {
      this.#passOn(req, res, judged, (service) => judge(service).delay);
      return;
    }
    req.resume();
    if (verdict.kind === 'hang') {
      this.#hold(res, judged.fault);
      return;
    }
    const after = verdict.kind === 'error' ? verdict.after : 0;
    later(this.faults.awake(begun) - begun + after, () => breakOff(res, verdict));
  }

  /** A fault keeps this answer unfinished, until its client goes or the fault is healed. */
  #hold(res: ServerResponse, fault: number): void {
    if (res.destroyed) return;
    this.#held.set(res, fault);
    res.once('close', () => this.#held.delete(res));
  }

  /** `delay`: by how much the faults lengthen a service of so long, ms. */
  #passOn(
    req: IncomingMessage,
    res: ServerResponse,
    judged: Judgement,
    delay: (service: number) => number,
  ): void {
    const begun = now();
    const { host, port } = this.#behind;
    const { method, url: path } = req;
    const out = request({
      ...{ host, port, method, path, agent: this.#agent, setHost: false },
      headers: ofHop(req.rawHeaders),
    });
    // Nothing came back, or not all of it: nor does it here.
    out.on('error', () => res.socket?.resetAndDestroy());
    res.on('close', () => {
      if (!res.writableFinished) out.destroy();
    });
    out.on('response', (answer) => {
      answer.on('error', () => res.socket?.resetAndDestroy());
      const at = now();
      const awake = this.faults.awake(at);
      const due = this.faults.through(awake, awake + Math.max(0, delay(at - begun)));
      later(due - at, () => void this.#giveBack(judged, answer, res));
    });
    req.pipe(out);
  }

  async #giveBack(judged: Judgement, answer: IncomingMessage, res: ServerResponse): Promise<void> {
    const status = answer.statusCode!;
    const fields = ofHop(answer.rawHeaders);
    if (answer.headers.connection?.toLowerCase() === 'close') fields.push('connection', 'close');
    if (!breaks(this.faults.standing(judged))) {
      res.writeHead(status, answer.statusMessage, fields);
      answer.pipe(res);
      return;
    }
    const body = await gathered(answer);
    if (body === undefined) return;
    // It may have been healed while the body came.
    const verdict = this.faults.standing(judged);
    if (breaks(verdict)) {
      if (isHeld(verdict)) this.#hold(res, judged.fault);
      breakOff(res, verdict, { status, fields, body });
      return;
    }
    res.writeHead(status, answer.statusMessage, fields);
    res.end(body);
  }
}

const breaks = (verdict: Verdict): verdict is Breaking => verdict.kind !== 'pass' && verdict.kind !== 'delay';

/** At once where there is nothing to wait for, ms. */
function later(ms: number, then: () => void): void {
  if (ms > 0) setTimeout(then, ms);
  else then();
}
