/**
 * Work that costs CPU: a thread per worker burns CPU time of its own, so that a CPU quota bites and the event loop, which
 * answers health checks, is only slowed as much as the quota slows everything. At most 16 threads: beyond that,
 * jobs wait for a thread, since no container of ours has more cores.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const mostThreads = 16;

interface Task {
  readonly ms: number;
  readonly done: () => void;
  cancelled: boolean;
  thread: Thread | undefined;
}

interface Thread {
  readonly worker: Worker;
  /** 1 while its task is wanted. */
  readonly wanted: Int32Array;
  task: Task | undefined;
}

export class Burner {
  readonly #idle: Thread[] = [];
  readonly #waiting: Task[] = [];

  /** Resolves once all threads run: starting one takes far longer than a request. */
  readonly ready: Promise<unknown>;

  constructor(workers: number) {
    for (let i = 0; i < Math.min(workers, mostThreads); i++) this.#idle.push(this.#startThread());
    this.ready = Promise.all(this.#idle.map(({ worker }) => once(worker, 'online')));
  }

  /** Burns `ms` of CPU time, then calls `done`; cancelling stops it without. */
  burn(ms: number, done: () => void): { cancel(): void } {
    const task: Task = { ms, done, cancelled: false, thread: undefined };
    this.#waiting.push(task);
    this.#dispatch();
    return {
      cancel: () => {
        task.cancelled = true;
        if (task.thread?.task === task) Atomics.store(task.thread.wanted, 0, 0);
      },
    };
  }

  #startThread(): Thread {
    const wanted = new Int32Array(new SharedArrayBuffer(4));
    const file = new URL(`./burn-thread${import.meta.url.slice(-3)}`, import.meta.url);
    const worker = new Worker(file, { workerData: wanted });
    const thread: Thread = { worker, wanted, task: undefined };
    worker.unref();
    worker.on('message', () => {
      const { task } = thread;
      thread.task = undefined;
      this.#idle.push(thread);
      if (task && !task.cancelled) task.done();
      this.#dispatch();
    });
    return thread;
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const task = this.#waiting.shift()!;
      if (task.cancelled) continue;
      const thread = this.#idle.pop()!;
      thread.task = task;
      task.thread = thread;
      Atomics.store(thread.wanted, 0, 1);
      thread.worker.postMessage(task.ms);
    }
  }
}
