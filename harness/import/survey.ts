/** What a log tells of its requests and backends, gathered as they come in the order of their arrivals, in bounded memory. */
import { AnswerOrder } from './answer-order.ts';
import type { Attempt, Logged } from './logged.ts';
import { ServerTimes } from './server-times.ts';
import { Silences } from './silences.ts';
import { Timeline } from './timeline.ts';

/** Fewer than the cells of a timeline. What others were asked is counted, and no more. */
export const mostBackends = 1000;

export interface SurveyedBackend {
  /** As the log names it. */
  readonly name: string;
  sent: number;
  failed: number;
}

/** The name of what served where a log names no backend. */
export const unnamed = '';

export class Survey {
  readonly timeline = new Timeline();
  readonly silences = new Silences();
  readonly backends: SurveyedBackend[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #servers: ServerTimes[] = [];
  readonly #workers: number | undefined;
  readonly #answers = new AnswerOrder(({ backend, sent, at, failure }) =>
    this.silences.add(backend, sent, at, failure),
  );
  requests = 0;
  /** Answered 5xx or not at all, by whomever. */
  failed = 0;
  abandoned = 0;
  retried = 0;
  /** Had no backend, as there was none to have. */
  unserved = 0;
  /** Attempts at backends beyond `mostBackends`. */
  beyond = 0;
  /** Arrival of the last, and the longest request, ms. */
  last = 0;
  longest = 0;
  timed = 0;
  answerBytes = 0;
  answers = 0;

  constructor(workers?: number) {
    this.#workers = workers;
  }

  get heldAnswers(): number {
    return this.#answers.peak;
  }

  /** A request that came at `at`, ms from t = 0. */
  add(it: Logged, at: number): void {
    this.requests++;
    this.last = at;
    if (it.status >= 500 || it.status === 0) this.failed++;
    if (it.status === 499) this.abandoned++;
    if (it.answer !== undefined && it.status < 400) {
      this.answerBytes += it.answer;
      this.answers++;
    }
    const attempts = it.attempts ?? [unnamedAttempt(it)];
    if (attempts.length === 0) this.unserved++;
    if (attempts.length > 1) this.retried++;
    let sent = at;
    for (const attempt of attempts) {
      this.#attempt(attempt, sent);
      sent += attempt.took ?? 0;
    }
    this.longest = Math.max(this.longest, it.took ?? 0, sent - at);
    this.#answers.reached(at);
  }

  /** To be called once nothing follows. */
  end(): void {
    this.#answers.reached(Number.POSITIVE_INFINITY);
  }

  #attempt(attempt: Attempt, sent: number): void {
    const number = this.#numberOf(attempt.backend);
    if (number === undefined) {
      this.beyond++;
      return;
    }
    const { took, status, failure } = attempt;
    const backend = this.backends[number]!;
    backend.sent++;
    if (failure !== undefined && failure !== 'abandoned') backend.failed++;
    const served =
      took === undefined || failure !== undefined ? took : this.#servers[number]!.service(sent, took);
    if (took !== undefined) this.timed++;
    this.timeline.add(number, sent, { took: served, status, failure });
    this.#answers.add({ backend: number, sent, at: sent + (took ?? 0), failure });
  }

  #numberOf(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined || this.backends.length === mostBackends) return known;
    const number = this.backends.length;
    this.#numbers.set(name, number);
    this.backends.push({ name, sent: 0, failed: 0 });
    this.#servers.push(new ServerTimes(this.#workers));
    return number;
  }
}

function unnamedAttempt({ took, status }: Logged): Attempt {
  const failure = status === 499 || status === 0 ? 'abandoned' : status >= 500 ? 'error' : undefined;
  return { backend: unnamed, took, status, failure };
}
