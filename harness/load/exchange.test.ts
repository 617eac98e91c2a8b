/** The law of accounts on an injected clock: whatever happens to a connection, in whatever order, a request ends once. */
import test from 'ava';
import fc from 'fast-check';
import { DeadlineQueue } from '../proxy/deadlines.ts';
import { outcomes } from '../recording.ts';
import { Account } from './account.ts';
import { type Desk, Exchange, next } from './exchange.ts';

const timeout = 100;
/** Of every third client. */
const patience = 50;

function setUp() {
  const rows: { index: number; outcome: string; sent: number; latency: number }[] = [];
  const account = new Account(
    {
      append: (index, _intended, sent, _firstByte, latency, outcome) =>
        rows.push({ index, sent, latency, outcome: outcomes[outcome]! }),
    },
    { a: 0 },
    (index) => index,
  );
  let time = 0;
  const leavers = new DeadlineQueue(patience);
  const desk = {
    ...{ account, deadlines: new DeadlineQueue(timeout), clock: () => time, closing: false },
    leaving: (index: number) => (index % 3 === 2 ? leavers : undefined),
  };
  const pass = (ms: number) => {
    time += ms;
    leavers.expire(time);
    desk.deadlines.expire(time);
  };
  return { rows, desk, account, pass };
}

function sendOn(exchange: Exchange, desk: Desk, index: number, connected = true): void {
  exchange.connected = connected;
  exchange.begin(index, desk.clock(), desk.clock(), 'GET');
}

const whole = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi';
const failing = (code: string) => Object.assign(new Error(code), { code });

const events: Record<string, (exchange: Exchange, pass: (ms: number) => void) => void> = {
  response: (it) => it.read(Buffer.from(whole)),
  part: (it) => it.read(Buffer.from(whole.slice(0, 20))),
  garbage: (it) => it.read(Buffer.from('what?\r\n\r\n')),
  fin: (it) => it.gone(),
  rst: (it) => it.gone(failing('ECONNRESET')),
  refused: (it) => it.gone(failing('ECONNREFUSED')),
  'no port left': (it) => it.gone(failing('EADDRNOTAVAIL')),
  'a moment': (_, pass) => pass(30),
  'a long time': (_, pass) => pass(timeout + 1),
};

test('sent = ok + failed + lost + aborted + in flight, and a row for each request, in any order of events', (t) => {
  const script = fc.array(
    fc.tuple(fc.nat(3), fc.constantFrom(...Object.keys(events), 'send', 'send unconnected')),
    { maxLength: 80, size: 'max' },
  );
  fc.assert(
    fc.property(script, (steps) => {
      const { rows, desk, account, pass } = setUp();
      const exchanges = Array.from({ length: 4 }, () => new Exchange(desk, () => undefined));
      let begun = 0;
      for (const [which, what] of steps) {
        const exchange = exchanges[which]!;
        if (!what.startsWith('send')) events[what]!(exchange, pass);
        else if (!exchange.active) sendOn(exchange, desk, begun++, what === 'send');
      }
      desk.closing = true;
      desk.deadlines.expire(Number.POSITIVE_INFINITY);
      const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd, notSent } = account.counts;
      t.is(sent, ok + failed + lost + aborted + inFlightAtEnd);
      t.is(sent + notSent, begun);
      t.is(account.inFlight, 0);
      t.deepEqual(
        rows.map(({ index }) => index).sort((a, b) => a - b),
        Array.from({ length: begun }, (_, i) => i),
      );
      for (const { outcome, sent, latency } of rows) {
        t.is(Number.isNaN(sent), outcome === 'not-sent');
        t.is(Number.isNaN(latency), outcome === 'not-sent' || outcome === 'in-flight');
      }
    }),
  );
});

for (const [connected, steps, expected, index = 0] of [
  [true, ['response'], 'ok'],
  [true, ['part', 'a moment', 'fin'], 'lost'],
  [true, ['fin', 'response'], 'lost'],
  [true, ['a long time', 'response'], 'lost'],
  [true, ['garbage', 'rst'], 'lost'],
  [false, ['refused'], 'failed'],
  [false, ['a long time'], 'failed'],
  [false, ['no port left'], 'not-sent'],
  [true, ['part', 'a moment', 'a moment', 'response'], 'aborted', 2],
  [true, ['a moment', 'response', 'a long time'], 'ok', 2],
  [false, ['a moment', 'a moment', 'refused'], 'aborted', 2],
] as const)
  test(`${index === 2 ? 'one that will leave, ' : ''}${connected ? 'connected' : 'connecting'}, then ${steps.join(', then ')}: ${expected}`, (t) => {
    const { rows, desk, pass } = setUp();
    const exchange = new Exchange(desk, () => undefined);
    sendOn(exchange, desk, index, connected);
    for (const step of steps) events[step]!(exchange, pass);
    t.deepEqual(
      rows.map(({ outcome }) => outcome),
      [expected],
    );
  });

test('bytes that no request asked for condemn the connection', (t) => {
  const { desk } = setUp();
  const exchange = new Exchange(desk, () => undefined);
  t.is(exchange.read(Buffer.from(whole)), next.replace);
  sendOn(exchange, desk, 0);
  t.is(exchange.read(Buffer.from(whole)), next.reuse);
});

test('requests of the warm-up have rows and are not counted', (t) => {
  const { rows, desk, account } = setUp();
  const exchange = new Exchange(desk, () => undefined);
  exchange.connected = true;
  exchange.begin(0, -5, -5, 'GET');
  events.response!(exchange, () => undefined);
  t.is(rows.length, 1);
  t.deepEqual(account.counts, { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 });
  t.is(account.interval().ended, 1);
  t.is(account.interval().ended, 0);
});
