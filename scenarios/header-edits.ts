/**
 * What a balancer changes in the fields of a message on its way: `set` replaces, `add` puts beside what is there, `remove`
 * takes away, in that order of precedence. What frames a message, belongs to one hop, or is the balancer's own to say
 * cannot be edited: a value given here must never be able to make two messages of one.
 */
import { z } from 'zod';
import { show } from './show.ts';

/** RFC 9110 §7.6.1, RFC 9112 §6, and what the balancer itself answers for. */
const untouchable = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
]);

/** A field name that may be matched on. */
export const fieldName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/, {
  error: ({ input }) => `expected the name of a header field (RFC 9110 token), got ${show(input)}`,
});

/** Values as they may stand in a message: no CR, LF, NUL or other control, and no space around them. */
export const fieldValue = z
  .string()
  .regex(/^(?:[!-~\xa0-\xff](?:[\t -~\xa0-\xff]{0,8190}[!-~\xa0-\xff])?)?$/, {
    error: ({ input }) =>
      `expected the value of a header field (printable, no line breaks, no space around it), got ${show(input)}`,
  });

/** A field of requests of one kind. Fields of ours tell requests apart one by one. */
export const isOurs = (name: string): boolean => name.toLowerCase().startsWith('steelyard-');

/** A field name that may be edited. */
export const editableName = fieldName.refine((name) => !untouchable.has(name.toLowerCase()), {
  error: ({ input }) =>
    `expected a field that may be edited, got ${show(input)}, which frames the message, belongs to one hop, or is the balancer's own to say`,
});

/** A field name that the requests of a mix may carry. */
export const mixField = editableName.refine((name) => !isOurs(name), {
  error: ({ input }) => `expected a field other than ours (steelyard-…), got ${show(input)}`,
});

export const headerEdits = z.strictObject({
  set: z.record(editableName, fieldValue).default({}).describe('replaces all fields of the name'),
  add: z
    .record(editableName, z.union([fieldValue, z.array(fieldValue).min(1)]))
    .default({})
    .describe('beside what is there'),
  remove: z.array(editableName).default([]),
});

export type HeaderEdits = z.output<typeof headerEdits>;
