/** A process that is ready at once, and then hangs in the way it was told to. */
import { serve } from './role.ts';

export type How = 'loop' | 'bigint' | 'regex' | 'idle' | 'before ready';

/** The line on which `forever` loops. */
export const loopLine = 11;

function forever(): void {
  let turns = 0;
  while (turns >= 0) turns = (turns + 1) % 1000;
}

const ways: Record<How, () => unknown> = {
  loop: forever,
  'before ready': forever,
  bigint: () => 3n ** (10n ** 9n),
  regex: () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
  idle: () => undefined,
};

// Only where it is started as a role: tests import the line.
if (process.send !== undefined && process.argv[1] === import.meta.filename)
  serve<{ how: How }, { type: 'go' }, { type: 'pong' }>(async ({ how }, say) => {
    if (how === 'before ready') forever();
    return {
      receive: () => {
        ways[how]();
        say({ type: 'pong' });
      },
    };
  });
