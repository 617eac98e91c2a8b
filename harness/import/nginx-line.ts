/**
 * One request out of nginx's variables, whatever a `log_format` calls them: what was asked, when, and which upstream servers
 * had it. https://nginx.org/en/docs/http/ngx_http_upstream_module.html#variables
 */
import type { Attempt, Failure, Read } from './logged.ts';
import { countOf, isoTime, ncsaTime, secondsToMs } from './moment.ts';
import { requestLine } from './request-line.ts';

export type Variables = (name: string) => string | undefined;

/** Faster than any connect that is not refused at once, and any answer worth the name, ms. */
const atOnce = 5;

export function nginxRequest(of: Variables): Read {
  const status = countOf(of('status'));
  if (status === undefined || status > 999) return `expected a status, got ${short(of('status'))}`;
  const msec = secondsToMs(of('msec'));
  const stamp = msec ?? isoTime(of('time_iso8601') ?? '') ?? ncsaTime(of('time_local') ?? '');
  if (stamp === undefined)
    return `expected a time, got ${short(of('time_local') ?? of('time_iso8601') ?? of('msec'))}`;
  const took = secondsToMs(of('request_time'));
  const request = of('request');
  const asked =
    request === undefined
      ? { method: of('request_method'), target: of('request_uri') ?? of('uri') }
      : requestLine(request);
  const known = (name: string) => {
    const value = of(name);
    return value === undefined || value === '-' || value === '' ? undefined : value;
  };
  return {
    stamp,
    blur: msec === undefined ? 1000 : 0,
    at: stamp - (took ?? 0),
    took,
    status,
    client: known('remote_addr'),
    user: known('remote_user'),
    method: asked?.method,
    target: asked?.target,
    host: known('host') ?? known('http_host') ?? known('server_name'),
    body: countOf(of('content_length')) ?? countOf(of('http_content_length')),
    answer: countOf(of('body_bytes_sent')) ?? countOf(of('bytes_sent')),
    attempts: attemptsOf(of),
  };
}

const short = (text: string | undefined) => (text === undefined ? 'none' : JSON.stringify(text.slice(0, 40)));

const list = (text: string | undefined) => (text === undefined ? [] : text.split(/, | : /));

function attemptsOf(of: Variables): Attempt[] | undefined {
  const addresses = of('upstream_addr');
  if (addresses === undefined) return undefined;
  if (addresses === '-' || addresses === '') return [];
  const statuses = list(of('upstream_status'));
  const times = list(of('upstream_response_time'));
  const connects = list(of('upstream_connect_time'));
  const heads = list(of('upstream_header_time'));
  const servers = list(addresses);
  return servers
    .map((backend, i) => {
      const took = secondsToMs(times[i]);
      // Where only the last status is logged, those before it failed, or nginx would not have gone on.
      const told = countOf(statuses[i]);
      const status =
        told ?? (statuses.length > 0 ? 0 : i === servers.length - 1 ? (countOf(of('status')) ?? 0) : 502);
      const connect = connects.length === 0 ? undefined : secondsToMs(connects[i]) !== undefined;
      const head = heads.length === 0 ? undefined : secondsToMs(heads[i]) !== undefined;
      return { backend, took, status, failure: failureOf(status, took, connect, head) };
    })
    .filter(({ backend, status, took }) => !isGroup(backend, status, took));
}

/** The name of a group stands where none of its servers could be asked. */
const isGroup = (backend: string, status: number, took: number | undefined) =>
  status === 502 && (took ?? 0) === 0 && !/[:/.]/.test(backend);

/** `connected` and `headed`: whether it was, where the log says. */
function failureOf(
  status: number,
  took: number | undefined,
  connected: boolean | undefined,
  headed: boolean | undefined,
): Failure | undefined {
  if (status === 499 || status === 0) return 'abandoned';
  if (status < 500) return undefined;
  if (headed === true) return 'error';
  if (status === 504) return connected === false ? 'silent' : 'timeout';
  if (status !== 502) return 'error';
  if (connected === true) return 'broken';
  return (took ?? 0) <= atOnce || connected === false ? 'refused' : 'broken';
}
