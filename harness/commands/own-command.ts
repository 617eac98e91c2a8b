/** Commands of Steelyard's own, each in a process of its own, and what an interruption of this one means to them. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { exitCode } from '../exit.ts';
import type { Interrupt } from '../interrupt.ts';

const cli = fileURLToPath(new URL(`../cli${extname(import.meta.url)}`, import.meta.url));

export interface Ended {
  /** Its exit code; that of an interruption or a failure where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class OwnCommands {
  readonly #running = new Set<() => void>();

  /** The first signal is passed on, so that each ends in order; the second, too, and each is waited for. */
  constructor(interrupt: Interrupt) {
    const stop = () => {
      for (const it of this.#running) it();
    };
    interrupt.signal.addEventListener('abort', stop);
    interrupt.onForce(async () => {
      stop();
      while (this.#running.size > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    });
  }

  /** Never rejects for how it ends. `aloud`: what it says goes to our standard error instead of the result. */
  async run(args: readonly string[], { aloud = false } = {}): Promise<Ended> {
    const child = execa(process.execPath, [cli, ...args], {
      ...{ reject: false, stdin: 'ignore', maxBuffer: 200_000_000 },
      // In a process group of its own: Ctrl-C reaches it once, through us, as a second one would force it.
      detached: true,
      ...(aloud ? ({ stdout: process.stderr, stderr: 'inherit' } as const) : {}),
    });
    const stop = () => child.kill('SIGINT');
    this.#running.add(stop);
    const { exitCode: ended, signal, stdout, stderr } = await child;
    this.#running.delete(stop);
    return {
      code: ended ?? (signal === 'SIGINT' ? exitCode.interrupted : exitCode.failed),
      stdout: stdout ?? '',
      stderr: stderr ?? '',
    };
  }
}
