/** The formats there are, found by listing their folder, and which of them a log is in. */
import { loadFolder } from '../../scenarios/registry.ts';
import type { Format } from './format.ts';
import type { Logged } from './logged.ts';

export const formats = await loadFolder<Format>(new URL('./formats/', import.meta.url));

/** How much a line tells: where two formats read a log, the one that tells more is meant. */
export function richness({ took, attempts, blur, host, body }: Logged): number {
  const timed = attempts?.some((it) => it.took !== undefined) ? 8 : 0;
  const flags = [
    attempts !== undefined,
    took !== undefined,
    blur === 0,
    host !== undefined,
    body !== undefined,
  ];
  return timed + flags.filter(Boolean).length;
}

export interface Fit {
  readonly name: string;
  readonly read: number;
  readonly rich: number;
}

/** How well each format reads these lines, best first. */
export function fits(lines: readonly string[], among: ReadonlyMap<string, Format> = formats): Fit[] {
  const all = [...among].map(([name, { line }]) => {
    let read = 0;
    let rich = 0;
    for (const text of lines) {
      const it = line(text);
      if (typeof it === 'string') continue;
      read++;
      rich += richness(it);
    }
    return { name, read, rich: read === 0 ? 0 : rich / read };
  });
  // A few lines more or less are luck: a damaged line may be damaged in one format only.
  const score = ({ read, rich }: Fit) =>
    lines.length === 0 ? 0 : Math.round((20 * read) / lines.length) * 100 + rich;
  return all.sort((a, b) => score(b) - score(a));
}
