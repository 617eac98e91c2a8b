/** How a command ends. The codes are a public contract: scripts and CI jobs lean on them. */
export const exitCode = {
  good: 0,
  /** The harness or a contender failed. */
  failed: 1,
  /** Bad input or usage; nothing was started. */
  input: 2,
  /** The run's own audit failed. */
  invalid: 3,
  /** Inconclusive or unknown, with `--strict`. */
  unknown: 98,
  /** An expectation or gate failed. */
  expectation: 99,
  /** Interrupted by SIGINT; what was recorded is kept. */
  interrupted: 130,
  /** Interrupted by SIGTERM. */
  terminated: 143,
} as const;

/** Ends the command with this code; the message goes to standard error as it is, without a stack. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number, message = '', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The one code for several findings: the lowest of 1, 2, 3 wins over 99, which wins over 98; none is 0. */
export function combine(codes: readonly number[]): number {
  const order = [1, 2, 3, 99, 98];
  return order.find((code) => codes.includes(code)) ?? 0;
}
