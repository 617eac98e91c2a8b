/** What every connection of one proxy shares for reading requests: which fields mean something, and what is asked of them. */
import { headers } from '../../scenarios/headers.ts';
import type { Routable } from '../../scenarios/route-match.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import { FieldScanner, hashOf, kind } from './fields.ts';
import type { Limits } from './limits.ts';
import type { Router } from './router.ts';

const known = {
  host: kind.host,
  'content-length': kind.contentLength,
  'transfer-encoding': kind.transferEncoding,
  connection: kind.connection,
  upgrade: kind.upgrade,
  expect: kind.expect,
  'keep-alive': kind.dropped,
  'proxy-connection': kind.dropped,
  'proxy-authenticate': kind.dropped,
  'proxy-authorization': kind.dropped,
  te: kind.te,
  trailer: kind.trailer,
  'max-forwards': kind.maxForwards,
  'http2-settings': kind.dropped,
  'x-forwarded-for': kind.forwardedFor,
  'x-forwarded-proto': kind.forwardedProto,
  [headers.request]: kind.requestNumber,
  [headers.client]: kind.clientAddress,
  [headers.region]: kind.clientRegion,
};

interface Name {
  /** In lower case. */
  readonly name: string;
  readonly hash: number;
}

function named(given: string): Name {
  const name = given.toLowerCase();
  return { name, hash: hashOf(name) };
}

export interface RequestReading {
  readonly fields: FieldScanner;
  readonly targetBytes: number;
  /** The field that holds the affinity key; undefined when that is a cookie or the client's address. */
  readonly keyField: Name | undefined;
  /** The cookie that holds it. */
  readonly keyCookie: string | undefined;
  /** The field whose value is the session; undefined when a cookie says it, or nobody asks. */
  readonly sessionField: Name | undefined;
  /** Whether anybody asks for cookies. */
  readonly cookies: boolean;
  readonly via: string | undefined;
  readonly forwardedProto: boolean;
  readonly forwardedHost: boolean;
  /** Undefined where nothing is routed or edited. */
  readonly router: Router | undefined;
  readonly asked: Asked;
  /** Whether target and host are kept as they came, for an access log. */
  readonly keeping: boolean;
}

export function requestReading(
  limits: Pick<Limits, 'requestFields' | 'targetBytes'>,
  settings: Pick<BalancerSettings, 'key' | 'affinity' | 'via' | 'forwarded'>,
  router?: Router,
  keeping = false,
): RequestReading {
  const { key, affinity, via, forwarded } = settings;
  const bySession = affinity !== false && 'cookie' in affinity;
  const keyCookie = key.startsWith('cookie:') ? key.slice('cookie:'.length) : undefined;
  const cookies = bySession || keyCookie !== undefined;
  const fields = new FieldScanner(
    {
      ...known,
      ...(forwarded.includes('host') ? { 'x-forwarded-host': kind.forwardedHost } : {}),
      ...(cookies ? { cookie: kind.cookie } : {}),
    },
    limits.requestFields,
  );
  return {
    fields,
    asked: new Asked(fields),
    targetBytes: limits.targetBytes,
    keyField: key.startsWith('header:') ? named(key.slice('header:'.length)) : undefined,
    keyCookie,
    sessionField: affinity !== false && 'header' in affinity ? named(affinity.header) : undefined,
    cookies,
    via: via === false ? undefined : via,
    forwardedProto: forwarded.includes('proto'),
    forwardedHost: forwarded.includes('host'),
    router,
    keeping,
  };
}

/** What a router asks of the head that was just scanned. One serves every connection of a proxy, as the scanner does. */
export class Asked implements Routable {
  method = '';
  host = '';
  path = '';
  b: Buffer = Buffer.alloc(0);
  readonly #fields: FieldScanner;

  constructor(fields: FieldScanner) {
    this.#fields = fields;
  }

  field(name: string, hash: number): string | undefined {
    return this.#fields.find(this.b, name, hash);
  }
}
