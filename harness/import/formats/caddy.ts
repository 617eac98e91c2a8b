/**
 * Caddy's JSON access log. It names no upstream by itself: `log_append upstream {http.reverse_proxy.upstream.hostport}` adds
 * it, and `log_append upstream_latency {http.reverse_proxy.upstream.latency_ms}` how long that took.
 */
import { parseDuration } from '../../../scenarios/units.ts';
import { define } from '../format.ts';
import { jsonLine, numberOf, objectOf, textOf } from '../json-line.ts';
import { isoTime } from '../moment.ts';

/** Seconds as a number, or Go's text for a duration, in ms. */
const lasted = (value: unknown) =>
  typeof value === 'string' ? parseDuration(value.replace('µ', 'u')) : scaled(numberOf(value), 1000);
const scaled = (value: number | undefined, by: number) => (value === undefined ? undefined : value * by);

export default define({
  about: 'Caddy: JSON',
  line: (text) => {
    const fields = jsonLine(text);
    if (typeof fields === 'string') return fields;
    const request = objectOf(fields.request);
    const status = numberOf(fields.status);
    const stamp = scaled(numberOf(fields.ts), 1000) ?? isoTime(textOf(fields.ts) ?? '');
    if (request === undefined || status === undefined || stamp === undefined)
      return 'has no ts, request or status, as access logs of Caddy have';
    const took = lasted(fields.duration);
    const upstream = textOf(fields.upstream) ?? textOf(fields.upstream_hostport);
    const latency = Number(fields.upstream_latency ?? Number.NaN);
    return {
      stamp,
      blur: 0,
      at: stamp - (took ?? 0),
      took,
      status,
      client: textOf(request.client_ip) ?? textOf(request.remote_ip),
      user: textOf(fields.user_id),
      method: textOf(request.method),
      target: textOf(request.uri),
      host: textOf(request.host),
      body: numberOf(fields.bytes_read),
      answer: numberOf(fields.size),
      attempts:
        upstream === undefined
          ? undefined
          : [
              {
                backend: upstream,
                took: latency >= 0 ? latency : took,
                status,
                failure:
                  status < 500
                    ? undefined
                    : status === 502
                      ? 'refused'
                      : status === 504
                        ? 'timeout'
                        : 'error',
              },
            ],
    };
  },
});
