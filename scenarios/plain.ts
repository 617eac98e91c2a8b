/**
 * From YAML nodes to plain values, within bounds: duplicate keys, aliases without an anchor, anchors that hold
 * themselves, aliases that multiply and deep nesting are findings. The library does all this too, but checks unique
 * keys in quadratic time (a 900 KB mapping took it 55 s) and has no bound on depth.
 */
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Finding } from './problem.ts';
import { type Path, show } from './show.ts';

export const deepest = 64;
/** Values that aliases may add beyond what is written. */
const mostAliased = 100_000;

/** A node, or the key of a pair; where it starts and ends in the text. */
export interface Spot {
  readonly key?: readonly [number, number];
  readonly value?: readonly [number, number];
}

export interface Plain {
  readonly value: unknown;
  /** The walk was given up: nothing more is known of the value. */
  readonly stopped: boolean;
  readonly findings: (Finding & { readonly range: readonly [number, number] })[];
  /** The place of a path; of its nearest parent where the path does not exist. */
  locate(path: Path): { spot: Spot; exact: boolean };
}

/** Ends the walk: what follows would be as bad, and without end. */
class Stop extends Error {}

/** Turns a document's contents into plain values. Never throws for what is written in it. */
export function plainOf(contents: unknown): Plain {
  const findings: Plain['findings'] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const open = new Set<Node>();
  let aliased = 0;

  const find = (node: unknown, path: Path, message: string, key = false) =>
    void findings.push({ path, message, key, range: rangeOf(node) ?? [0, 0] });

  function visit(node: unknown, path: Path, inAlias: boolean): unknown {
    if (isAlias(node)) return follow(node, path, inAlias);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (inAlias && ++aliased > mostAliased) return null;
    if (node.anchor) anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    if (path.length >= deepest) {
      find(node, path, `expected at most ${deepest} levels, got more`);
      throw new Stop();
    }
    open.add(node);
    const value = isSeq(node)
      ? node.items.map((item, i) => visit(item, [...path, i], inAlias))
      : mapping(node.items, path, inAlias);
    open.delete(node);
    return value;
  }

  function mapping(
    pairs: readonly { key: unknown; value: unknown }[],
    path: Path,
    inAlias: boolean,
  ): unknown {
    const value: Record<string, unknown> = {};
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
      if (key === undefined || key === '__proto__') {
        find(pair.key, path, `expected a name as key, got ${key ?? show(isSeq(pair.key) ? [0] : {})}`, true);
        continue;
      }
      if (Object.hasOwn(value, key) && !inAlias)
        find(
          pair.key,
          [...path, key],
          `expected each key once, got \`${key}\` again; remove one of them`,
          true,
        );
      value[key] = visit(pair.value, [...path, key], inAlias);
    }
    return value;
  }

  function follow(alias: Alias, path: Path, inAlias: boolean): unknown {
    const target = anchors.get(alias.source);
    if (!target) find(alias, path, `expected an anchor &${alias.source} above its alias, got none`);
    else if (open.has(target))
      find(alias, path, `expected plain data, got *${alias.source} inside its own anchor`);
    else {
      targets.set(alias, target);
      const value = visit(target, path, true);
      if (aliased <= mostAliased) return value;
      if (inAlias) return null;
      find(alias, path, `expected aliases that stand for at most ${mostAliased} values, got more`);
      throw new Stop();
    }
    return null;
  }

  function locate(path: Path): { spot: Spot; exact: boolean } {
    let node: unknown = contents;
    let spot: Spot = spotOf(undefined, node);
    for (const step of path) {
      const here = isAlias(node) ? targets.get(node) : node;
      if (isSeq(here) && typeof step === 'number' && step < here.items.length) {
        node = here.items[step];
        spot = spotOf(undefined, node);
      } else if (isMap(here)) {
        const pair = here.items.findLast((it) => isScalar(it.key) && String(it.key.value) === String(step));
        if (!pair) return { spot, exact: false };
        node = pair.value;
        spot = spotOf(pair.key, node);
      } else return { spot, exact: false };
    }
    return { spot, exact: true };
  }

  try {
    return { value: visit(contents, [], false), stopped: false, findings, locate };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { value: null, stopped: true, findings, locate };
  }
}

function spotOf(key: unknown, value: unknown): Spot {
  const keyRange = rangeOf(key);
  const valueRange = rangeOf(value);
  return { ...(keyRange && { key: keyRange }), ...(valueRange && { value: valueRange }) };
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
  return range ? [range[0], range[1]] : undefined;
}
