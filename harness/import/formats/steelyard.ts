/** Our own access log (harness/proxy/access-entry.ts). Of a request that was tried several times it names the last backend. */
import { define } from '../format.ts';
import { jsonLine, numberOf, textOf } from '../json-line.ts';
import type { Failure } from '../logged.ts';
import { isoTime } from '../moment.ts';

const failures: Readonly<Record<string, Failure>> = {
  unreachable: 'refused',
  reset: 'broken',
  truncated: 'broken',
  timeout: 'timeout',
  cancelled: 'abandoned',
};

export default define({
  about: 'our own access log: JSON',
  line: (text) => {
    const fields = jsonLine(text);
    if (typeof fields === 'string') return fields;
    const at = isoTime(textOf(fields.time) ?? '');
    const took = numberOf(fields.durationMs);
    if (at === undefined || took === undefined || !('bytesIn' in fields) || !('outcome' in fields))
      return 'has no time, durationMs, bytesIn or outcome, as our access logs have';
    const outcome = textOf(fields.outcome) ?? '';
    const status = numberOf(fields.status) ?? 0;
    const backend = textOf(fields.backend);
    const once = numberOf(fields.attempts) === 1;
    const failure = failures[outcome] ?? (status >= 500 ? 'error' : undefined);
    return {
      stamp: at + took,
      blur: 0,
      at,
      took,
      status,
      client: textOf(fields.client),
      user: undefined,
      method: textOf(fields.method),
      target: textOf(fields.target),
      host: textOf(fields.host),
      body: undefined,
      answer: numberOf(fields.bytesOut),
      // Earlier attempts are in its time as well, so that of the last is not known.
      attempts: backend === undefined ? [] : [{ backend, took: once ? took : undefined, status, failure }],
    };
  },
});
