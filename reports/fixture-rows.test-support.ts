/** FIXTURE, for tests: columns of requests and attempts from a few handwritten rows. */
import {
  type AttemptColumns,
  type AttemptRow,
  attemptColumns,
  attemptKinds,
  causes,
  outcomes,
  type RequestColumns,
  type RequestRow,
  requestColumns,
} from '../harness/recording.ts';

/** Columns from rows: what a row leaves out is an ok answer after 10 ms. */
export function requestsOf(rows: readonly Partial<RequestRow>[]): RequestColumns {
  const columns = requestColumns(rows.length);
  for (const [i, given] of rows.entries()) {
    const intended = given.intended ?? 0;
    const outcome = given.outcome ?? 'ok';
    const latency =
      given.latency ?? (outcome === 'in-flight' || outcome === 'not-sent' ? Number.NaN : 10_000);
    columns.index[i] = given.index ?? i;
    columns.intended[i] = intended;
    columns.sent[i] = given.sent ?? (outcome === 'not-sent' ? Number.NaN : intended);
    columns.firstByte[i] = given.firstByte ?? Number.NaN;
    columns.latency[i] = latency;
    columns.outcome[i] = outcomes.indexOf(outcome);
    columns.cause[i] = causes.indexOf(given.cause ?? 'none');
    columns.status[i] = given.status ?? (outcome === 'ok' ? 200 : 0);
    columns.backend[i] = given.backend ?? -1;
    columns.attempts[i] = given.attempts ?? 1;
    columns.keyHash[i] = given.keyHash ?? 0;
  }
  return columns;
}

/** Columns from rows: what a row leaves out is a first attempt on backend 0 that ended well after 10 ms. */
export function attemptsOf(rows: readonly Partial<AttemptRow>[]): AttemptColumns {
  const columns = attemptColumns(rows.length);
  for (const [i, given] of rows.entries()) {
    const picked = given.picked ?? 0;
    columns.request[i] = given.request ?? i;
    columns.attempt[i] = given.attempt ?? 1;
    columns.backend[i] = given.backend ?? 0;
    columns.picked[i] = picked;
    columns.ended[i] = given.ended ?? picked + 10_000;
    columns.kind[i] = attemptKinds.indexOf(given.kind ?? 'ok');
    columns.status[i] = given.status ?? 200;
  }
  return columns;
}
