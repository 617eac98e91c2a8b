/** Ctrl-C once stops the run in order and keeps what was recorded; twice removes what was started and leaves at once. */
import { exitCode } from './exit.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, undefined when neither came. */
  readonly code: number | undefined;
  /** What a second signal does before it leaves. */
  onForce(cleanUp: () => Promise<void>): void;
}

/** Most milliseconds that a forced clean-up may take. */
const forceWithin = 10_000;

/** Listens from now on; there is one per process, for its lifetime. */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  let cleanUp: () => Promise<void> = () => Promise.resolve();
  const on = (signalCode: number) => () => {
    if (code === undefined) {
      code = signalCode;
      process.stderr.write(
        '\nStopping: healing faults, removing backends, keeping what was recorded. Again to force.\n',
      );
      controller.abort();
      return;
    }
    const leave = () => process.exit(code);
    setTimeout(leave, forceWithin).unref();
    cleanUp().then(leave, (error: unknown) => {
      process.stderr.write(`${error}\nSome things may be left: run steelyard clean\n`);
      leave();
    });
  };
  process.on('SIGINT', on(exitCode.interrupted));
  process.on('SIGTERM', on(exitCode.terminated));
  return {
    signal: controller.signal,
    get code() {
      return code;
    },
    onForce: (next) => {
      cleanUp = next;
    },
  };
}
