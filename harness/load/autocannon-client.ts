/**
 * Remedies for what autocannon 9.0.0 was seen to get wrong, put on each of its clients at run time.
 * autocannon keeps the loop: it connects, writes a request, and upon the response the next. Ours is the account of it:
 *
 * - Its latency is in whole milliseconds, mixes outcomes and drops what is in flight at the end: our records instead.
 * - Its queue of pending requests and its parser survive a FIN or RST, so that every later latency is off by one request
 *   and a spliced body counts as a 200: when a connection is replaced, its request is ended, queue and parser begin anew.
 * - Its parser ignores garbage and does not know HEAD: the strict one of `response-reader.ts` stands in its place.
 * - `connection: close` is ignored, and a listener left on the replaced socket can open a second connection: both mended.
 * - Refused, it tries again at once, thousands of times a second: we wait, 1 ms at first and 50 at most.
 * - Its timeouts are whole seconds: ours are deadlines. `reconnectRate` swallows a response at each reconnect: we reconnect.
 *
 * All of it leans on private parts of a pinned version, so `checkShape` looks for every one of them before anything is sent.
 */
import type { TLSSocket } from 'node:tls';
import type { Client } from 'autocannon';
import { reset } from '../proxy/reset.ts';
import { type Desk, Exchange, next } from './exchange.ts';
import type { TlsClient } from './tls-client.ts';
import type { Way } from './way.ts';

const methods = [
  '_connect',
  '_doRequest',
  '_resetConnection',
  '_destroyConnection',
  'getRequestBuffer',
  'destroy',
] as const;
/** Keys under which the client hands its parser (http-parser-js) two of its callbacks. */
const onHeadersComplete = 2;
const onMessageComplete = 4;

const leastBackoff = 1;
const mostBackoff = 50;
/** The longest a timer can be set for: autocannon's own timeout never comes. */
const never = 2 ** 31 - 1;
/** Who is not wanted for longer looks again then, ms. */
const mostSleep = 1000;

/** Throws when the client is not the one these remedies were made for. */
export function checkShape(client: Client): void {
  const missing: string[] = methods.filter((it) => typeof client[it] !== 'function');
  if (typeof client.pipelinedRequests?.clear !== 'function') missing.push('pipelinedRequests.clear');
  if (typeof client.pipelinedRequests?.setHeaders !== 'function')
    missing.push('pipelinedRequests.setHeaders');
  if (typeof client.timeout !== 'number') missing.push('timeout');
  for (const [key, type] of [
    ['tlsOptions', 'object'],
    ['hostname', 'string'],
    ['port', 'number'],
  ] as const)
    if (typeof client.opts?.[key] !== type) missing.push(`opts.${key}`);
  if (client.parser === undefined) missing.push('parser');
  if (client.conn !== undefined) missing.push('setupClient before the first connection');
  if (missing.length > 0)
    throw new Error(
      `autocannon's client is not the one of 9.0.0: it lacks ${missing.join(', ')}; ` +
        'install that version, or go through the remedies in harness/load/autocannon-client.ts again',
    );
}

/** The next request of a client, sent at `t`; undefined when no more are to be sent. Times in ms from t = 0. */
export type Ask = (t: number) => { index: number; t: number; method: string; bytes: string } | undefined;

export interface Mending {
  desk: Desk;
  ask: Ask;
  /** Whether no request has a byte beyond ASCII. */
  asciiOnly?: boolean;
  /** Whether no more requests are to be sent. */
  halted(): boolean;
  requestsPerConnection: number | undefined;
  /** When it is to have a connection, from `t` on: then, or later; ms from t = 0, Infinity for never again. Undefined: always. */
  opens?: ((t: number) => number) | undefined;
  /** Undefined: in clear. */
  tls?: TlsClient | undefined;
  /** Undefined: no trip takes any time. */
  way?: Way | undefined;
  /** The address that the next connection comes from. Undefined: whichever the system takes. */
  from?: (() => string) | undefined;
  /** Told +1 and −1 of the client's connections. */
  onOpen(change: 1 | -1): void;
}

