/**
 * The way of a log's lines: read, told apart within their second, put in the order of arrival, cut to what is asked for, and
 * then surveyed and written as rows of a trace. Every line is counted exactly once, and nothing is held but what is on its way.
 */
import { methods } from '../../scenarios/request-shape.ts';
import { ArrivalOrder } from './arrival-order.ts';
import type { Disguise, Shown } from './disguise.ts';
import { damaged, type Logged, type Read } from './logged.ts';
import { Spread } from './spread.ts';
import { Survey } from './survey.ts';

/** Damaged lines shown, of all there are. */
const mostShown = 5;
/** No scenario lasts longer, ms. */
const week = 7 * 24 * 3_600_000;

export interface Damage {
  /** From 1. */
  readonly line: number;
  readonly why: string;
}

/** From when to when, ms from the first arrival, or of the epoch where the user gave a date. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly absolute: boolean;
}

export interface LogImportOptions {
  readonly disguise: Disguise;
  readonly stretch: Stretch;
  readonly workers?: number | undefined;
  /** Where rows go: `at` in ms from t = 0, ascending. */
  readonly row: (at: number, shown: Shown) => void;
}

export class LogImport {
  readonly survey: Survey;
  readonly #options: LogImportOptions;
  readonly #order = new ArrivalOrder((it) => this.#arrived(it));
  readonly #spread = new Spread((it) => this.#order.add(it));
  /** t = 0, ms of the epoch; undefined until the first arrival. */
  origin: number | undefined;
  lines = 0;
  parsed = 0;
  damagedLines = 0;
  readonly damages: Damage[] = [];
  /** Of those parsed: outside the stretch; answered by the balancer itself; no request at all. The rest is replayed. */
  outside = 0;
  byBalancer = 0;
  noRequests = 0;
  replayed = 0;
  /** Methods that loads do not send, with how many were replayed as GET. */
  readonly otherMethods = new Map<string, number>();
  /** Lines whose stamp was cut to whole seconds. */
  blurred = 0;

  constructor(options: LogImportOptions) {
    this.#options = options;
    this.survey = new Survey(options.workers);
  }

  /** Held at once at most: requests waiting for their turn, and attempts for their end. */
  get held(): { arrivals: number; answers: number; cells: number } {
    return {
      arrivals: this.#order.peak,
      answers: this.survey.heldAnswers,
      cells: this.survey.timeline.cells,
    };
  }

  /** Requests whose arrival came to light after later ones had passed, and by how much at most, ms. */
  get late(): { count: number; by: number } {
    return { count: this.#order.late, by: this.#order.latest };
  }

  /** One line, as it was read. */
  line(number: number, it: Read): void {
    this.lines++;
    if (damaged(it)) {
      this.damagedLines++;
      if (this.damages.length < mostShown) this.damages.push({ line: number, why: it });
      return;
    }
    this.parsed++;
    if (it.blur > 0) this.blurred++;
    this.#spread.add(it);
  }

  /** Nothing follows. */
  end(): void {
    this.#spread.flush();
    this.#order.flush();
    this.survey.end();
  }

  #arrived(it: Logged): void {
    const { stretch, disguise, row } = this.#options;
    if (this.origin === undefined) {
      if (stretch.absolute) {
        if (it.at < stretch.from) return void this.outside++;
        this.origin = Number.isFinite(stretch.from) ? stretch.from : it.at;
      } else this.origin = it.at + stretch.from;
    }
    const at = it.at - this.origin;
    const end = stretch.absolute ? stretch.to - this.origin : stretch.to - stretch.from;
    if (at < 0 || at >= Math.min(end, week)) return void this.outside++;
    if (it.attempts?.length === 0 && it.status > 0 && it.status < 499) return void this.byBalancer++;
    // Scans and broken requests have no request line; a balancer answers them 400 and asks nobody.
    if (it.method === undefined && it.status === 400) return void this.noRequests++;
    this.replayed++;
    this.survey.add(it, at);
    row(at, disguise.shown(it, this.#method(it.method)));
  }

  #method(method: string | undefined): string {
    if (method === undefined || (methods as readonly string[]).includes(method)) return method ?? '';
    // Whoever writes a log chooses the methods in it: there may be many.
    if (this.otherMethods.size < 20 || this.otherMethods.has(method))
      this.otherMethods.set(method, (this.otherMethods.get(method) ?? 0) + 1);
    return 'GET';
  }
}
