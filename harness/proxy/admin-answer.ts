/** What the side door answers with, and how it says no. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';

export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: object;
  /** Instead: sent as it is, as this type. */
  readonly text?: { readonly type: string; readonly content: string };
}

/** What goes wrong by the caller's doing, with the status that says so. */
export class Refusal extends Error {
  readonly status: number;
  /** Methods that would do, where another was used. */
  readonly allow: readonly string[];

  constructor(status: number, message: string, allow: readonly string[] = []) {
    super(message);
    this.status = status;
    this.allow = allow;
  }
}

const bodyLimit = 16 * 1024;

/** The request's body, checked; `{}` for an empty one where `optional`. Rejects with a `Refusal`. */
export async function bodyOf<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
  optional = false,
): Promise<z.output<S>> {
  const parsed = schema.safeParse(await jsonOf(request, optional));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(400, `${['body', ...issue!.path].join('.')}: ${issue!.message}`);
}

async function jsonOf(request: IncomingMessage, optional: boolean): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  try {
    for await (const chunk of request) {
      text += chunk;
      if (text.length > bodyLimit) throw new Refusal(413, `expected a body of at most ${bodyLimit} bytes`);
    }
    return optional && text === '' ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `expected a JSON body, got ${(error as Error).message}`);
  }
}
