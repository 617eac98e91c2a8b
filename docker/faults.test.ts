/**
 * Each service-level fault as it looks on the wire, in raw bytes, and what health checks make of it; and that nothing of it is
 * left once it is healed.
 */
import test from 'ava';
import { sameState } from '../harness/drivers/control.ts';
import { bodyOf } from '../scenarios/body.ts';
import { faults, serviceFaultOf } from '../scenarios/catalogue.ts';
import { isHeld } from '../scenarios/faults/fault.ts';
import { completeOptions } from './options.ts';
import { type RawAnswer, startBackend } from './start.test-support.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\nsteelyard-request: 1\r\n\r\n`;
const body = bodyOf(128);
const ofBody = (text: string) => text.split('\r\n\r\n')[1];

type Look = (it: RawAnswer) => boolean;
const status =
  (code: number): Look =>
  ({ text, end }) =>
    text.startsWith(`HTTP/1.1 ${code} `) && end === 'open' && /steelyard-backend: app-1\r\n/.test(text);
const served: Look = (it) => status(200)(it) && ofBody(it.text) === body;
const healthy: Look = (it) => status(200)(it) && /"status":"ok"/.test(it.text);
const silent: Look = ({ text, end }) => text === '' && end === 'open';
const reset: Look = ({ text, end }) => text === '' && end === 'reset';

const badLengths: [how: string, framing: RegExp][] = [
  ['differing', /content-length: 128\r\n.*content-length: 129\r\n/s],
  ['with-chunked', /content-length: 128\r\n.*transfer-encoding: chunked\r\n.*80\r\n/s],
  ['malformed', /content-length: 128x\r\n/],
  ['too-long', /content-length: 256\r\n/],
];

const rows: (readonly [kind: string, options: Record<string, unknown>, request: Look, health: Look])[] = [
  ['slow', { added: 1 }, served, healthy],
  ['error', { status: 502 }, status(502), status(502)],
  ['lie', {}, status(500), healthy],
  ['sick', {}, served, (it) => status(503)(it) && /"status":"failing"/.test(it.text)],
  ['reset', {}, reset, reset],
  ['reset', { health: false }, reset, healthy],
  [
    'reset',
    { sent: 0.5, health: false },
    ({ text, end }) =>
      end === 'reset' && /content-length: 128\r\n/.test(text) && ofBody(text) === body.slice(0, 64),
    healthy,
  ],
  ['hang', {}, silent, silent],
  [
    'truncate',
    { sent: 0.25, health: false },
    ({ text, end }) =>
      end === 'fin' && /content-length: 128\r\n/.test(text) && ofBody(text) === body.slice(0, 32),
    healthy,
  ],
  [
    'truncate',
    { sent: 0 },
    ({ text, end }) => end === 'fin' && /content-length: 128\r\n/.test(text) && ofBody(text) === '',
    ({ end }) => end === 'fin',
  ],
  ...badLengths.map(
    ([how, framing]) =>
      [
        'bad-length',
        { how, health: false },
        ({ text }: RawAnswer) => framing.test(text) && text.includes(body),
        healthy,
      ] as const,
  ),
  [
    'bad-length',
    { how: 'malformed' },
    ({ text }) => /length: 128x/.test(text),
    ({ text }) => /length: \d+x/.test(text),
  ],
  [
    'extra-bytes',
    { bytes: 5 },
    ({ text }) => ofBody(text) === `${body}xxxxx`,
    ({ text }) => /}xxxxx$/.test(text),
  ],
  ['law', { times: [3] }, served, healthy],
  ['leak', {}, served, healthy],
  ['pauses', { every: 3_600_000 }, served, healthy],
  [
    'drip',
    { every: 100, health: false },
    ({ text, end }) =>
      end === 'open' &&
      ofBody(text)!.length > 1 &&
      ofBody(text)!.length < 40 &&
      body.startsWith(ofBody(text)!),
    healthy,
  ],
];

test('every service-level fault is here', (t) => {
  const named = [...faults].filter(([, { level }]) => level === 'service').map(([name]) => name);
  t.deepEqual([...new Set(rows.map(([kind]) => kind))].sort(), named);
});

/** Of an answer, what does not tell of the moment. */
const lasting = ({ text, end }: RawAnswer) =>
  `${text.replace(/endpoint-load-metrics:.*\r\n|"uptime":\d+|content-length: 4\d\r\n/g, '')}${end}`;

for (const [kind, options, request, health] of rows)
  test.serial(`${kind} ${JSON.stringify(options)}`, async (t) => {
    const { raw, setFault, control, until } = await startBackend(t);
    const fresh = (await control('GET /state')).says;
    const answers = async (forMs = 3_000) => Promise.all([raw(get('/'), forMs), raw(get('/health'), forMs)]);
    const before = await answers();
    t.true(served(before[0]) && healthy(before[1]), 'served before');
    await setFault(kind, options);
    const [one, other] = await answers(1_000);
    t.true(request(one), `request: ${JSON.stringify(one)}`);
    t.true(health(other), `health: ${JSON.stringify(other)}`);

    // What the fault keeps unfinished as it is healed is gone with it.
    const verdict = serviceFaultOf(kind).create(
      completeOptions(serviceFaultOf(kind).options, options) as never,
    );
    const victim = { elapsed: 0, taken: 0, request: 1, service: 1, quantile: 0.5, random: 0.5 };
    const kept = [false, true].map((healthCheck) => isHeld(verdict({ ...victim, healthCheck })));
    const pending = answers(15_000);
    await until(({ received, healthChecks }) => received === 3 && healthChecks === 3);
    t.is((await control('DELETE /faults/0')).status, 200);
    for (const [i, { end }] of (await pending).entries()) if (kept[i]) t.is(end, 'reset');
    await until(({ inFlight }) => inFlight === 0);

    // And what comes after is what came before.
    for (let i = 0; i < 3; i++) t.deepEqual((await answers()).map(lasting), before.map(lasting), 'as before');
    t.like((await control('GET /state')).says, { faults: [], inFlight: 0, queued: 0, busy: 0 });
    await control('POST /reset', {});
    t.true(sameState((await control('GET /state')).says, fresh), 'and a reset makes it as new');
  });

test.serial('slow takes the time it says, and holds the worker', async (t) => {
  const { url, setFault } = await startBackend(t, { workers: 1 });
  await setFault('slow', { factor: 2, added: 300 });
  const begun = performance.now();
  await Promise.all([fetch(url), fetch(url)]);
  t.true(performance.now() - begun >= 600);
});

test.serial('an error needs no worker: it comes while all are busy', async (t) => {
  const { url, setFault, until } = await startBackend(t, {
    workers: 1,
    queue: 0,
    service: { kind: 'constant', options: { mean: 3_000 } },
  });
  const pending = fetch(url).catch(() => undefined);
  await until((state) => state.busy > 0);
  await setFault('lie', { status: 500, after: 100 });
  const begun = performance.now();
  t.is((await fetch(url)).status, 500);
  const took = performance.now() - begun;
  t.true(took >= 99 && took < 2_500, `${took} ms`);
  await pending;
});

test.serial('a drip goes on byte by byte until the body is whole', async (t) => {
  const { url, setFault } = await startBackend(t, { body: 30 });
  await setFault('drip', { every: 10 });
  const begun = performance.now();
  t.is(await (await fetch(url)).text(), bodyOf(30));
  t.true(performance.now() - begun >= 280);
});
