/** The check of a response (`load.requests`), made ready for reading: what is looked for in bytes, and where. */
import type { ResponseCheck } from '../../scenarios/response-check.ts';
import { hashOf } from '../proxy/fields.ts';

export interface ReadyCheck {
  /** That pass; absent: those below 400. */
  readonly statuses: ReadonlySet<number> | undefined;
  readonly contains: Buffer | undefined;
  readonly fields: readonly { readonly name: string; readonly hash: number; readonly value: string }[];
}

export function readyCheck({ status, contains, header = {} }: ResponseCheck): ReadyCheck {
  return {
    statuses: status && new Set(status),
    contains: contains === undefined ? undefined : Buffer.from(contains),
    fields: Object.entries(header).map(([name, value]) => {
      const field = name.toLowerCase();
      return { name: field, hash: hashOf(field), value };
    }),
  };
}

export const passesStatus = ({ statuses }: ReadyCheck, status: number): boolean =>
  statuses === undefined ? status < 400 : statuses.has(status);
