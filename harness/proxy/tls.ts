/**
 * TLS with clients ends here: a connection is handed on once its handshake is done, and reads like one in clear. Versions
 * and ciphers are those of Mozilla's intermediate configuration without its DHE: TLS 1.2 and 1.3, forward secrecy and
 * authenticated encryption only, the server's order. No renegotiation, no compression; tickets resume sessions, and the
 * keys that seal tickets live a day.
 *
 * What goes wrong in a handshake is the client's matter: its connection is closed, with the alert that says why.
 */
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { TlsSettings } from '../../scenarios/tls-settings.ts';
import { lieBeneath } from './reset.ts';
import { selfSigned } from './self-signed.ts';

const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
const curves = 'X25519:prime256v1:secp384r1';
const contextLifeMs = 86_400_000;

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** One certificate, and the context made of it, made anew when that is a day old: a context has its own ticket keys. */
class Certificate {
  readonly #pair: Pair;
  readonly #minVersion: TlsSettings['minVersion'];
  readonly #now: () => number;
  #madeAt = 0;
  #context: SecureContext;

  /** Throws where the two are no certificate and its key. */
  constructor(pair: Pair, minVersion: TlsSettings['minVersion'], now: () => number) {
    this.#pair = pair;
    this.#minVersion = minVersion;
    this.#now = now;
    this.#context = this.#make();
  }

  get context(): SecureContext {
    if (this.#now() - this.#madeAt > contextLifeMs) this.#context = this.#make();
    return this.#context;
  }

  #make(): SecureContext {
    this.#madeAt = this.#now();
    return createSecureContext({
      ...this.#pair,
      minVersion: this.#minVersion,
      maxVersion: 'TLSv1.3',
      ciphers,
      ecdhCurve: curves,
      honorCipherOrder: true,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
      sessionIdContext: 'steelyard',
    });
  }
}

export class TlsTermination {
  readonly #settings: TlsSettings;
  readonly #now: () => number;
  #own: Certificate;
  #byName: ReadonlyMap<string, Certificate>;
  readonly #shaking = new Set<Socket>();
  readonly #named = (name: string, done: (error: null, context?: SecureContext) => void): void =>
    done(null, this.#certificateOf(name).context);

  private constructor(settings: TlsSettings, own: Certificate, now: () => number) {
    this.#settings = settings;
    this.#now = now;
    this.#own = own;
    this.#byName = this.#readNamed();
  }

  /** Rejects where a file cannot be read, or is no certificate or key. `now` is monotonic ms. */
  static async create(settings: TlsSettings, now: () => number): Promise<TlsTermination> {
    const { selfSigned: names, minVersion } = settings;
    const own =
      readOwn(settings, now) ??
      new Certificate(await selfSigned(names === true ? undefined : names), minVersion, now);
    return new TlsTermination(settings, own, now);
  }

  /**
   * Reads the files again, for connections to come; none of the earlier sessions is resumed. Returns how many certificates those
   * are: one made here stays. Throws where any is bad, and then all stay as they were.
   */
  reload(): number {
    const own = readOwn(this.#settings, this.#now);
    const byName = this.#readNamed();
    this.#own = own ?? this.#own;
    this.#byName = byName;
    return byName.size + (own === undefined ? 0 : 1);
  }

  #readNamed(): ReadonlyMap<string, Certificate> {
    const { sni, minVersion } = this.#settings;
    return new Map(Object.entries(sni).map(([name, pair]) => [name, read(pair, minVersion, this.#now)]));
  }

  /** Handshakes under way. */
  get handshakes(): number {
    return this.#shaking.size;
  }

  /**
   * Shakes hands on a connection of which nothing was read. `ready` gets it decrypted and paused; nobody gets it where the
   * handshake fails.
   */
  secure(raw: Socket, ready: (socket: Socket) => void): void {
    this.#shaking.add(raw);
    const timer = setTimeout(() => raw.destroy(), this.#settings.handshakeTimeout);
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#own.context,
      ALPNProtocols: ['http/1.1'],
      ...(this.#byName.size === 0 ? {} : { SNICallback: this.#named }),
    });
    const over = () => {
      clearTimeout(timer);
      this.#shaking.delete(raw);
    };
    // A client that has left in mid-handshake. Nothing else can be read by then, so nothing is lost by reading on.
    const left = () => raw.destroy();
    lieBeneath(socket, raw);
    raw.on('error', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', over);
    socket.on('end', left);
    socket.resume();
    socket.once('secure', () => {
      over();
      socket.off('end', left);
      socket.pause();
      ready(socket);
    });
  }

  /** Drops handshakes that are not done. */
  close(): void {
    for (const raw of this.#shaking) raw.destroy();
  }

  /** The certificate for a name: its own, then that of `*.` and what follows its first label, then ours. */
  #certificateOf(name: string): Certificate {
    const lower = name.toLowerCase();
    return this.#byName.get(lower) ?? this.#byName.get(`*${lower.slice(lower.indexOf('.'))}`) ?? this.#own;
  }
}

/** Undefined where it is not a matter of files. */
function readOwn({ cert, key, minVersion }: TlsSettings, now: () => number): Certificate | undefined {
  return cert === undefined || key === undefined ? undefined : read({ cert, key }, minVersion, now);
}

function read({ cert, key }: Pair, minVersion: TlsSettings['minVersion'], now: () => number): Certificate {
  try {
    const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    return new Certificate(pair, minVersion, now);
  } catch (cause) {
    throw new Error(`${cert} with ${key}: ${(cause as Error).message}`, { cause });
  }
}
