import test from 'ava';
import fc from 'fast-check';
import { Pacer } from './pacer.ts';
import { Window } from './window.ts';

/** A pacer over the given arrivals (ms from the start of the warm-up) and what it has sent. */
function pacerOver(arrivals: number[], warmup: number, window: Window) {
  const sent: [index: number, intended: number][] = [];
  let i = 0;
  const pacer = new Pacer(
    () => arrivals[i++] ?? Number.POSITIVE_INFINITY,
    warmup,
    window,
    (index, intended) => sent.push([index, intended]),
  );
  return { pacer, sent };
}

const every = (ms: number, n = 1000) => Array.from({ length: n }, (_, i) => i * ms);

test('a request leaves when it is due, never before', (t) => {
  const { pacer, sent } = pacerOver(every(10), 20, new Window({ duration: 30, requests: undefined }));
  t.is(pacer.poll(-20.001), -20);
  t.deepEqual(sent, []);
  t.is(pacer.poll(-20), -10);
  t.deepEqual(sent, [[0, -20]]);
});

test('after a stall every request missed leaves at once, each with the time it was due', (t) => {
  const { pacer, sent } = pacerOver(every(10), 0, new Window({ duration: 1000, requests: undefined }));
  pacer.poll(0);
  t.is(pacer.poll(55), 60);
  t.deepEqual(
    sent.map(([, intended]) => intended),
    [0, 10, 20, 30, 40, 50],
  );
});

test('a duration ends before its last instant; a count of requests leaves the warm-up out', (t) => {
  const timed = pacerOver(every(10), 20, new Window({ duration: 30, requests: undefined }));
  t.is(timed.pacer.poll(1000), undefined);
  t.deepEqual(
    timed.sent.map(([, intended]) => intended),
    [-20, -10, 0, 10, 20],
  );
  const counted = pacerOver(every(10), 20, new Window({ duration: undefined, requests: 3 }));
  t.is(counted.pacer.poll(1000), undefined);
  t.deepEqual(counted.sent, [
    [0, -20],
    [1, -10],
    [2, 0],
    [3, 10],
    [4, 20],
  ]);
});

test('whenever it is asked, what is sent in the end is the schedule', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 60, size: 'max' }),
      fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 30, size: 'max' }),
      fc.nat(500),
      (gaps, polls, warmup) => {
        let at = 0;
        const arrivals = gaps.map((gap) => {
          at += gap;
          return at;
        });
        const { pacer, sent } = pacerOver(
          arrivals,
          warmup,
          new Window({ duration: 1e6, requests: undefined }),
        );
        let now = -warmup;
        for (const step of polls) {
          now += step;
          const next = pacer.poll(now);
          t.true(next === undefined || next > now);
        }
        pacer.poll(1e6);
        t.deepEqual(
          sent,
          arrivals.map((arrival, index) => [index, arrival - warmup]),
        );
      },
    ),
  );
});

test('the window is as long as was asked, up to the last arrival, or up to where it was cut short', (t) => {
  for (const [load, sentAt, cutShort, expected, why] of [
    [{ duration: 100, requests: undefined }, 99.2, false, 100, 'sends end a little before the duration does'],
    [{ duration: 100, requests: undefined }, 40, true, 40, 'stopped at 40'],
    [{ duration: 100, requests: undefined }, -5, true, 0, 'stopped in the warm-up'],
    [{ duration: undefined, requests: 2 }, 30, false, 20, 'the last of two arrivals'],
    [{ duration: undefined, requests: 9 }, 30, true, 30, 'stopped before all were sent'],
  ] as const) {
    const window = new Window(load);
    for (const t of [-10, 10, 20]) window.admits(t);
    t.is(window.length(sentAt, cutShort), expected, why);
  }
});
