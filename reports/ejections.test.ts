import test from 'ava';
import type { Event } from '../harness/recording.ts';
import { addEjections, countEjections, ejectionsOf } from './ejections.ts';

const trial = 'a';
const health = (t: number, to: 'healthy' | 'unhealthy', backend = 'app-1'): Event => ({
  ...{ trial, t, type: 'health', backend, to, by: 'passive', detail: '' },
  from: to === 'healthy' ? 'unhealthy' : 'healthy',
});
const outlier = (t: number, phase: 'begun' | 'over'): Event => ({
  ...{ trial, t, type: 'ejection', backend: 'app-2', phase, by: 'success-rate' },
});
const breaker = (t: number, to: 'open' | 'half-open' | 'closed'): Event => ({
  ...{ trial, t, type: 'breaker', backend: 'app-2', from: 'closed', to, detail: '' },
});
const backends = [{ id: 'app-1' }, { id: 'app-2' }];

test('whatever takes a backend out counts once, by phase; what takes it back does not', (t) => {
  const events = [
    health(-5, 'unhealthy'),
    health(100, 'unhealthy'),
    health(200, 'healthy'),
    health(1_100, 'unhealthy'),
    outlier(1_200, 'begun'),
    outlier(1_900, 'over'),
    breaker(2_100, 'open'),
    breaker(2_200, 'half-open'),
    breaker(2_300, 'open'),
    health(2_500, 'unhealthy', 'stranger'),
    health(4_000, 'unhealthy'),
  ];
  const counts = countEjections(events, backends, [{ from: 1_000, to: 2_000 }], 4_000);
  t.deepEqual(ejectionsOf(counts, 0), { all: 2, before: 1, during: 1, after: 0 });
  t.deepEqual(ejectionsOf(counts, 1), { all: 3, before: 0, during: 1, after: 2 });
  t.is(ejectionsOf(addEjections([counts, counts], 2), 1).all, 6, 'rounds add up');
});
