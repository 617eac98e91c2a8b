/**
 * What a balancer believes of one backend, from active checks: unknown, healthy or unhealthy. A threshold of checks
 * in a row moves the belief, so that one lost packet neither condemns nor absolves. Pure: times arrive as arguments.
 *
 * Fields and rules follow the article's `ServerHealthInfo` (times in ms of one monotonic clock). One rule is added: a
 * check that began before the latest transition is not counted, since it speaks of the time before.
 */
export type HealthStatus = 'unknown' | 'healthy' | 'unhealthy';

export interface HealthThresholds {
  /** Passed checks in a row that make it healthy. */
  readonly healthy: number;
  /** Failed checks in a row that make it unhealthy. */
  readonly unhealthy: number;
}

/** What one active check found. */
export interface CheckResult {
  readonly passed: boolean;
  /** When it began, monotonic ms. */
  readonly startedAt: number;
  /** How long the answer (or its failure) took, ms. */
  readonly responseTime: number;
  /** Why it failed; empty when it passed. */
  readonly error: string;
}

export class Health {
  status: HealthStatus;
  consecutiveSuccesses = 0;
  consecutiveFailures = 0;
  /** When the last check began; NaN before the first. */
  lastCheck = Number.NaN;
  /** How long the last check took, ms; NaN before the first. */
  lastResponseTime = Number.NaN;
  /** Why the last check failed, or why real traffic marked it down; empty when all is well. */
  errorMessage = '';
  /** When `status` last changed; −Infinity while it never has. */
  changedAt = Number.NEGATIVE_INFINITY;
  readonly #thresholds: HealthThresholds;

  constructor(status: HealthStatus, thresholds: HealthThresholds) {
    this.status = status;
    this.#thresholds = thresholds;
  }

  /** Takes in one check. `at` is when it ended. Returns whether the status changed. */
  checked(result: CheckResult, at: number): boolean {
    this.lastCheck = result.startedAt;
    this.lastResponseTime = result.responseTime;
    if (result.startedAt < this.changedAt) return false;
    this.errorMessage = result.error;
    if (result.passed) {
      this.consecutiveSuccesses++;
      this.consecutiveFailures = 0;
      return this.consecutiveSuccesses >= this.#thresholds.healthy && this.#become('healthy', at);
    }
    this.consecutiveFailures++;
    this.consecutiveSuccesses = 0;
    return this.consecutiveFailures >= this.#thresholds.unhealthy && this.#become('unhealthy', at);
  }

  /** Real traffic condemned it: passed checks count anew from here. Returns whether the status changed. */
  markDown(reason: string, at: number): boolean {
    this.consecutiveSuccesses = 0;
    this.errorMessage = reason;
    return this.#become('unhealthy', at);
  }

  /** Its ejection is over, where no active check could say so. Returns whether the status changed. */
  readmit(at: number): boolean {
    this.consecutiveFailures = 0;
    this.errorMessage = '';
    return this.#become('healthy', at);
  }

  #become(status: HealthStatus, at: number): boolean {
    if (this.status === status) return false;
    this.status = status;
    this.changedAt = at;
    return true;
  }
}
