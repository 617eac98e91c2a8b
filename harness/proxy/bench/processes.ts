/** Processes of others: started, waited for, and read in /proc (Linux) for what they cost. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Serving } from './subject.ts';

const startMs = 10_000;
const stopMs = 5_000;

/** Clock ticks a second, in which the kernel tells CPU time (proc(5)). */
const ticks = Number((await execa('getconf', ['CLK_TCK'])).stdout);

/** CPU time so far, user and system, of a process and its children, ms. To within a tick (10 ms). */
export function cpuMs(pid: number): number {
  return family(pid).reduce((total, it) => {
    // The name in parentheses may hold spaces; of what follows it, the 12th and 13th field are utime and stime.
    const stat = readFileSync(`/proc/${it}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return total + ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
  }, 0);
}

/** Memory of a process and its children, MB: resident now, and the most that ever was. */
export function memoryMB(pid: number): { now: number; peak: number } {
  const sum = { now: 0, peak: 0 };
  for (const it of family(pid)) {
    const status = readFileSync(`/proc/${it}/status`, 'latin1');
    sum.now += Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1.024e-3;
    sum.peak += Number(/^VmHWM:\s+(\d+)/m.exec(status)![1]) * 1.024e-3;
  }
  return sum;
}

function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(family)];
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it will listen. */
  readonly port: number;
  /** What to do where there is no such command. */
  readonly remedy: string;
}

/** Starts a server that stays in the foreground; resolves once it accepts. */
export async function startServer({ command, args, port, remedy }: Command): Promise<Serving> {
  const child = execa(command, args, {
    env: { NODE_ENV: 'production', PATH: searchPath() },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    maxBuffer: 64_000,
    reject: false,
    forceKillAfterDelay: stopMs,
  });
  let ended: string | undefined;
  void child.then(({ stderr, originalMessage, exitCode, signal }) => {
    ended = stderr || originalMessage || `ended with ${signal ?? exitCode}`;
  });
  for (const until = performance.now() + startMs; !(await accepts(port)); await sleep(20)) {
    if (ended?.includes('ENOENT')) throw new Error(`expected ${command}, found none: ${remedy}`);
    if (ended !== undefined) throw new Error(`${command} did not start: ${ended}`);
    if (performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not listen on ${port} within ${startMs} ms`);
    }
  }
  return {
    port,
    pid: child.pid!,
    async stop() {
      child.kill();
      await child;
    },
  };
}

/** Debian keeps servers where only root looks for them. */
function searchPath(): string {
  return `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const say = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('connect', () => say(true)).on('error', () => say(false));
  });
}
