/** What a request asks for, but for what tells it from others: the same for all requests of its kind. */

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
}
