/** autocannon as a process, and what its remedies must hold against: see autocannon-client.ts. */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon, { type Client } from 'autocannon';
import test from 'ava';
import { now } from '../clock.ts';
import { DeadlineQueue } from '../proxy/deadlines.ts';
import { Account } from './account.ts';
import { checkShape, mend } from './autocannon-client.ts';
import { drive, loadOf } from './drive.test-support.ts';
import { behaviours, startServer } from './faulty-server.test-support.ts';

const answer = behaviours[0]!.act;
const ignored = {
  __custom: true,
  recordValue: () => undefined,
  reset: () => undefined,
  destroy: () => undefined,
} as const;

/** A real client of the installed version, set up by `setup` and pointed at `port`. */
function clientOf(port: number, setup: (client: Client) => void): Promise<Client> {
  return new Promise((resolve, reject) => {
    const setupClient = (client: Client) => {
      try {
        setup(client);
        resolve(client);
      } catch (error) {
        reject(error);
      }
    };
    autocannon(
      {
        url: `http://127.0.0.1:${port}`,
        connections: 1,
        duration: 1,
        sampleInt: 100,
        setupClient,
        histograms: { latencies: ignored, requests: ignored, throughput: ignored },
        skipAggregateResult: true,
      },
      () => undefined,
    );
  });
}

test.serial('the client of the installed version is the one the remedies were made for', async (t) => {
  t.is(createRequire(import.meta.url)('autocannon/package.json').version, '9.0.0');
  const server = await startServer((_, socket) => answer(socket));
  t.teardown(server.close);
  const client = await clientOf(server.port, checkShape);
  client.destroy();
});

test.serial('after a FIN in mid-request the client’s queue, socket and listeners begin anew', async (t) => {
  const server = await startServer((_, socket) => socket.end());
  t.teardown(server.close);
  const rows: number[] = [];
  const desk = {
    account: new Account({ append: (index) => rows.push(index) }, {}, () => 0),
    deadlines: new DeadlineQueue(10_000),
    clock: now,
    closing: false,
  };
  const sockets: Socket[] = [];
  let halted = false;
  const client = await clientOf(server.port, (it) =>
    mend(it, {
      desk,
      ask: () => {
        sockets.push(it.conn!);
        // What was pending on the lost connection is pending no more.
        t.is(it.pipelinedRequests.size(), 0);
        halted = sockets.length > 5;
        const index = sockets.length - 1;
        return halted
          ? undefined
          : {
              index,
              t: now(),
              method: 'GET',
              bytes: `GET / HTTP/1.1\r\nsteelyard-request: ${index}\r\n\r\n`,
            };
      },
      halted: () => halted,
      requestsPerConnection: undefined,
      onOpen: () => undefined,
    }),
  );
  for (let tries = 0; !halted && tries < 100; tries++) await sleep(20);
  t.deepEqual(rows, [0, 1, 2, 3, 4]);
  t.is(new Set(sockets).size, 6);
  for (const lost of sockets.slice(0, 5)) {
    t.true(lost.destroyed);
    t.is(lost.listenerCount('end'), 0, 'nothing of a lost socket can open another connection');
  }
  client.destroy();
});

test('a client of another shape is refused, by what it lacks', (t) => {
  const client = Object.assign(new EventEmitter(), {
    parser: {},
    timeout: 1,
    pipelinedRequests: { clear: () => undefined },
    _connect: () => undefined,
    getRequestBuffer: () => undefined,
    destroy: () => undefined,
  });
  t.throws(() => checkShape(client as unknown as Client), {
    message:
      /lacks _doRequest, _resetConnection, _destroyConnection, pipelinedRequests.setHeaders, opts.tlsOptions, opts.hostname, opts.port;/,
  });
});

test.serial(
  'latencies belong to their own requests, although connections are lost before and after',
  async (t) => {
    // Every third request is slow, every fourth is lost: an answer counted for its neighbour shows at once.
    const slow = (index: number) => index % 3 === 0;
    const server = await startServer(async (index, socket) => {
      if (slow(index)) await sleep(60);
      if (index % 4 === 1) socket.end();
      else answer(socket);
    });
    t.teardown(server.close);
    const { rows } = await drive(
      server.port,
      loadOf({ closed: { connections: 2 }, warmup: 0, duration: '1500ms' }),
    );
    t.true(rows.length > 50);
    for (const { index, outcome, latency } of rows) {
      if (outcome === 'in-flight') continue;
      t.is(outcome, index % 4 === 1 ? 'lost' : 'ok', `${index}`);
      if (slow(index)) t.true(latency > 55_000, `${index}: ${latency} µs`);
    }
    const quick = rows
      .filter(({ index, outcome }) => !slow(index) && outcome === 'ok')
      .map(({ latency }) => latency);
    t.true(quick.sort((a, b) => a - b)[quick.length >> 1]! < 40_000, 'quick ones are quick');
  },
);

test.serial('connections turn over after so many requests, and none is lost by it', async (t) => {
  const server = await startServer((_, socket) => answer(socket));
  t.teardown(server.close);
  const { result, rows } = await drive(
    server.port,
    loadOf({ closed: { connections: 3, requestsPerConnection: 4 }, warmup: '100ms', requests: 200 }),
  );
  t.is(result.counts.ok, 200);
  t.is(server.log.length, rows.length);
  t.is(result.connections, 3);
  const carried = server.perConnection.toSorted((a, b) => b - a);
  t.is(carried[0], 4);
  t.true(carried.filter((n) => n < 4).length <= 6, `${carried}`);
});

test.serial('a service time of 20 ms is what the latencies say', async (t) => {
  const server = await startServer(async (_, socket) => {
    await sleep(20);
    answer(socket);
  });
  t.teardown(server.close);
  const { result, measured } = await drive(
    server.port,
    loadOf({ closed: { connections: 4 }, warmup: '300ms', duration: '1500ms' }),
  );
  const latencies = measured.map(({ latency }) => latency).sort((a, b) => a - b);
  t.true(latencies[0]! >= 19_000);
  const p50 = latencies[latencies.length >> 1]!;
  t.true(p50 > 20_000 && p50 < 32_000, `p50 ${p50} µs`);
  t.true(result.counts.sent > 130 && result.counts.sent <= 300, `${result.counts.sent} sent`);
});

test.serial('refused, it counts each attempt once and waits between them', async (t) => {
  const server = await startServer(() => undefined);
  await server.close();
  const { result } = await drive(
    server.port,
    loadOf({ closed: { connections: 5 }, warmup: 0, duration: '1s' }),
  );
  const { sent, failed, inFlightAtEnd } = result.counts;
  t.is(sent, failed + inFlightAtEnd);
  // Six attempts within the first 63 ms, then one every 50 ms, on each of five connections.
  t.true(sent >= 40 && sent <= 130, `${sent} attempts`);
});
