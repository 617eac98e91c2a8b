/**
 * What a pick may cost: flat where the algorithm is O(1), logarithmic where it is a tree, and never an allocation.
 *
 * "Up to caches": at n = 10,000 the backends alone take several MB, and touching one of them at random costs more than one
 * of ten. So growth is measured twice. As it is (told in brackets); and with draws and keys confined to ten backends' worth,
 * where the strategy works among 10,000 but touches the memory of ten: what grows then is the algorithm. Rotations draw
 * nothing; their growth is divided by that of a loop which does nothing but touch a backend drawn beforehand (floor.ts).
 */
import { claim } from '../claim.ts';
import { type ChosenStrategy, chooseStrategy, listStrategies } from '../strategies.ts';
import { measurePicks, type PickCost } from './measure.ts';

const rounds = 5;
const [few, many] = [10, 10_000];

const chosen = (names: readonly string[]) => Promise.all(names.map((name) => chooseStrategy(name)));
const edf: ChosenStrategy = {
  ...(await chooseStrategy('weighted-round-robin', { edf: true })),
  name: 'weighted-round-robin, edf',
};
const flat = await chosen(['random', 'round-robin', 'p2c', 'maglev']);
/** They visit everyone whatever is drawn. */
const rotations = ['round-robin', edf.name];
const logarithmic = [...(await chosen(['least-connections'])), edf];

async function measured(contenders: readonly ChosenStrategy[], ns: readonly number[], reach?: number) {
  const { rows, failures } = await measurePicks({
    ...{ contenders, ns, rounds, heapPicks: 0, ...(reach !== undefined && { reach }) },
  });
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n'));
  return (strategy: string, n: number): PickCost =>
    rows.find((it) => it.strategy === strategy && it.n === n)!;
}

const free = await measured([...flat, ...logarithmic], [few, many]);
const confined = await measured([...flat, ...logarithmic], [many], few);
const ns = (value: number) => value.toFixed(1);

for (const [name, most] of [
  ['random', 60],
  ['round-robin', 60],
  ['p2c', 150],
] as const)
  claim({ what: `${name}, n = ${few}`, value: free(name, few).nsPerPick, unit: 'ns per pick', most });

for (const { name } of [...flat, ...logarithmic]) {
  const [small, large] = [free(name, few), free(name, many)];
  const cold = large.nsPerPick / small.nsPerPick;
  const warm = confined(name, many).nsPerPick / small.nsPerPick;
  const loop = large.floorNs / small.floorNs;
  const rotates = rotations.includes(name);
  const tree = logarithmic.some((it) => it.name === name);
  claim({
    what: `${name}, n = ${many} ÷ n = ${few}, ${rotates ? 'over the same of the bare loop' : 'caches apart'}`,
    value: rotates ? cold / Math.max(1, loop) : warm,
    unit: 'times',
    most: tree ? Math.log(many) / Math.log(few) : 1.5,
    detail: `${ns(small.nsPerPick)} → ${ns(large.nsPerPick)} ns with caches, ${cold.toFixed(2)} times; ${ns(confined(name, many).nsPerPick)} ns without; bare loop ${ns(small.floorNs)} → ${ns(large.floorNs)} ns`,
  });
}

const names = [...(await listStrategies())]
  .filter(([, { needs }]) => needs !== 'simulator')
  .map(([name]) => name);
const { rows, failures } = await measurePicks({
  ...{ contenders: [...(await chosen(names)), edf], ns: [100], rounds: 1, heapPicks: 10_000_000, timeMs: 20 },
});
for (const { strategy, n, bytesPerPick, keptBytesPerPick, heapPicks } of rows)
  claim({
    what: `${strategy}, n = ${n}, allocated over ${heapPicks!.toLocaleString('en')} picks`,
    value: Math.max(0, bytesPerPick!),
    unit: 'bytes per pick',
    most: 0.5, // the smallest object there is takes 12: this would be one in 24 picks
    detail: `${(keptBytesPerPick! * heapPicks!).toFixed(0)} bytes of all of them are kept`,
  });
for (const { message } of failures) console.error(message);
if (failures.length > 0) process.exitCode = 1;
