/** Files written whole or not at all: a full disk, or a kill, leaves the earlier one as it was and no half of the new. */
import { rename, rm, writeFile } from 'node:fs/promises';

/** `write` fills the file whose path it is given, and syncs it; only then does it take the place of `file`. */
export async function wholly(file: string, write: (part: string) => Promise<unknown>): Promise<void> {
  const part = `${file}.part`;
  try {
    await write(part);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** As `fs.writeFile`, but whole or not at all. */
export function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  return wholly(file, (part) => writeFile(part, content, { flush: true }));
}
