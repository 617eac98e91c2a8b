/** Edits of header fields, made ready: names hashed, lines written out, so that a message costs a few comparisons. */
import type { HeaderEdits } from '../../scenarios/header-edits.ts';
import { hashOf } from './fields.ts';

export interface FieldEdits {
  /** Lower-case names that are taken away; also those whose fields are replaced. */
  readonly drop: readonly { readonly name: string; readonly hash: number }[];
  /** Lines that are added. */
  readonly lines: string;
}

/** Later edits lie over earlier ones: what they set or remove is not there any more. Undefined where nothing is edited. */
export function fieldEdits(...all: readonly (HeaderEdits | undefined)[]): FieldEdits | undefined {
  const drop = new Set<string>();
  let lines: { name: string; line: string }[] = [];
  const takeAway = (given: string) => {
    const name = given.toLowerCase();
    drop.add(name);
    lines = lines.filter((it) => it.name !== name);
  };
  const put = (name: string, value: string) =>
    lines.push({ name: name.toLowerCase(), line: `${name}: ${value}\r\n` });
  for (const edits of all) {
    if (edits === undefined) continue;
    for (const name of edits.remove) takeAway(name);
    for (const name of Object.keys(edits.set)) takeAway(name);
    for (const [name, value] of Object.entries(edits.set)) put(name, value);
    for (const [name, values] of Object.entries(edits.add))
      for (const value of typeof values === 'string' ? [values] : values) put(name, value);
  }
  if (drop.size === 0 && lines.length === 0) return undefined;
  return {
    drop: [...drop].map((name) => ({ name, hash: hashOf(name) })),
    lines: lines.map(({ line }) => line).join(''),
  };
}
