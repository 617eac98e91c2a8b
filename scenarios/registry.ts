/**
 * One way to extend: a new strategy, fault, service time, chart, check, format or reference is ONE new file with a
 * default export, found by listing its folder in sorted order. The file's name is its public name.
 */
import { readdirSync } from 'node:fs';

/** Loads every definition in a folder: sorted by name; files without a default export (the contract, helpers) and tests are passed over. */
export async function loadFolder<T>(folder: URL): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  const files = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const match = /^([a-z0-9-]+)\.(ts|js)$/.exec(file); // neither *.test.ts nor *.d.ts
    if (match) files.set(match[1]!, file);
  }
  for (const name of [...files.keys()].sort()) {
    const module = (await import(new URL(files.get(name)!, folder).href)) as { default?: T };
    if (module.default !== undefined) found.set(name, module.default);
  }
  return found;
}
