/** "Did you mean": the end of an error about a name that is not one of those there are. */
import { nearest } from './nearest.ts';

/** No name is longer; whatever is need not be compared letter by letter. */
const longest = 64;

/** `; did you mean `weight`?` — or nothing where no name is near. A beginning of at least three letters counts as near. */
export function didYouMean(got: string, names: Iterable<string>): string {
  if (got === '' || got.length > longest) return '';
  const all = [...names];
  const begun = got.length < 3 ? [] : all.filter((name) => name.startsWith(got.toLowerCase()));
  const meant = nearest(got, all) ?? (begun.length === 1 ? begun[0] : undefined);
  return meant === undefined ? '' : `; did you mean \`${meant}\`?`;
}
