/**
 * One backend as a process of the user's own command, in a process group of its own: `crash` is SIGKILL and `freeze` SIGSTOP to all of
 * it, `stop` the service's stop signal to its leader, as an init would send it. Once the leader is gone, whatever it has left is killed.
 * Each life listens on the same port and begins with the same files.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { ending, isDead, type Suffering } from '../../scenarios/host-faults.ts';
import { toProcesses } from '../../scenarios/own-findings.ts';
import { filledIn, type OwnService, type Placeholders } from '../../scenarios/own-services.ts';
import { now } from '../clock.ts';
import type { RunLabel } from '../drivers/driver.ts';
import { environmentOf } from '../ownership.ts';
import { type ClaimFile, killGroup } from './claim-file.ts';
import type { OwnBackend } from './contact.ts';
import { serving } from './serving.ts';

/** Characters of what it wrote last that an error shows. */
const tailLength = 1_500;

export class CommandHost implements OwnBackend {
  readonly id: string;
  readonly at: { readonly host: string; readonly port: number };
  readonly #own: OwnService;
  readonly #values: Placeholders;
  readonly #claim: ClaimFile;
  readonly #run: RunLabel;
  readonly #signal: AbortSignal;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #startedAt = 0;
  /** Node learns of a death some time after the sockets do, and until then would not start another life. */
  #isEnding = false;
  /** Resolves when the group's leader is gone. */
  #gone: Promise<number> = Promise.resolve(0);

  constructor(
    own: OwnService,
    values: Omit<Placeholders, 'dir'>,
    claim: ClaimFile,
    run: RunLabel,
    signal: AbortSignal,
  ) {
    this.id = values.id;
    this.at = { host: values.host, port: values.port };
    this.#own = own;
    this.#values = { ...values, dir: claim.scratch(values.id) };
    this.#claim = claim;
    this.#run = run;
    this.#signal = signal;
    this.#log = join(claim.folder, `${values.id}.log`);
  }

  get restart(): (() => Promise<void>) | undefined {
    if (!this.#own.restart) return undefined;
    return async () => {
      this.kill('SIGKILL');
      await this.ended();
      this.start();
    };
  }

  async begin(kind: HostFaultKind): Promise<void> {
    if (!toProcesses.has(kind)) throw new Error(`a plain process cannot ${kind}`);
    this.#isEnding ||= ending.has(kind);
    if (kind === 'crash') this.kill('SIGKILL');
    else if (kind === 'freeze') this.kill('SIGSTOP');
    else this.#child?.kill((this.#own.stopSignal ?? 'SIGTERM') as NodeJS.Signals);
  }

  /** Lets a stopped process go on; starts a new one where none is left. */
  async restore(suffers: Suffering): Promise<void> {
    if (isDead(suffers)) return;
    if (this.#isEnding) await this.ended();
    if (!this.#isRunning()) this.start();
    else if (!suffers.has('freeze')) this.kill('SIGCONT');
  }

  startedAt(): number {
    return this.#startedAt;
  }

  died(): Promise<number> {
    return this.#gone;
  }

  async ended(): Promise<void> {
    await this.#gone;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined && this.#isRunning()) killGroup(this.#child.pid, signal);
  }

  serves(): Promise<void> {
    return serving({ id: this.id, ...this.at }, this.#own.ready, async () => {
      this.#signal.throwIfAborted();
      if (this.#isRunning()) return;
      await this.#gone;
      throw new Error(`${this.id} ended instead of serving (${this.#ending()}): ${this.#tail()}`);
    });
  }

  start(): void {
    this.#isEnding = false;
    this.#startedAt = now();
    const fill = (text: string) => filledIn(text, this.#values);
    for (const [name, text] of Object.entries(this.#own.files)) {
      const file = join(this.#values.dir, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, fill(text));
    }
    const { command = [], env, cwd } = this.#own;
    if (cwd !== undefined && !existsSync(cwd))
      throw new Error(`expected a folder for ${this.id} to run in, got ${cwd}`);
    const [program, ...args] =
      typeof command === 'string' ? ['/bin/sh', '-c', fill(command)] : command.map(fill);
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
    // Into a file, and not through us: what a service writes by the megabyte must cost the harness nothing.
    const log = openSync(this.#log, 'w');
    const child = spawn(program!, args, {
      cwd,
      env: { ...process.env, ...own, ...environmentOf(this.#run) },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) this.#claim.add(pid);
    this.#gone = new Promise((resolve) => {
      child.once('error', (error) => {
        writeFileSync(this.#log, error.message);
        resolve(now());
      });
      child.once('exit', () => {
        const at = now();
        if (pid !== undefined) {
          killGroup(pid, 'SIGKILL');
          this.#claim.drop(pid);
        }
        resolve(at);
      });
    });
  }

  #isRunning(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #ending(): string {
    const { exitCode, signalCode, pid } = this.#child ?? {};
    if (pid === undefined) return 'it could not be started';
    return exitCode === 0
      ? 'with 0: a command must stay in the foreground'
      : `with ${signalCode ?? exitCode}`;
  }

  #tail(): string {
    return readFileSync(this.#log, 'utf8').slice(-tailLength).trim() || 'it wrote nothing';
  }
}
