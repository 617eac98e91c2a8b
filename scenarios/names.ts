/** The two fields every section of a scenario is made of: a name, and a number of things. */
import { z } from 'zod';
import { show } from './show.ts';

/** Names end up in file names, headers, reports and container names. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const nameExpected = 'a name of a-z, 0-9, dot, dash and underscore, at most 64 characters long';

export const name = z.string().regex(namePattern, {
  error: ({ input }) => `expected ${nameExpected}, got ${show(input)}`,
});

/** One or more. */
export const count = z.int().min(1);