/** To be called in `setupClient`, before the client's first connection. */
export function mend(
  client: Client,
  { desk, ask, asciiOnly = true, halted, requestsPerConnection, opens, tls, way, from, onOpen }: Mending,
): void {
  checkShape(client);
  const connect = client._connect.bind(client);
  const request = client._doRequest.bind(client);
  const destroyConnection = client._destroyConnection.bind(client);
  const exchange = new Exchange(desk, () => {
    // A client that gives up says so by a reset: after a FIN it might still wait for its answer.
    if (client.conn !== undefined) reset(client.conn);
    client._resetConnection();
  });
  let asked: ReturnType<Ask>;
  let error: NodeJS.ErrnoException | undefined;
  let open = false;
  let backoff = 0;
  let answered = 0;
  /** From when on the client can send, where answers have a way to it; ms from t = 0. */
  let free = Number.NEGATIVE_INFINITY;

  client.timeout = never;
  client.on('connError', (it: NodeJS.ErrnoException) => {
    error = it;
  });

  client._doRequest = () => {
    const now = Math.max(free, desk.clock());
    if (opens !== undefined && opens(now) > now) {
      client._resetConnection();
      return;
    }
    asked = ask(now);
    if (asked === undefined) return;
    const { index, t, method } = asked;
    const trip = way === undefined ? 0 : way.trip(index);
    exchange.begin(index, t, t, method, trip);
    if (trip === 0) request();
    else
      way!.depart(t + trip, () => {
        if (exchange.leaves(index)) request();
      });
  };
  // One that was never wanted has none.
  client._destroyConnection = () => {
    if (client.conn !== undefined) destroyConnection();
  };
  // A string would go out in UTF-8.
  client.getRequestBuffer = () => (asciiOnly ? asked!.bytes : Buffer.from(asked!.bytes, 'latin1'));

  const { hostname: host, port } = client.opts;

  const begin = () => {
    if (halted() || client.destroyed) return;
    // What it gives `connect` as a port may be all there is to say.
    if (from !== undefined) client.opts.port = { host, port: port as number, localAddress: from() };
    open = true;
    onOpen(1);
    if (tls !== undefined) {
      client.opts.tlsOptions = tls.options;
      client.opts.servername = tls.options.servername;
    }
    connect();
    if (tls !== undefined) tls.watch(client.conn as TLSSocket);
    client.conn!.setNoDelay(true).once(tls === undefined ? 'connect' : 'secureConnect', () => {
      exchange.connected = true;
    });
  };
  /** In so many ms, and not before it is wanted. */
  const beginAfter = (ms: number) => {
    if (halted() || client.destroyed) return;
    const t = desk.clock();
    const wait = Math.max(ms, opens === undefined ? 0 : opens(t) - t);
    if (wait <= 0) begin();
    else if (Number.isFinite(wait)) setTimeout(() => beginAfter(0), Math.min(mostSleep, Math.ceil(wait)));
  };
  // The client comes here for its first connection and whenever one is lost or given up.
  client._connect = () => {
    const unmade = open && !exchange.connected;
    if (open) {
      open = false;
      onOpen(-1);
      // Empties the queue too.
      client._destroyConnection();
      exchange.gone(error);
      if (way !== undefined) free = exchange.endedAt + way.reconnect(exchange.trip);
    }
    exchange.connected = false;
    error = undefined;
    answered = 0;
    backoff = unmade ? Math.min(mostBackoff, Math.max(leastBackoff, backoff * 2)) : 0;
    beginAfter(backoff);
  };

  client.parser = {
    execute(this: Record<number, (headers?: unknown) => void>, chunk: Buffer): void {
      const what = exchange.read(chunk);
      if (what === next.wait) return;
      if (way !== undefined) free = exchange.endedAt;
      if (what === next.replace || ++answered === requestsPerConnection) {
        client._resetConnection();
        return;
      }
      this[onHeadersComplete]!({ statusCode: exchange.status, headers: [] });
      this[onMessageComplete]!();
    },
  };
}
