/**
 * What a kind of request sends as its body, and what its response must be like to count as one: services of the user's own say
 * more than a status, and a page that says `error` with a 200 is no answer.
 */
import { z } from 'zod';
import { fieldName } from './header-edits.ts';

const status = z.int().min(200).max(599);

export const check = z
  .strictObject({
    status: z
      .union([status, z.array(status).min(1)])
      .transform((it) => [it].flat())
      .optional()
      .describe('one of these, also where it is 400 or above; anything below 400 unless given'),
    contains: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe('text that stands in the first megabyte of the body'),
    header: z.record(fieldName, z.string().max(8000)).optional().describe('fields with exactly these values'),
  })
  .describe('a response that does not pass is failed (failed-check)');

export type ResponseCheck = z.output<typeof check>;

/** A body as it goes out. */
export interface Content {
  readonly type: string;
  /** One character a byte (latin1). */
  readonly bytes: string;
  /** Where they are read from; absent once they are. */
  readonly file?: string;
}

/** Bytes as a string of one character each. */
export const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const text = (it: string): Content => ({ type: 'text/plain', bytes: asBytes(it) });
const json = (it: unknown): Content => ({ type: 'application/json', bytes: asBytes(JSON.stringify(it)) });

export const content = z
  .union([
    z.string().max(1_000_000).transform(text),
    z.strictObject({ text: z.string().max(1_000_000) }).transform((it) => text(it.text)),
    z.strictObject({ json: z.json() }).transform((it) => json(it.json)),
    z
      .strictObject({ file: z.string().min(1).max(1000) })
      .transform(({ file }): Content => ({ type: 'application/octet-stream', bytes: '', file })),
  ])
  .describe(
    'the request body: text, { json: … } or { file: … } from the scenario’s folder; headers may say another content-type',
  );

/** Sentences that the report of a simulation must show. */
export function checkNotes({ mix }: { readonly mix: readonly { readonly check?: unknown }[] }): string[] {
  return mix.some((it) => it.check !== undefined)
    ? [
        'Checks of responses are not made in the simulator: its backends answer with a status and so many bytes.',
      ]
    : [];
}
