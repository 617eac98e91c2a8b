import test from 'ava';
import { balancer } from './balancer-settings.ts';
import { longestTimeConstant } from './time-constants.ts';

const settings = (over: object) => balancer.parse(over);

test('what remembers nothing has none', (t) => {
  t.is(longestTimeConstant({ choices: 2, penalty: 5000 }, settings({})), undefined);
});

test('the longest of what is in play, by its name', (t) => {
  t.deepEqual(longestTimeConstant({ tau: 10_000, penalty: 60_000 }, settings({})), {
    what: 'tau',
    ms: 10_000,
  });
  t.deepEqual(longestTimeConstant({ tau: 1000 }, settings({ slowStart: { window: '5s' } })), {
    what: 'slowStart.window',
    ms: 5000,
  });
  t.deepEqual(longestTimeConstant({}, settings({ outlier: { interval: '2s', ejection: '8s' } })), {
    what: 'outlier.ejection',
    ms: 10_000,
  });
});

test('an ejection lasts its whole time only where no check ends it', (t) => {
  t.deepEqual(longestTimeConstant({}, settings({ health: false, passive: { ejection: '7s' } })), {
    what: 'passive.ejection',
    ms: 7000,
  });
  t.is(longestTimeConstant({}, settings({ passive: { ejection: '7s' } })), undefined);
});
