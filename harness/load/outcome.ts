/**
 * What becomes of a request, decided in one place for both generators. The law: sent = ok + failed + lost + aborted + in flight
 * at end, exactly; what was never sent stands apart.
 *
 *   ok         a complete response below 400, its body as promised
 *   failed     a complete response of 400 or above, with a wrong body, or that fails its check; or no connection could be made
 *   lost       sent, and no complete response: reset, truncated, malformed, timed out
 *   aborted    its client went away by itself, before a complete response: the fault `abort`. Nobody failed it
 *   in-flight  neither, when the run ended
 *   not-sent   the generator itself had no connection left to send it on
 */
import { type Cause, causes, outcomes, type RequestOutcome } from '../recording.ts';
import { passesStatus, type ReadyCheck } from './response-check.ts';

export interface Verdict {
  readonly outcome: RequestOutcome;
  readonly cause: Cause;
  /** Positions in recording.ts's lists, as rows hold them. */
  readonly outcomeCode: number;
  readonly causeCode: number;
}

function verdict(outcome: RequestOutcome, cause: Cause): Verdict {
  return { outcome, cause, outcomeCode: outcomes.indexOf(outcome), causeCode: causes.indexOf(cause) };
}

export const verdicts = {
  ok: verdict('ok', 'none'),
  status: verdict('failed', 'status'),
  failedCheck: verdict('failed', 'failed-check'),
  wrongBody: verdict('failed', 'wrong-body'),
  refused: verdict('failed', 'refused'),
  unreachable: verdict('failed', 'unreachable'),
  connectTimeout: verdict('failed', 'connect-timeout'),
  reset: verdict('lost', 'reset'),
  truncated: verdict('lost', 'truncated'),
  malformed: verdict('lost', 'malformed'),
  timeout: verdict('lost', 'timeout'),
  aborted: verdict('aborted', 'client-left'),
  inFlight: verdict('in-flight', 'end-of-run'),
  noConnectionLeft: verdict('not-sent', 'no-connection-left'),
} as const;

/** Of a complete response. `intact`: JSON where it says so, and not a byte more than promised. */
export function ofResponse(status: number, intact: boolean): Verdict {
  if (status >= 400) return verdicts.status;
  return intact ? verdicts.ok : verdicts.wrongBody;
}

/** Of a complete response whose kind of request has a check. `met`: what it says of fields and body. */
export function ofChecked(check: ReadyCheck, status: number, intact: boolean, met: boolean): Verdict {
  if (!passesStatus(check, status)) return status >= 400 ? verdicts.status : verdicts.failedCheck;
  if (!intact) return verdicts.wrongBody;
  return met ? verdicts.ok : verdicts.failedCheck;
}

/**
 * Of a connection that ended, by FIN or by RST, before its response was complete. Which of the two it was is not
 * told apart: a kernel may drop what it had received when the RST comes, so only the bytes that came are sure.
 */
export function ofBroken(anyByteCame: boolean): Verdict {
  return anyByteCame ? verdicts.truncated : verdicts.reset;
}

const byConnectError: Record<string, Verdict> = {
  ECONNREFUSED: verdicts.refused,
  // The listener's queue was torn down under the handshake: nobody serves there any more.
  ECONNRESET: verdicts.refused,
  ETIMEDOUT: verdicts.connectTimeout,
  // Our own machine's limits, no fault of whatever is measured.
  EADDRNOTAVAIL: verdicts.noConnectionLeft,
  EMFILE: verdicts.noConnectionLeft,
  ENFILE: verdicts.noConnectionLeft,
  ENOBUFS: verdicts.noConnectionLeft,
  ENOMEM: verdicts.noConnectionLeft,
};

/** Of a connection that could not be made; `code` is the system's error code. */
export function ofConnectError(code: string | undefined): Verdict {
  return byConnectError[code ?? ''] ?? verdicts.unreachable;
}
