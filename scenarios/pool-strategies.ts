/** Pools with a strategy of their own: it exists, it can run in a balancer, and its options are those it declares. */
import type { BalancerSettings } from './balancer-settings.ts';
import type { KnownStrategy } from './contenders.ts';
import { explain } from './explain.ts';
import { fieldsOf } from './fields.ts';
import type { Finding } from './problem.ts';
import { choices, type Path, show } from './show.ts';
import { didYouMean } from './suggest.ts';

/** The section with every pool's options validated and filled in, or what is wrong; `base` is where the section stands. */
export function checkPoolStrategies(
  balancer: BalancerSettings,
  known: ReadonlyMap<string, KnownStrategy>,
  base: Path,
): { value: BalancerSettings } | { findings: Finding[] } {
  const findings: Finding[] = [];
  const pools: BalancerSettings['pools'] = {};
  for (const [name, pool] of Object.entries(balancer.pools)) {
    const path = [...base, 'pools', name];
    pools[name] = pool;
    if (pool.strategy === undefined) {
      if (Object.keys(pool.options).length > 0)
        findings.push({
          path: [...path, 'options'],
          message: 'expected a `strategy` whose options these are, got none',
        });
      continue;
    }
    const definition = known.get(pool.strategy);
    if (definition === undefined || definition.needs === 'simulator') {
      const names = [...known.keys()].filter((it) => known.get(it)!.needs !== 'simulator').sort();
      findings.push({
        path: [...path, 'strategy'],
        message: `expected a strategy that a balancer can run by itself (${choices(names)}), got ${show(pool.strategy)}${didYouMean(pool.strategy, names)}`,
      });
      continue;
    }
    const checked = explain(fieldsOf(definition.options), pool.options, [...path, 'options']);
    if ('findings' in checked) findings.push(...checked.findings);
    else pools[name] = { ...pool, options: checked.value };
  }
  return findings.length > 0 ? { findings } : { value: { ...balancer, pools } };
}
