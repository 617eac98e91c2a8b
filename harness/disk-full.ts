/** A disk that is full shows wherever something is written: here, or in the last words of a process that could not. */
const codes = ['ENOSPC', 'EDQUOT'];

/** Whether `trouble`, an error or what was said of one, tells of a disk without space. */
export function isDiskFull(trouble: unknown): boolean {
  if (trouble instanceof Error && codes.includes((trouble as NodeJS.ErrnoException).code ?? '')) return true;
  const said = trouble instanceof Error ? trouble.message : String(trouble);
  return codes.some((code) => said.includes(`${code}: `));
}

/** What to say of it, once. */
export const diskFull = (dir: string): string =>
  `No space is left where ${dir} is written, so the run stopped. What was recorded before is kept: free some space and ` +
  `read it with "steelyard report ${dir}", or run again with --out on another disk.`;
