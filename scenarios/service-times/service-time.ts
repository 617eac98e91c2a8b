/**
 * The contract of a service-time law: how long one request occupies one worker of one backend.
 *
 * A law is its quantile function. Request i carries a quantile u in (0, 1) and each backend inverts its own law
 * at u, so that every contender meets the same luck and a slow backend is slow for the same requests.
 */
import type { Parameters, ParameterValues } from '../parameters.ts';

export interface ServiceTime {
  /** The time at quantile u in (0, 1), ms. Non-decreasing in u. */
  at(u: number): number;
  /** The law's mean, ms; Infinity where it has none. Utilization is planned from it. */
  readonly mean: number;
}

/** What a law's file exports by default. The file's name is its name in a scenario: `service: { exponential: { mean: 10ms } }`. */
export interface ServiceTimeDefinition<P extends Parameters = Parameters> {
  readonly about: string;
  readonly options: P;
  create(values: ParameterValues<P>): ServiceTime;
}

/** Checks a definition's types where it is written and returns it unchanged. */
export function define<const P extends Parameters>(law: ServiceTimeDefinition<P>): ServiceTimeDefinition<P> {
  return law;
}
