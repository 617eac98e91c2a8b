/** The library: every `*.yaml` beside this file, under its file name. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { didYouMean } from './suggest.ts';
import type { Tier } from './tiers.ts';

const folder = new URL('./', import.meta.url);

function files(): { name: string; file: string }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort() // of names: `steady` stands before `steady-wide`, `steady.yaml` would not
    .map((name) => ({ name, file: fileURLToPath(new URL(`${name}.yaml`, folder)) }));
}

/** Each scenario that ships with Steelyard: its name, its story in a sentence or two, its tier, its file. */
export function listScenarios(): { name: string; about: string; tier: Tier; file: string }[] {
  return files().map(({ name, file }) => {
    const { about, tier } = (parse(readFileSync(file, 'utf8')) ?? {}) as { about?: unknown; tier?: unknown };
    return {
      ...{ name, file },
      about: typeof about === 'string' ? about.trim() : '',
      tier: tier === 'short' ? 'short' : 'whole',
    };
  });
}

/**
 * The file that is meant: the path given where something is there, else the library's scenario of that name. Where
 * there is neither, `missing` ends the error about it.
 */
export function findScenario(given: string): { file: string; missing: string } {
  const library = files();
  const own = library.find(({ name }) => name === given);
  if (own && !statSync(given, { throwIfNoEntry: false })?.isFile())
    return { file: relative('.', own.file), missing: '' };
  const base = given.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  return {
    file: given,
    missing:
      didYouMean(
        base,
        library.map(({ name }) => name),
      ) || '; see `steelyard list scenarios`',
  };
}
