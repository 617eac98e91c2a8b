/**
 * One backend as a process: `crash` is SIGKILL, `stop` SIGTERM, `freeze` SIGSTOP; `out-of-memory` limits the address space that it
 * may have and makes it want more; a `partition` it makes itself. Each life of it listens on the same
 * ports. It leaves by itself when its standard input ends, that is when the harness is gone; one that is stopped
 * cannot, and is found by its environment (`leavings.ts`).
 */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { NetworkSettings } from '../../scenarios/distances.ts';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { ending as endsProcess, isDead, type Suffering } from '../../scenarios/host-faults.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import { environmentOf } from '../ownership.ts';
import { type BackendControl, controlOf } from './control.ts';
import type { FleetBackend, RunLabel } from './driver.ts';
import type { Host } from './host.ts';
import { serverFile } from './image.ts';
import { limitMemory } from './process-memory.ts';

const server = fileURLToPath(new URL(`../../${serverFile}`, import.meta.url));
const readyMs = 45_000;

export class BackendProcess implements Host {
  readonly spec: BackendSpec;
  readonly backend: FleetBackend;
  readonly #run: RunLabel;
  readonly #network: NetworkSettings | undefined;
  #child: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  /** Node learns of a death some time after the sockets do, and until then would not start another life. */
  #ending = false;
  /** It has silenced its load port, and has not been told to open it again. */
  #cut = false;
  /** The last that the process wrote on its standard error. */
  #said = '';

  constructor(spec: BackendSpec, backend: FleetBackend, run: RunLabel, network?: NetworkSettings) {
    this.spec = spec;
    this.backend = backend;
    this.#run = run;
    this.#network = network;
  }

  get #control(): BackendControl {
    return controlOf(this.backend.host, this.backend.controlPort);
  }

  async begin(kind: HostFaultKind, options: Record<string, unknown>): Promise<void> {
    if (kind === 'vanish' || kind === 'throttle') throw new Error(`a plain process cannot ${kind}`);
    this.#ending ||= endsProcess.has(kind);
    if (kind === 'out-of-memory') {
      await limitMemory(this.#child!.pid!, options.room as number);
      await this.#control.takeMemory();
      return;
    }
    if (kind === 'partition') {
      this.#cut = true;
      await this.#control.partition(options.direction as string);
      return;
    }
    this.kill(({ crash: 'SIGKILL', stop: 'SIGTERM', freeze: 'SIGSTOP' } as const)[kind]);
  }

  /** Lets a stopped process go on; starts a new one where none is left. */
  async restore(suffers: Suffering): Promise<void> {
    if (isDead(suffers)) return;
    if (this.#ending) await this.ended();
    if (!this.#isRunning()) {
      this.#cut = false;
      await this.#start();
    } else if (!suffers.has('freeze')) this.kill('SIGCONT');
    if (!this.#cut || suffers.has('freeze')) return;
    await this.#control.partition(suffers.get('partition')?.direction as string | undefined);
    this.#cut = suffers.has('partition');
  }

  async diedOfMemory(): Promise<string> {
    await this.ended();
    const line = /^.*out of memory.*$/im.exec(this.#said)?.[0];
    if (line !== undefined) return `ended for want of memory: ${line.slice(0, 200)}`;
    throw new Error(
      `${this.backend.id} ended with ${this.#child?.signalCode ?? this.#child?.exitCode}, and not for want of memory: ${this.#said.slice(-300)}`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning()) this.#child?.kill(signal);
  }

  /** Resolves when no process is left. */
  async ended(): Promise<void> {
    await this.#gone;
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async #start(): Promise<void> {
    const { host, port, controlPort } = this.backend;
    const settings = { spec: this.spec, host, port, controlPort, seed: 0, network: this.#network };
    this.#ending = false;
    const child = execa(process.execPath, [server], {
      stdin: 'pipe', // ends with the harness, and only with it
      buffer: false,
      reject: false,
      cleanup: false, // would send SIGTERM, which a stopped process does not hear
      extendEnv: false,
      env: {
        ...environmentOf(this.#run),
        STEELYARD_BACKEND: JSON.stringify(settings),
        STEELYARD_PARENT_WATCH: '1',
      },
    });
    this.#child = child.nodeChildProcess;
    this.#gone = child;
    this.#said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    const listening = Promise.withResolvers<void>();
    const fail = (why: string) => listening.reject(new Error(`${this.backend.id} did not start: ${why}`));
    const timer = setTimeout(() => fail(`not listening after ${readyMs} ms`), readyMs);
    // The first thing it writes is the line that says both ports listen.
    child.stdout.once('data', () => listening.resolve()).resume();
    void child.then(() => fail(this.#said.trim() || 'it ended without a word'));
    try {
      await listening.promise;
    } catch (error) {
      this.kill('SIGKILL');
      await this.ended();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
