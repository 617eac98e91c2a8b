/**
 * What stands before one service that is not ours. Each request is judged twice by the very faults our own backends have: before
 * it is passed on, as an error, a hang or a reset before the response needs no service; and when the service has answered, as only then
 * is it known how long it took, which is what `slow` multiplies. An answer held back keeps nobody of the service busy meanwhile.
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
import type { Verdict } from '../../scenarios/faults/fault.ts';
import { FaultSet, type Judgement } from '../../scenarios/faults/fault-set.ts';
import { headers } from '../../scenarios/headers.ts';
import { now } from '../clock.ts';
import { breakOff, gathered, ofHop } from './broken.ts';
import type { Behind, Fault } from './messages.ts';

/** Whoever stands before the relay closes first, else requests would meet a closing connection. */
const idleMs = 3_600_000;

export class Front {
  readonly faults: FaultSet;
  seed = 0;
  readonly #behind: Behind;
  readonly #port: number;
  #checks = 0;
  readonly #server: Server;
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

  reset(seed: number): void {
    this.seed = seed;
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
    const { verdict } = judge(0);
    if (verdict.kind === 'hang') req.resume();
    else if (verdict.kind === 'error') {
      req.resume();
      setTimeout(() => breakOff(res, verdict), verdict.after);
    } else if (verdict.kind === 'reset' && verdict.sent === 0) breakOff(res, verdict);
    else this.#passOn(req, res, judge);
  }

  #passOn(req: IncomingMessage, res: ServerResponse, judge: (service: number) => Judgement): void {
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
      const { verdict, delay } = judge(now() - begun);
      const give = () => void this.#giveBack(verdict, answer, res);
      if (delay > 0) setTimeout(give, delay);
      else give();
    });
    req.pipe(out);
  }

  async #giveBack(verdict: Verdict, answer: IncomingMessage, res: ServerResponse): Promise<void> {
    const status = answer.statusCode!;
    const fields = ofHop(answer.rawHeaders);
    if (answer.headers.connection?.toLowerCase() === 'close') fields.push('connection', 'close');
    if (verdict.kind !== 'pass' && verdict.kind !== 'delay') {
      const body = await gathered(answer);
      if (body !== undefined) breakOff(res, verdict, { status, fields, body });
      return;
    }
    res.writeHead(status, answer.statusMessage, fields);
    answer.pipe(res);
  }
}
