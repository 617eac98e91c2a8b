/** What a request asks for, but for what tells it from others: the same for all requests of its kind. */

import type { Content, ResponseCheck } from './response-check.ts';

/** Methods that loads send. */
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Most bytes of a request body. */
export const mostBody = 100_000_000;

/** `body` is the number of bytes to send. */
export interface RequestShape {
  readonly path: string;
  readonly method: (typeof methods)[number];
  readonly body: number;
  /** What Host says; undefined where it names the balancer. */
  readonly host?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The very bytes of the body, where they matter. */
  readonly content?: Content | undefined;
  /** What the response must be like; undefined: what any must be like. */
  readonly check?: ResponseCheck | undefined;
}
