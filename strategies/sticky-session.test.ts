import test from 'ava';
import fc from 'fast-check';
import { SessionTable } from './session-table.ts';
import { Stage } from './stage.ts';
import stickySession from './sticky-session.ts';

const four = { a: 1, b: 1, c: 1, d: 1 };
const keys = Array.from({ length: 400 }, (_, i) => `user${i}`);
const all = (stage: Stage<typeof stickySession.options>) => keys.map((key) => stage.pick(key)!);

test('a session stays where it is when others join: not one moves', (t) => {
  const stage = new Stage(stickySession, {}, four);
  const before = all(stage);
  stage.join('e');
  stage.join('f');
  t.deepEqual(all(stage), before);
});

test('only the sessions of a lost server move, and once: they stay when it returns', (t) => {
  const stage = new Stage(stickySession, {}, four);
  const before = all(stage);
  stage.down('b');
  const during = all(stage);
  stage.up('b');
  const after = all(stage);
  t.deepEqual(after, during);
  before.forEach((id, i) => {
    if (id === 'b') t.not(during[i], 'b');
    else t.is(during[i], id);
  });
  t.is(new Set(during.filter((_, i) => before[i] === 'b')).size, 3, 'all the others take some');
});

test('a session whose server blinks between two of its requests never notices', (t) => {
  const stage = new Stage(stickySession, {}, four);
  const before = all(stage);
  stage.down('b');
  stage.up('b');
  t.deepEqual(all(stage), before);
});

test('a retry goes elsewhere without moving the session; where it goes is where the session goes if its server is lost', (t) => {
  const stage = new Stage(stickySession, {}, four);
  const home = stage.pick('user1')!;
  const elsewhere = stage.pick('user1', [home])!;
  t.not(elsewhere, home);
  t.is(stage.pick('user1'), home);
  stage.down(home);
  t.is(stage.pick('user1'), elsewhere);
});

test('the distribution counts sessions by server and follows those that move', (t) => {
  const stage = new Stage(stickySession, {}, four);
  const counts = (ids: string[]) => {
    const by: Record<string, number> = {};
    for (const id of ids) by[id] = (by[id] ?? 0) + 1;
    return by;
  };
  const before = counts(all(stage));
  t.deepEqual(stage.strategy.distribution!(), before);
  stage.leave('c');
  const after = counts(all(stage));
  t.deepEqual(stage.strategy.distribution!(), after);
});

test('another backend that takes the index of one that left does not inherit its sessions', (t) => {
  const stage = new Stage(stickySession, {}, four);
  all(stage);
  const { index } = stage.backend('c');
  stage.leave('c');
  stage.join('e');
  t.is(stage.backend('e').index, index);
  t.is(stage.strategy.distribution!().e, undefined);
});

test('beyond its capacity the least recently used session is forgotten, and memory stays', (t) => {
  const stage = new Stage(stickySession, { capacity: 3 }, four);
  for (const key of ['one', 'two', 'three', 'one', 'four']) stage.pick(key);
  const total = Object.values(stage.strategy.distribution!()).reduce((sum, count) => sum + count, 0);
  t.is(total, 3);
});

test('a session idle for longer than its time to live is placed anew', (t) => {
  const played = (ttl: number) => {
    const stage = new Stage(stickySession, { ttl }, { a: 1, b: 1 });
    const before = all(stage);
    stage.join('c', 5);
    stage.world.time += 1001;
    return { before, after: all(stage) };
  };
  const kept = played(0);
  t.deepEqual(kept.after, kept.before);
  t.true(played(1000).after.includes('c'));
});

test('new sessions go by the ring, not to whoever is idle: a revived server takes no flood of them', (t) => {
  const stage = new Stage(stickySession, {}, four);
  stage.down('c');
  all(stage);
  for (const id of 'abd') stage.start(id, 50);
  stage.up('c');
  const fresh = Array.from({ length: 4000 }, (_, i) => stage.pick(`fresh-${i}`)!);
  const share = fresh.filter((id) => id === 'c').length / 4000;
  t.true(share > 0.1 && share < 0.45, `${share}, a quarter with the ring's own unevenness`);
});

test('session tables of several balancers, met by no session yet, agree on where each begins', (t) => {
  const one = new Stage(stickySession, {}, four, 1);
  const other = new Stage(stickySession, {}, { d: 1, b: 1, a: 1, c: 1 }, 2);
  t.deepEqual(all(one), all(other));
});

test('the session table keeps exactly the most recently used, against a plain model', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.nat(9), { maxLength: 80, size: 'max' }),
      (capacity, uses) => {
        const table = new SessionTable(capacity);
        const recent: number[] = [];
        for (const use of uses) {
          const known = recent.indexOf(use);
          const slot = table.find(`${use}`);
          if (slot >= 0 !== known >= 0 || (slot >= 0 && table.owner(slot) !== use)) return false;
          if (slot < 0) table.bind(table.add(`${use}`), use);
          if (known >= 0) recent.splice(known, 1);
          recent.unshift(use);
          recent.splice(capacity);
        }
        return table.size === recent.length;
      },
    ),
  );
  t.pass();
});
