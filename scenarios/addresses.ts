/** Addresses as they are written in a balancer's file and on its command line. Pure: nothing is looked up or opened. */
import { z } from 'zod';
import { show } from './show.ts';

/** Where to listen: a host (empty: every address of this machine) with a port, or a Unix socket. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** Of a Unix socket, instead of both. */
  readonly path?: string;
}

const listenWanted =
  'HOST:PORT, such as 127.0.0.1:8080, [::1]:8080, or :8080 for every address of this machine';

/** `HOST:PORT`, `[IPV6]:PORT`, `:PORT`, or `unix:/path`; undefined where it is none of them. */
export function parseListen(text: string): ListenAddress | undefined {
  const [, path] = /^unix:(\/.+)$/.exec(text) ?? [];
  if (path !== undefined) return { host: 'localhost', port: 0, path };
  const [, v6, name = v6, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (name === undefined || digits === undefined || port > 65_535) return undefined;
  return { host: name, port };
}

function listening(wanted: string, accepts: (address: ListenAddress) => boolean) {
  return z.string().transform((text, context): ListenAddress => {
    const address = parseListen(text);
    if (address !== undefined && accepts(address)) return address;
    context.addIssue({ code: 'custom', message: `expected ${wanted}, got ${show(text)}` });
    return z.NEVER;
  });
}

/** For the data path. */
export const listenAddress = listening(listenWanted, ({ path }) => path === undefined);
/** For the side door, which may be a Unix socket too. */
export const adminAddress = listening(`${listenWanted}, or unix:/path/of/a/socket`, () => true);

/** Where a backend is. */
export interface BackendAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * `http://HOST:PORT`, or `tcp://HOST:PORT` for what does not speak HTTP, and nothing more; undefined where it is neither. The
 * port is 80 where HTTP has none.
 */
export function parseBackendUrl(text: string): BackendAddress | undefined {
  if (!/^(http|tcp):\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === 'tcp:' && url.port === '') return undefined;
  if (url.pathname.replace('/', '') !== '' || url.search || url.hash || url.username || url.password)
    return undefined;
  // A URL writes an IPv6 address in brackets; a socket wants it bare.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return host === '' ? undefined : { host, port: Number(url.port || 80) };
}

export const backendUrl = z.string().transform((text, context): BackendAddress => {
  const address = parseBackendUrl(text);
  if (address !== undefined) return address;
  const secure = /^https:/i.test(text) ? '; backends are spoken to in plain HTTP' : '';
  context.addIssue({
    code: 'custom',
    message: `expected http://HOST:PORT and nothing more, such as http://10.0.0.7:8080, got ${show(text)}${secure}`,
  });
  return z.NEVER;
});

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
