import { readFileSync } from 'node:fs';

/** Descriptors left for everything that is neither a client nor a connection to a backend. */
const reserved = 64;

/**
 * How many clients this process's limit on open files has room for: each may need a connection to a backend beside its
 * own. Where the limit cannot be read, that of most systems.
 */
export function clientsByDescriptors(): number {
  let descriptors = 1024;
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (line) descriptors = line[1] === 'unlimited' ? 1_048_576 : Number(line[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return Math.max(16, Math.floor((descriptors - reserved) / 2));
}
